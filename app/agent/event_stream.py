"""What the graph does in a turn, as the events that a page or a terminal shows."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any, Literal

from app.agent.events import Answered, Event, Listening, Token, ToolAnswered, ToolCalled


def events_of(steps: Iterable[tuple[str, Any]]) -> Generator[Event, None, Answered | None]:
    """The events of a graph's stream in the modes "custom" and "updates"; returns the answer, where there is one."""
    from langchain_core.messages import AIMessage, ToolMessage

    answer: Answered | None = None
    for mode, chunk in steps:
        if mode == "custom" and "listening" in chunk:
            yield Listening(**chunk["listening"])
            continue
        if mode == "custom":
            yield Token(chunk["text"], chunk["anew"])
            continue
        for message in _new_messages(chunk):
            if isinstance(message, ToolMessage):
                status: Literal["ok", "error"] = "error" if message.status == "error" else "ok"
                artifact = message.artifact or {}
                yield ToolAnswered(message.tool_call_id, message.name or "", status, message.text, artifact)
            elif isinstance(message, AIMessage) and message.tool_calls:
                for call in message.tool_calls:
                    yield ToolCalled(call["id"] or "", call["name"], call["args"])
            elif isinstance(message, AIMessage):
                choices = tuple(message.additional_kwargs.get("choices") or ())
                answer = Answered(message.text.strip(), choices=choices)
    return answer


def _new_messages(update: Mapping[str, Any]) -> Iterator[Any]:
    """The messages that one step of the graph added."""
    for step in update.values():
        parts = step if isinstance(step, list) else [step]
        for part in parts:
            yield from (part or {}).get("messages", ())

"""A conversation's messages as lines to draw again, and the closing of a turn that broke off."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage, ToolMessage

from app.agent.events import Entry
from app.agent.toolbox import words_of
from index.core.tracks import Clip
from prompts import phrase


def entries(messages: Iterable[BaseMessage], clips: Sequence[Clip]) -> list[Entry]:
    """Everything said, oldest first."""
    lines: list[Entry] = []
    calls: dict[str, dict[str, Any]] = {}
    for message in messages:
        extra = message.additional_kwargs
        if isinstance(message, HumanMessage):
            numbers = [int(clip.get("number", 0)) for clip in extra.get("clips") or ()]
            brought = tuple(clips[number - 1] for number in numbers if 1 <= number <= len(clips))
            words = words_of(message)
            lines.append(Entry("user", f"heard: “{words}”" if extra.get("heard") else words, clips=brought))
        elif isinstance(message, ToolMessage):
            lines.append(
                Entry(
                    "tool",
                    message.text,
                    name=message.name or "",
                    args=calls.get(message.tool_call_id, {}),
                    call_id=message.tool_call_id,
                    status="error" if message.status == "error" else "ok",
                    artifact=message.artifact or {},
                )
            )
        elif isinstance(message, AIMessage):
            calls |= {call["id"] or "": dict(call["args"]) for call in message.tool_calls}
            if message.text.strip():
                choices = tuple(extra.get("choices") or ())
                failed = bool(extra.get("failed"))
                lines.append(Entry("assistant", message.text.strip(), choices=choices, failed=failed))
    return lines


def newest_turn(messages: Sequence[BaseMessage]) -> tuple[HumanMessage | None, list[RemoveMessage]]:
    """The newest message of the user's, to be asked once more, and what takes it and all after it out."""
    place = max((i for i, message in enumerate(messages) if isinstance(message, HumanMessage)), default=None)
    if place is None:
        return None, []
    out = [RemoveMessage(id=message.id or "") for message in messages[place:]]
    asked = messages[place].model_copy(update={"id": f"u{uuid.uuid4().hex}"})
    return asked, out  # type: ignore[return-value]


def closing(messages: Sequence[BaseMessage], answer: str = "") -> list[BaseMessage]:
    """What is missing at the end: answers to tool calls, and a reply to the user's words."""
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    stopped = answer or phrase("answers", "stopped")
    added: list[BaseMessage] = [
        ToolMessage(stopped, tool_call_id=call["id"] or "", name=call["name"], status="error")
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["id"] not in answered
    ]
    newest = [*messages, *added][-1:]
    replied = all(
        isinstance(last, AIMessage) and not last.tool_calls and last.text.strip() for last in newest
    )
    if not replied:
        added.append(AIMessage(stopped, additional_kwargs={"failed": True}))
    return added

"""A conversation made to fit a model's context: older turns become a summary, written from what is known.

The summary is no language model's: what was asked, which tool was called with what, and what it found, in a line a
turn. It costs nothing, invents nothing, and a small model has it at once. What is kept of the conversation (messages,
clips, results) stays whole; only what is sent gets shorter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from app.agent.toolbox import words_of

CHARACTERS_A_TOKEN = 3.3
A_MESSAGE = 6
"""Tokens that the form of a message takes."""
KEPT = 0.5
"""Share of the room that recent turns take after older ones were summarised: the cut stays where it is for a while,
so that a server can go on with what it has read already."""
SUMMARY_SHARE = 0.3
LINE = 220
RESULT_LEAST = 240
"""Characters that are left of a tool's answer, however narrow it gets."""


@dataclass(frozen=True)
class Fitted:
    """What is sent: a summary of the older turns, and the newer ones as they are."""

    summary: str
    messages: tuple[BaseMessage, ...]


def tokens(text: str) -> int:
    """About how many tokens a text is; rather too many than too few."""
    return round(len(text) / CHARACTERS_A_TOKEN) + 1


def size(messages: Sequence[BaseMessage]) -> int:
    """About how many tokens messages are."""
    return sum(
        A_MESSAGE
        + tokens(message.text)
        + sum(tokens(json.dumps(call["args"])) + 12 for call in getattr(message, "tool_calls", ()))
        for message in messages
    )


def fitted(messages: Sequence[BaseMessage], room: int) -> Fitted:
    """The conversation in at most `room` tokens; its newest turn is always there."""
    turns = _turns(messages)
    sizes = [size(turn) for turn in turns]
    cut = used = 0
    for place, tokens_here in enumerate(sizes):
        used += tokens_here
        if used > room:
            while cut < place and used > KEPT * room:
                used -= sizes[cut]
                cut += 1
    newest = [message for turn in turns[cut:] for message in turn]
    summary = _summary(turns[:cut], round(SUMMARY_SHARE * room)) if cut else ""
    left = room - tokens(summary) if summary else room
    return Fitted(summary, tuple(_narrowed(newest, left)))


def _turns(messages: Sequence[BaseMessage]) -> list[list[BaseMessage]]:
    turns: list[list[BaseMessage]] = []
    for message in messages:
        if isinstance(message, HumanMessage) or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def _summary(turns: Sequence[Sequence[BaseMessage]], room: int) -> str:
    """A line for each turn, newest kept where not all have room."""
    lines: list[str] = []
    used = 0
    for turn in reversed(turns):
        line = "; ".join(_told(turn))[: LINE * 2]
        used += tokens(line) + 2
        if used > room:
            lines.append(f"({len(turns) - len(lines)} earlier turns are left out)")
            break
        lines.append(f"- {line}")
    return "\n".join(reversed(lines))


def _told(turn: Sequence[BaseMessage]) -> Iterator[str]:
    calls: dict[str, Any] = {}
    for message in turn:
        if isinstance(message, HumanMessage):
            clips = ", ".join(
                f"clip:{clip['number']}" for clip in message.additional_kwargs.get("clips") or ()
            )
            yield f"the user{f' brought {clips} and' if clips else ''} said “{_short(words_of(message))}”"
        elif isinstance(message, AIMessage):
            calls |= {call["id"] or "": call["args"] for call in message.tool_calls}
        elif isinstance(message, ToolMessage):
            args = {
                key: value
                for key, value in calls.get(message.tool_call_id, {}).items()
                if value not in ("", {}, [])
            }
            yield f"{message.name}({_short(json.dumps(args, ensure_ascii=False), 120)}): {_found(message)}"


def _found(message: ToolMessage) -> str:
    artifact = message.artifact if isinstance(message.artifact, dict) else {}
    if artifact.get("kind") == "hits":
        hits = [f"#{hit['rank']} “{_short(hit['track']['title'], 40)}”" for hit in artifact["hits"][:3]]
        return f"{len(artifact['hits'])} results, {', '.join(hits)}" if hits else "nothing found"
    return _short(message.text, 120)


def _short(text: str, most: int = 100) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _narrowed(messages: Sequence[BaseMessage], room: int) -> list[BaseMessage]:
    """The same messages with tools' answers cut short where they do not fit, the older ones first."""
    left = list(messages)
    for place, message in enumerate(left):
        over = size(left) - room
        if over <= 0:
            break
        if isinstance(message, ToolMessage) and len(message.text) > RESULT_LEAST:
            most = max(RESULT_LEAST, len(message.text) - round((over + 1) * CHARACTERS_A_TOKEN))
            left[place] = message.model_copy(update={"content": message.text[:most] + "…"})
    return left

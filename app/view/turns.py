"""The conversation as the page draws it: turns made of the assistant's entries. Knows no Streamlit.

A turn is what the user said, the calls it led to, and the answer. A turn that came from a card's "why?"
is drawn in that card, not in the flow; `at_card` tells which card it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.agent.memory.kept import readable
from index.core.hits import Hit
from index.core.tracks import Clip

if TYPE_CHECKING:
    from app.agent.events import Entry

_PINNED = re.compile(r"#(\d+):(\S+)")


@dataclass(frozen=True)
class Call:
    """One tool at work, or done."""

    call_id: str
    name: str
    args: Mapping[str, Any]
    status: str = "running"
    artifact: Mapping[str, Any] | None = None

    @property
    def kind(self) -> str:
        """What the artifact holds: hits, explanation, description, ..."""
        return str((self.artifact or {}).get("kind", ""))


@dataclass(frozen=True)
class Turn:
    """What was said, done and answered."""

    words: str
    clips: tuple[Clip, ...] = ()
    calls: tuple[Call, ...] = ()
    answer: str = ""
    choices: tuple[str, ...] = ()
    failed: bool = False


def turns_of(entries: Iterable[Entry]) -> list[Turn]:
    """The entries of a conversation, oldest first, grouped into turns."""
    turns: list[Turn] = []
    for entry in entries:
        if entry.role == "user":
            turns.append(Turn(entry.text, tuple(entry.clips)))
            continue
        last = turns.pop() if turns else Turn("")
        if entry.role == "tool":
            call = Call(entry.call_id, entry.name, entry.args, entry.status, entry.artifact)
            last = replace(last, calls=(*last.calls, call))
        else:
            answer = f"{last.answer}\n\n{entry.text}".strip()
            last = replace(last, answer=answer, choices=tuple(entry.choices), failed=entry.failed)
        turns.append(last)
    return turns


def pin(call_id: str, rank: int) -> str:
    """How a button names the hit it stands on, whatever was searched since."""
    return f"#{rank}:{call_id}"


def at_card(turn: Turn) -> str:
    """The pinned hit whose card asked "why?" in this turn; empty for every other turn."""
    if len(turn.calls) == 1 and turn.calls[0].name == "explain_match":
        result = str(turn.calls[0].args.get("result", ""))
        if _PINNED.fullmatch(result):
            return result
    return ""


def records_of(call: Call) -> tuple[Any, ...]:
    """The hits that a call found, as they were written down."""
    return tuple((call.artifact or {}).get("hits") or ()) if call.kind == "hits" else ()


def hits_of(call: Call) -> list[Hit]:
    """The hits that a call found and that can be read; none where it found none or did something else."""
    return readable(records_of(call))

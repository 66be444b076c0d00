"""What happens during a turn, in the order in which it happens. Plain values; no LangChain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from index.core.lengths import counted
from index.core.tracks import Clip

Status = Literal["ok", "error"]


@dataclass(frozen=True)
class Brought:
    """A sound file that comes with a message."""

    path: Path
    name: str = ""
    """What the user calls it, where that differs from the file's name."""
    recorded: bool = False
    """From the microphone."""


@dataclass(frozen=True)
class Listening:
    """A clip is being listened to: how far, in seconds of its sound."""

    name: str
    done_s: float
    total_s: float
    tracks: bool = False
    """It is no clip but tracks of the library that are measured, and these are their numbers."""
    what: str = "words"
    """What compares that, in this case."""

    @property
    def words(self) -> str:
        """As it is shown: "listening: 3 of 10 minutes"."""
        if self.tracks:
            tracks = counted(round(self.total_s), "track")
            return f"measuring what {self.what} compare, this once: {self.done_s:.0f} of {tracks}"
        if self.total_s < 120:
            return "listening"
        return f"listening: {self.done_s / 60:.0f} of {self.total_s / 60:.0f} minutes"


@dataclass(frozen=True)
class ToolCalled:
    """A tool starts; `args` holds every argument, defaults included."""

    call_id: str
    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True)
class ToolAnswered:
    """A tool is done: words for the model, and the artifact to draw."""

    call_id: str
    name: str
    status: Status
    text: str
    artifact: Mapping[str, Any]


@dataclass(frozen=True)
class Token:
    """A piece of the answer."""

    text: str
    anew: bool = False
    """The answer begins anew: what was said before this is taken back."""


@dataclass(frozen=True)
class Answered:
    """The whole answer; exactly one ends a turn."""

    text: str
    failed: bool = False
    choices: tuple[str, ...] = ()
    """Short answers to click, if the assistant asked something."""


Event = Listening | ToolCalled | ToolAnswered | Token | Answered


@dataclass(frozen=True)
class Entry:
    """One line of a conversation as it is kept: what the user said, a tool returned, or the assistant said."""

    role: Literal["user", "tool", "assistant"]
    text: str
    name: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    call_id: str = ""
    status: Status = "ok"
    artifact: Mapping[str, Any] = field(default_factory=dict)
    clips: tuple[Clip, ...] = ()
    choices: tuple[str, ...] = ()
    failed: bool = False


def as_json(event: Event) -> dict[str, Any]:
    """The event as `reprise chat --json` writes it."""
    match event:
        case Listening():
            return {"type": "listening", "name": event.name, "done_s": event.done_s, "total_s": event.total_s}
        case ToolCalled():
            return {"type": "tool_call", "name": event.name, "args": dict(event.args)}
        case ToolAnswered():
            return {
                "type": "tool_result",
                "name": event.name,
                "status": event.status,
                "artifact": dict(event.artifact),
            }
        case Token():
            return {"type": "token", "text": event.text}
        case Answered():
            return {"type": "answer", "text": event.text}

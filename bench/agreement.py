"""Conversations with the calls that they should lead to, and when a call agrees with what was expected.

A file holds one conversation a line: {"turns": [{"text": ..., "files": ["clip"], "expect": {"name", "args"}
or null}]}. `expect` is the first tool called, with the arguments that matter; null where an answer is enough.
Where several are right, `expect_any` lists them. The conversation that the README shows is a file of its own,
with one turn a line.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "utterances"
"""The conversations of our own making; bench/README.md says what each file is for."""
SHOWN = Path(__file__).parent / "conversation.jsonl"
"""The conversation that is played through the page, and through a server that misbehaves."""
_NEWEST = ("clip", "clip:1", "the clip")
_A_YEAR = ("year_from", "year_to")


@dataclass(frozen=True)
class Expected:
    """A tool call, with the arguments that matter."""

    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True)
class Turn:
    """What the user says, and the call that it should lead to; None where an answer is enough."""

    text: str
    clip: bool
    expected: Expected | None
    """Of several that are right, the first."""
    file: str = ""
    """Which sound comes with it, where there are several."""
    chip: str = ""
    """The word that is clicked away, instead of anything said."""
    others: tuple[Expected | None, ...] = ()
    """What would be right as well."""


def read_conversations(path: Path) -> list[tuple[Turn, ...]]:
    """The conversations of a file, in order."""
    return [tuple(turn_of(turn) for turn in line["turns"]) for line in _lines(path)]


def read_turns(path: Path = SHOWN) -> list[Turn]:
    """The turns of a file that holds one conversation, a turn a line."""
    return [turn_of(line) for line in _lines(path)]


def turn_of(turn: Mapping[str, Any]) -> Turn:
    """A turn as it stands in a file."""
    files = turn.get("files") or [""]
    right = turn.get("expect_any") or [turn.get("expect")]
    expected, *others = [Expected(one["name"], one["args"]) if one else None for one in right]
    return Turn(turn["text"], bool(files[0]), expected, files[0], turn.get("chip", ""), tuple(others))


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def agrees(expected: Any, got: Any, name: str = "") -> bool:
    """Whether an argument is what was expected of it.

    Strings agree when one contains the other, case and accents aside; numbers must be equal, but for a year
    more or less; "up" is a number above 1, "down" one below. Of an object, only what is expected is looked
    at.
    """
    if isinstance(expected, Mapping):
        return isinstance(got, Mapping) and all(
            agrees(value, got.get(key), key) for key, value in expected.items()
        )
    if expected in ("up", "down"):
        return isinstance(got, int | float) and (got > 1 if expected == "up" else got < 1)
    if isinstance(expected, int | float):
        near = name in _A_YEAR and isinstance(got, int | float) and abs(got - expected) <= 1
        return bool(got == expected or near)
    if got is None:
        return False
    wanted, there = plain(expected), plain(got)
    newest = name in ("moment", "first", "second") and wanted in _NEWEST and there in _NEWEST
    pinned = wanted.startswith("#") and there.startswith(f"{wanted}:")  # the same result of an earlier search
    within = (len(wanted) > 2 and wanted in there) or (len(there) > 3 and there in wanted)
    return newest or pinned or wanted == there or within


def plain(value: Any) -> str:
    """Words as they are compared: small letters without accents; the parts of a list one after the other."""
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    folded = unicodedata.normalize("NFKD", text).lower()
    return re.sub(r"[^a-z0-9#:@\- ]", "", folded).strip()

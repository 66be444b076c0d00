"""How a moment is written: "TRACK @ 1:23-1:33". Reads the words only; what TRACK is, others find out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.core.errors import QueryError, printable

_TIME = r"(?:(\d{1,3}):)?(\d{1,5}):(\d{2}(?:[.,]\d+)?)"
_SPAN = re.compile(rf"{_TIME}(?:\s*[-–—]\s*{_TIME})?", re.ASCII)
_LAST = re.compile(rf"(?:the )?last {_TIME}", re.ASCII | re.IGNORECASE)
_MEANT_AS_TIME = re.compile(r"[-+]?\d+:[\d:.,\s–—-]*", re.ASCII)


@dataclass(frozen=True)
class MomentText:
    """A moment as somebody wrote it."""

    name: str
    """What stands before the time: a title, a path, an id, "clip:2", "#3"."""
    start_s: float | None = None
    end_s: float | None = None
    """None with a start means ten seconds from there; None without a start means the whole.

    A start below 0 is counted from the end, and lasts until the end.
    """


def parse_moment(text: str) -> MomentText:
    """Read "NAME", "NAME @ 1:23", "NAME @ 1:23.5-1:01:33" or "NAME @ last 0:30", spaces optional.

    Only the last "@" that is followed by a time belongs to the time; others are part of the name.

    Raises
    ------
    QueryError
        If what follows the "@" is meant as a time but is none, ends before it starts, or nothing stands
        before it.
    """
    name, at, after = text.rpartition("@")
    after = after.strip()
    if at and (last := _LAST.fullmatch(after)) and name.strip():
        return MomentText(name.strip(), -_seconds(after, *last.group(1, 2, 3)))
    span = _SPAN.fullmatch(after) if at else None
    if span is None:
        if at and _MEANT_AS_TIME.fullmatch(after):
            raise QueryError(f"“{printable(after)}” is no time: write 1:23, 1:23-1:33 or 1:02:03.")
        name = text.strip()
        if not name:
            raise QueryError("A moment is a track and a time, as in “Maple Leaf Rag @ 0:20-0:30”.")
        return MomentText(name)
    if not name.strip():
        raise QueryError(
            f"At {after} of what? A moment is a track and a time, as in “Maple Leaf Rag @ 0:20”."
        )
    start_s = _seconds(after, *span.group(1, 2, 3))
    end_s = _seconds(after, *span.group(4, 5, 6)) if span[5] else None
    if end_s is not None and end_s <= start_s:
        raise QueryError(f"A moment must end after it starts, not {after}.")
    return MomentText(name.strip(), start_s, end_s)


def _seconds(text: str, hours: str | None, minutes: str, seconds: str) -> float:
    number = float(seconds.replace(",", "."))
    if number >= 60 or (hours and int(minutes) >= 60):
        raise QueryError(f"“{text}” is no time: there are 60 seconds in a minute and 60 minutes in an hour.")
    return int(hours or 0) * 3600 + int(minutes) * 60 + number

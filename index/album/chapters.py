"""The chapters of a file: MP4 and M4B, Matroska, ID3's CHAP frames, CHAPTER comments of Ogg and FLAC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from index.audio.decode_av import Nameless, open_container
from index.audio.stream import UnreadableError, open_regular
from index.core.errors import AudioReadError
from index.text.encodings import clean, repaired

SHORTEST_S = 20.0
"""A chapter shorter than this is a mark within a piece, or a word before it: it belongs to the next one."""
_NAMELESS = re.compile(r"(?:chapter|kapitel|chapitre|cap[ií]tulo)?[\s#]*\d*|[\d:.,\s]+", re.IGNORECASE)


@dataclass(frozen=True)
class Chapter:
    """A chapter that is a piece of its own."""

    title: str
    start_s: float


def chapters_of(path: Path) -> tuple[Chapter, ...]:
    """The chapters that a listener would call titles, in order; none where the file is one piece. Never raises.

    At least two of 20 s or more. Those of a video must have names: players and rippers set marks every few minutes.
    """
    try:
        with open_regular(path) as file, open_container(Nameless(file)) as container:
            video = any(
                stream.type == "video" and stream.average_rate is not None and stream.frames != 1
                for stream in container.streams
            )
            raw = sorted(container.chapters(), key=lambda chapter: chapter["start"])
            duration_s = float(container.duration or 0) / 1e6
    except (AudioReadError, UnreadableError):
        return ()
    told = [
        Chapter(clean(repaired(each["metadata"].get("title", ""))), float(each["start"] * each["time_base"]))
        for each in raw
        if each["time_base"]
    ]
    nameless = sum(bool(_NAMELESS.fullmatch(each.title)) for each in told)
    if video and nameless > len(told) / 2:
        return ()
    return _long_enough([each for each in told if each.start_s >= 0], duration_s)


def is_nameless(title: str) -> bool:
    """Whether a chapter is called nothing but a number."""
    return bool(_NAMELESS.fullmatch(title))


def _long_enough(told: list[Chapter], duration_s: float) -> tuple[Chapter, ...]:
    ends = [*(each.start_s for each in told[1:]), max(duration_s, told[-1].start_s)] if told else []
    kept: list[Chapter] = []
    start_s: float | None = None
    for chapter, end_s in zip(told, ends, strict=True):
        start_s = chapter.start_s if start_s is None else start_s
        if end_s - chapter.start_s >= SHORTEST_S:
            kept.append(Chapter(chapter.title, start_s))
            start_s = None
    return tuple(kept) if len(kept) > 1 else ()

"""How much there is and how much is done, as it is told."""

from __future__ import annotations

from dataclasses import dataclass

_LEAST_HOURS = 0.05


@dataclass(frozen=True)
class Measured:
    """How far the tracks of a library are measured that an older version added."""

    done: int
    total: int
    what: str = "words"
    """That compare what is measured: words or hums."""


def counted(number: int, one: str, many: str = "") -> str:
    """A number and its noun: "1 track", "4,512 moments"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def minutes_words(seconds: float) -> str:
    """Whole minutes, one at least: "1 minute", "15 minutes"."""
    return counted(max(1, round(seconds / 60)), "minute")


def have_words(number: int) -> str:
    """Of how many tracks words were written down: "1 has words", "12 have words"."""
    return counted(number, "has words", "have words")


def hours_words(hours: float) -> str:
    """Hours of music: "2.5 hours"; what would be "0.0 hours" in minutes or seconds: "2 min", "40 s"."""
    if hours >= _LEAST_HOURS or hours <= 0:
        return f"{hours:.1f} hours" if hours > 0 else "0 hours"
    seconds = hours * 3600
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{max(1, round(seconds))} s"


def left_words(seconds: float) -> str:
    """A length of time as one says it: "40 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"

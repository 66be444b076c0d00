"""What values may enter the catalogue: finite numbers, spans that are spans, dates that a clock can show."""

from __future__ import annotations

import math
from typing import Any

from index.core.errors import QueryError
from index.core.moments import LONGEST_S, Moment
from index.core.tracks import Track

_LATEST_S = 253_402_300_799.0
"""The end of the year 9999, in seconds since 1970."""


def sane_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def sane_duration(value: Any) -> bool:
    """Whether a value can be the length of a sound in seconds."""
    return sane_number(value) and 0 < value <= LONGEST_S


def sane_date(value: Any) -> bool:
    """Whether a value can be a time in seconds since 1970."""
    return sane_number(value) and 0 <= value <= _LATEST_S


def check_date(at_s: float) -> None:
    """QueryError where a time in seconds since 1970 is none."""
    if not sane_date(at_s):
        raise QueryError(f"{at_s} is no time that can be kept.")


def check_moment(moment: Moment) -> None:
    """QueryError where the span of a moment is none."""
    if not (sane_number(moment.start_s) and sane_number(moment.end_s)):
        raise QueryError(f"{moment.start_s} to {moment.end_s} is no span that can be kept.")


def check_track(track: Track, windows: int = 1) -> None:
    """QueryError where what is said of a track cannot be."""
    year = track.year is None or (isinstance(track.year, int) and abs(track.year) < 10_000)
    if not (sane_duration(track.duration_s) and year and windows >= 1):
        raise QueryError(
            f"A track of {track.duration_s} s, {windows} windows and the year {track.year} cannot be kept."
        )
    check_span(track.start_s, track.end_s)


def check_span(start_s: float, end_s: float | None) -> None:
    """QueryError where the place of a track in a file is none."""
    ends = end_s is None or (sane_number(end_s) and start_s < end_s <= 2 * LONGEST_S)
    if not (sane_number(start_s) and abs(start_s) <= LONGEST_S and ends):
        raise QueryError(f"{start_s} to {end_s} is no place in a file.")

"""Which of what was found are shown beside each other: so many in all, so many a track, no two of one passage."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from index.core.moments import Moment

SAME_PASSAGE = 0.3
"""Intersection over union from which on two moments of a track are one passage."""
AT_ALL = math.ulp(0.0)
"""The same for lines and tunes, of which no two share anything."""

F = TypeVar("F")


def same_passage(one: Moment, other: Moment, overlap: float = SAME_PASSAGE) -> bool:
    """Whether two moments are one passage, up to a few seconds."""
    return one.overlap(other) >= overlap


def apart(
    found: Iterable[F],
    moment: Callable[[F], Moment],
    *,
    track: Callable[[F], Hashable],
    a_track: int | None = None,
    most: int | None = None,
    overlap: float = SAME_PASSAGE,
    admits: Callable[[F], bool] = lambda each: True,
) -> list[F]:
    """The first of what was found, in its order, no two of them of one passage.

    Parameters
    ----------
    found : best first; it is gone through only until there are enough
    moment : where something lies; asked only where its track has room
    track : the id of the track of something
    a_track, most : so many of a track and in all; None for no limit
    overlap : the intersection over union from which on two are of one passage
    admits : asked last, of what would be taken: for conditions that are dear to decide
    """
    kept: list[F] = []
    taken: dict[Hashable, list[Moment]] = {}
    for each in found:
        if most is not None and len(kept) >= most:
            break
        own = taken.setdefault(track(each), [])
        if a_track is not None and len(own) >= a_track:
            continue
        here = moment(each)
        if any(same_passage(here, other, overlap) for other in own) or not admits(each):
            continue
        own.append(here)
        kept.append(each)
    return kept

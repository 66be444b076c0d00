"""Taste: a few centres of the timbre of what was liked. The
more a moment sounds like one of them, the better.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from index.catalogue.history import WORTH, Event, History
from index.core.facts import unit_rows
from index.core.moments import Moment
from index.core.selection import same_passage
from index.factors.timbre import Timbre
from index.models.musicnn import EMBEDDING
from index.store.frame_store import FrameStore

CENTRES = 8
_NEAREST_SKIPPED = 3
_HALF_LIFE_S = 90 * 86400.0
_HOUR_GAIN = 0.5
"""How much more what was liked at the same hour of the day counts than what was liked twelve hours from it.
"""
_SKIPPED_SHARE = 0.9


def profile(history: History, frames: FrameStore, now: datetime | None = None) -> Profile | None:
    """What the history says now; None where nothing was liked that is still in the library."""
    told = history.events()
    there = frames.having({event.moment.track_id for event in told})
    events = [event for event in told if event.moment.track_id in there]
    weights = [weight(event, now) for event in events]
    liked = [(event, worth) for event, worth in zip(events, weights, strict=True) if worth > 0]
    if not liked:
        return None
    against = [event.moment for event, worth in zip(events, weights, strict=True) if worth < 0]
    return Profile(
        centres=_centres(
            timbres([event.moment for event, _ in liked], frames), np.array([worth for _, worth in liked])
        ),
        against=timbres(against, frames),
        known=frozenset(event.moment.track_id for event in events),
        moments=tuple(event.moment for event in events),
        by_track=_summed(events, weights),
    )


def _summed(events: Sequence[Event], weights: Sequence[float]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for event, worth in zip(events, weights, strict=True):
        sums[event.moment.track_id] = sums.get(event.moment.track_id, 0.0) + worth
    return sums


def weight(event: Event, now: datetime | None = None) -> float:
    """What an event is worth: fading with time, more at the hour of the day at which it happened."""
    at_s = time.time() if now is None else now.timestamp()
    fading = 0.5 ** (max(0.0, at_s - event.at_s) / _HALF_LIFE_S)
    if now is None:
        return WORTH[event.kind] * fading
    then = datetime.fromtimestamp(event.at_s, now.tzinfo)
    hours = (now.hour + now.minute / 60) - (then.hour + then.minute / 60)
    near = 0.5 + 0.5 * math.cos(2 * math.pi * hours / 24)
    return WORTH[event.kind] * fading * (1 + _HOUR_GAIN * near)


@dataclass(frozen=True)
class Profile:
    """Taste as numbers."""

    centres: np.ndarray
    """(centres, 200) of unit length: the timbre of what was liked."""
    against: np.ndarray
    """(skipped, 200): the timbre of what was skipped."""
    known: frozenset[str]
    """Ids of the tracks that were played."""
    moments: tuple[Moment, ...]
    """The moments of them that were played."""
    by_track: Mapping[str, float] = field(default_factory=dict)
    """What the events of each track are worth together."""

    def holds(self, moment: Moment) -> bool:
        """Whether a moment, or most of it, was played before."""
        return any(same_passage(moment, heard) for heard in self.moments)

    def likeness(self, vectors: np.ndarray) -> np.ndarray:
        """How much each timbre, (n, 200) of unit length, is like the nearest centre: a cosine."""
        return np.asarray((vectors @ self.centres.T).max(axis=1))

    def closeness(self, vectors: np.ndarray) -> np.ndarray:
        """How much each timbre, (n, 200) of unit length, is like what was liked and unlike what was skipped."""
        near = self.likeness(vectors)
        if len(self.against):
            skipped = np.sort(vectors @ self.against.T, axis=1)[:, -_NEAREST_SKIPPED:]
            near = near - _SKIPPED_SHARE * skipped.mean(axis=1)
        return np.asarray(near)


def timbres(moments: Sequence[Moment], frames: FrameStore) -> np.ndarray:
    """(n, 200) float32 of unit length: the timbre of moments."""
    if not moments:
        return np.empty((0, EMBEDDING), np.float32)
    factor = Timbre()
    return np.concatenate([factor.means(frames.read(m.track_id), [(m.start_s, m.end_s)]) for m in moments])


def _centres(vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A few centres of weighted directions (spherical k-means, started with the farthest from each other)."""
    chosen = [int(weights.argmax())]
    while len(chosen) < min(CENTRES, len(vectors)):
        near = (vectors @ vectors[chosen].T).max(axis=1)
        if near.min() > 0.95:
            break
        chosen.append(int(near.argmin()))
    centres = vectors[chosen]
    for _ in range(8):
        own = (vectors @ centres.T).argmax(axis=1)
        sums = [
            (weights[own == number, None] * vectors[own == number]).sum(axis=0)
            if np.any(own == number)
            else centre
            for number, centre in enumerate(centres)
        ]
        centres = unit_rows(np.array(sums))
    return centres

"""Taste: what was played to the end, skipped, saved and liked, and what that says of other moments.

Events lie in a small database of their own in the home folder. Taste is a few centres of the timbre of what was liked:
the more a moment sounds like one of them, the better. Nothing of it leaves the machine.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from index.factors.base import unit_rows
from index.factors.timbre import Timbre
from index.frames import FrameStore
from index.moments import Moment

Kind = Literal["finished", "skipped", "saved", "liked"]
WORTH: dict[str, float] = {"finished": 1.0, "skipped": -1.0, "saved": 2.0, "liked": 3.0}
"""What an event says: below 0 it speaks against the moment."""
CENTRES = 4
_REMEMBERED = 500
_HALF_LIFE_S = 90 * 86400.0
_BUSY_S = 10.0
_SKIPPED_SHARE = 0.5
_SAME = 0.3


@dataclass(frozen=True)
class Event:
    """Something that was done with a moment."""

    kind: Kind
    moment: Moment
    at_s: float
    """Seconds since 1970."""

    @property
    def weight(self) -> float:
        """Its worth, fading with time."""
        return WORTH[self.kind] * 0.5 ** (max(0.0, time.time() - self.at_s) / _HALF_LIFE_S)


class Taste:
    """The events of one home folder. It costs nothing until it is asked."""

    def __init__(self, home: Path) -> None:
        self._file = home / "taste.sqlite"

    def record(self, kind: Kind, moments: Sequence[Moment], at_s: float | None = None) -> None:
        """Note that something was done with moments."""
        if kind not in WORTH:
            raise ValueError(f"an event is {', '.join(WORTH)}, not {kind}")
        now = time.time() if at_s is None else at_s
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=_BUSY_S)) as connection, connection:
            connection.execute(
                "create table if not exists events (kind text, track_id text, start_s real, end_s real, at_s real)"
            )
            rows = [(kind, moment.track_id, moment.start_s, moment.end_s, now) for moment in moments]
            connection.executemany("insert into events values (?, ?, ?, ?, ?)", rows)

    def take_back(self, kind: Kind, moment: Moment) -> None:
        """Forget that something was done with a moment; nothing happens if it was never noted."""
        if self._file.exists():
            with closing(sqlite3.connect(self._file, timeout=_BUSY_S)) as connection, connection:
                connection.execute(
                    "delete from events where kind = ? and track_id = ? and abs(start_s - ?) < 0.5",
                    (kind, moment.track_id, moment.start_s),
                )

    def events(self) -> list[Event]:
        """The newest events, newest first; none where nothing was ever noted."""
        if not self._file.exists():
            return []
        query = (
            "select kind, track_id, start_s, end_s, at_s from events order by at_s desc, rowid desc limit ?"
        )
        try:
            with closing(sqlite3.connect(self._file, timeout=_BUSY_S)) as connection:
                rows = connection.execute(query, (_REMEMBERED,)).fetchall()
        except sqlite3.DatabaseError:
            return []
        return [
            Event(kind, Moment(track_id, start_s, end_s), at_s)
            for kind, track_id, start_s, end_s, at_s in rows
        ]

    def profile(self, frames: FrameStore) -> Profile | None:
        """What the events say; None where nothing was liked that is still in the library."""
        events = [event for event in self.events() if frames.has(event.moment.track_id)]
        liked = [event for event in events if event.weight > 0]
        if not liked:
            return None
        skipped = [event for event in events if event.weight < 0]
        return Profile(
            centres=_centres(timbres([e.moment for e in liked], frames), np.array([e.weight for e in liked])),
            against=timbres([event.moment for event in skipped], frames),
            known=frozenset(event.moment.track_id for event in events),
            moments=tuple(event.moment for event in events),
        )


@dataclass(frozen=True)
class Profile:
    """Taste as numbers."""

    centres: np.ndarray
    """(centres, 200) of unit length: the timbre of what was liked."""
    against: np.ndarray
    """(skipped, 200): the timbre of what was skipped."""
    known: frozenset[str]
    """Ids of the tracks that were heard."""
    moments: tuple[Moment, ...]
    """What was heard of them."""

    def holds(self, moment: Moment) -> bool:
        """Whether a moment, or most of it, was heard already."""
        return any(moment.overlap(heard) > _SAME for heard in self.moments)

    def closeness(self, vectors: np.ndarray) -> np.ndarray:
        """How much each timbre, (n, 200) of unit length, is like what was liked and unlike what was skipped."""
        near = (vectors @ self.centres.T).max(axis=1)
        if len(self.against):
            near = near - _SKIPPED_SHARE * np.maximum((vectors @ self.against.T).max(axis=1) - near, 0)
        return np.asarray(near)


def timbres(moments: Sequence[Moment], frames: FrameStore) -> np.ndarray:
    """(n, 200) float32 of unit length: the timbre of moments."""
    if not moments:
        return np.empty((0, Timbre.dimensions), np.float32)
    factor = Timbre()
    return np.concatenate([factor.vectors(frames.read(m.track_id), [(m.start_s, m.end_s)]) for m in moments])


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

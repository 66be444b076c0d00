"""The melody salience of a library, kept in its home folder: measured when a track is added.

Of a track that was added before this was so, it is measured when it is first hummed at, and then kept as well.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.analysis.melody_salience import SALIENCE_HZ, Salience
from index.core.errors import DamagedFramesError
from index.core.tracks import Track
from index.store.frame_store import FrameStore
from index.store.track_arrays import TrackArrays

_AT_ONCE = 32768
"""Rows that are taken together at once, such that they fit the processor's cache."""
_ROUNDING = 1
"""So far may a number be from the one that another processor measured, of 255."""


@dataclass(frozen=True)
class SalienceTable:
    """The salience of some tracks, one after the other."""

    rows: np.ndarray
    """(n, 12) uint8."""
    bounds: np.ndarray
    """(tracks + 1,) int64: the first row of each track, and the end."""

    @classmethod
    def of(cls, tracks: Sequence[np.ndarray]) -> SalienceTable:
        """A table of the salience of each track."""
        bounds = np.concatenate([[0], np.cumsum([len(rows) for rows in tracks])]).astype(np.int64)
        rows = np.concatenate(list(tracks)) if tracks else np.zeros((0, 12), np.uint8)
        return cls(np.ascontiguousarray(rows), bounds)

    def coarser(self, step: int) -> SalienceTable:
        """The same with `step` rows taken together, as the root of their mean probability."""
        return self.pooled(self.bounds[:-1], self.bounds[1:], step)

    def pooled(self, firsts: np.ndarray, ends: np.ndarray, step: int) -> SalienceTable:
        """Stretches from their first rows to before their ends, (n,) int64 each, with `step` rows taken together.

        What lacks at the end of a stretch is its last row once more.
        """
        counts = -(-(ends - firsts) // step)
        bounds = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        first = np.repeat(firsts - step * bounds[:-1], counts) + step * np.arange(bounds[-1])
        last = np.repeat(ends - 1, counts)
        rows = np.empty((len(first), self.rows.shape[1]), np.uint8)
        for low in range(0, len(rows), _AT_ONCE):
            part = slice(low, low + _AT_ONCE)
            power = np.zeros(rows[part].shape, np.float32)
            for number in range(step):
                power += np.square(self.rows[np.minimum(first[part] + number, last[part])], dtype=np.float32)
            rows[part] = np.round(np.sqrt(power / step))
        return SalienceTable(rows, bounds)


class SalienceStore:
    """The salience of tracks on disk, by id; a file a track, 60 bytes a second of sound."""

    def __init__(self, folder: Path, frames: FrameStore, salience: Salience | None = None) -> None:
        self._salience = salience or Salience()
        self._arrays = TrackArrays(folder, self._salience.version)
        self._frames = frames

    @classmethod
    def of_home(cls, home: Path, frames: FrameStore) -> SalienceStore:
        """The store of a library's home folder."""
        return cls(home / "melody", frames)

    def has(self, track_id: str) -> bool:
        """Whether the salience of a track is kept."""
        return self._arrays.has(track_id)

    def write(self, track_id: str, rows: np.ndarray) -> None:
        """Keep what was measured while a track was added."""
        self._arrays.write(track_id, rows)

    def lacking(self, track_ids: Collection[str]) -> set[str]:
        """Those of the tracks of which nothing is kept."""
        return set(track_ids) - set(self._arrays.ids())

    def strays(self, track_ids: Collection[str]) -> set[str]:
        """Ids of what is kept, by whatever numbers it was measured, of other tracks than these."""
        return set(self._arrays.ids(every_version=True)) - set(track_ids)

    def is_right(self, track_id: str) -> bool:
        """Whether what is kept is what the frames give; it is measured once more for that.

        Raises
        ------
        FileNotFoundError, DamagedFramesError
            Of the frames.
        """
        measured = self._salience.kept(np.asarray(self._frames.read(track_id).notes)).astype(np.int16)
        kept = self._arrays.read(track_id)
        if kept is None or kept.shape != measured.shape:
            return False
        return bool(np.abs(kept - measured).max(initial=0) <= _ROUNDING)

    def measure(self, track_id: str) -> None:
        """Measure a track anew from its frames, and keep that."""
        self.write(track_id, self._salience.kept(np.asarray(self._frames.read(track_id).notes)))

    def delete(self, track_id: str) -> None:
        """Forget a track, by whatever numbers its salience was measured; nothing happens if it is not there."""
        self._arrays.delete(track_id)

    def of(self, track_id: str) -> np.ndarray:
        """The salience of a track; where none is kept it is measured now, and kept.

        Raises
        ------
        FileNotFoundError, DamagedFramesError
            If it is not kept, and the frames cannot be read.
        """
        return self._arrays.read_or_make(
            track_id, lambda: self._salience.kept(self._frames.read(track_id).notes)
        )

    def table(
        self, tracks: Sequence[Track], progress: Callable[[int, int], None] | None = None
    ) -> SalienceTable:
        """The salience of tracks; where none is kept it is measured now, and kept, track by track.

        `progress` hears how many of those are done, and of how many; it may end that. A track that cannot be read has
        none.
        """
        found = [self._arrays.read(track.id) for track in tracks]
        missing = [number for number, rows in enumerate(found) if rows is None]
        for done, number in enumerate(missing):
            if progress:
                progress(done, len(missing))
            found[number] = self._of_any(tracks[number])
        return SalienceTable.of([rows for rows in found if rows is not None])

    def _of_any(self, track: Track) -> np.ndarray:
        try:
            return self.of(track.id)
        except (FileNotFoundError, DamagedFramesError) as error:
            logging.getLogger("reprise.search").warning("%s cannot be hummed at: %s", track.id, error)
            return np.zeros((round(track.duration_s * SALIENCE_HZ) or 1, 12), np.uint8)

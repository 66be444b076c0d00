"""The melody salience of a library, kept in its home folder: measured when a track is added.

Of a track that was added before this was so, it is measured when it is first hummed at, and then kept as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from index.frames import FrameStore
from index.moments import Track
from index.salience import Salience
from index.system.files import write_durably


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
        return SalienceTable.of([_pooled(self.rows[low:high], step) for low, high in pairwise(self.bounds)])


class SalienceStore:
    """The salience of tracks on disk, by id; a file a track, 60 bytes a second of sound."""

    def __init__(self, folder: Path, frames: FrameStore, salience: Salience | None = None) -> None:
        self._salience = salience or Salience()
        self._folder = folder / self._salience.version
        self._frames = frames

    @classmethod
    def of_home(cls, home: Path, frames: FrameStore) -> SalienceStore:
        """The store of a library's home folder."""
        return cls(home / "melody", frames)

    def write(self, track_id: str, rows: np.ndarray) -> None:
        """Keep what was measured while a track was added."""
        _write(self._path(track_id), rows)

    def delete(self, track_id: str) -> None:
        """Forget a track, by whatever numbers its salience was measured; nothing happens if it is not there."""
        for path in self._folder.parent.glob(f"*/{track_id[:2]}/{track_id}.npy"):
            path.unlink(missing_ok=True)

    def table(self, tracks: Sequence[Track]) -> SalienceTable:
        """The salience of tracks; of those that are new it is measured now."""
        return SalienceTable.of([self._of(track.id) for track in tracks])

    def _of(self, track_id: str) -> np.ndarray:
        path = self._path(track_id)
        try:
            kept: np.ndarray = np.load(path)
        except (OSError, ValueError, EOFError):
            kept = self._salience.kept(self._frames.read(track_id).notes)
            _write(path, kept)
        return kept

    def _path(self, track_id: str) -> Path:
        return self._folder / track_id[:2] / f"{track_id}.npy"


def _pooled(rows: np.ndarray, step: int) -> np.ndarray:
    padded = np.concatenate([rows, np.repeat(rows[-1:], -len(rows) % step, axis=0)]).astype(np.float32)
    return np.round(np.sqrt((padded**2).reshape(-1, step, 12).mean(axis=1))).astype(np.uint8)


def _write(path: Path, rows: np.ndarray) -> None:
    """Keep an array; the file appears whole or not at all."""
    write_durably(path, partial(np.save, arr=rows))

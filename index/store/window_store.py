"""Window-level descriptors of all tracks, kept on disk a file a track, and as one table."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from index.analysis.window_descriptors import PROPERTIES, measure, measured_by, version_of
from index.core.errors import DamagedFramesError
from index.core.moments import Grid, Track, window_count
from index.store.frame_store import FrameStore
from index.store.track_arrays import TrackArrays


class PropertyTable:
    """The properties of every window of some tracks."""

    def __init__(self, track_ids: Sequence[str], counts: Sequence[int], values: np.ndarray) -> None:
        self.track_ids = tuple(track_ids)
        self.counts = np.asarray(counts, np.int64)
        self.values = values
        """(windows, len(PROPERTIES)) float16."""
        self._percentiles: dict[str, np.ndarray] = {}

    @cached_property
    def first_rows(self) -> np.ndarray:
        """(tracks,) the row of each track's first window."""
        return np.concatenate([[0], np.cumsum(self.counts)[:-1]]).astype(np.int64)

    @cached_property
    def tracks_of_rows(self) -> np.ndarray:
        """(windows,) which track each row belongs to."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def column(self, name: str) -> np.ndarray:
        """(windows,) float32 of one property."""
        return self.values[:, PROPERTIES.index(name)].astype(np.float32)

    def percentile(self, name: str) -> np.ndarray:
        """(windows,) in (0, 1): the place of each window among all by one property, ties in the middle."""
        if name not in self._percentiles:
            self._percentiles[name] = percentiles(self.column(name))
        return self._percentiles[name]


def percentiles(values: np.ndarray) -> np.ndarray:
    """The place of each value among all, in (0, 1), float32; equal values share the middle of their places."""
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, "left")
    upto = np.searchsorted(ordered, values, "right")
    return ((below + upto) / (2 * max(1, len(values)))).astype(np.float32)


class PropertyStore:
    """The properties of tracks on disk, by id; a file a track, 70 bytes a second of sound."""

    def __init__(self, folder: Path, grid: Grid) -> None:
        self._grid = grid
        self._arrays = TrackArrays(folder / "properties", version_of(grid))
        self._in_one_file = folder / f"properties-{measured_by(grid)}.npz"

    @classmethod
    def of_home(cls, home: Path, grid: Grid) -> PropertyStore:
        """The store of a library's home folder."""
        return cls(home / "words", grid)

    def has(self, track_id: str) -> bool:
        """Whether the properties of a track are kept."""
        return self._arrays.has(track_id)

    def write(self, track_id: str, rows: np.ndarray) -> None:
        """Keep what was measured while a track was added."""
        self._arrays.write(track_id, rows)

    def delete(self, track_id: str) -> None:
        """Forget a track, whatever version measured it."""
        self._arrays.delete(track_id)

    def of(self, track: Track, frames: FrameStore) -> np.ndarray:
        """The properties of a track's windows; where none are kept they are measured now, and kept.

        Raises
        ------
        FileNotFoundError, DamagedFramesError
            If they are not kept, and the frames cannot be read.
        """
        return self._arrays.read_or_make(track.id, lambda: measure(track, frames.read(track.id), self._grid))

    def table(
        self,
        tracks: Sequence[Track],
        frames: FrameStore,
        progress: Callable[[int, int], None] | None = None,
    ) -> PropertyTable:
        """The table of these tracks; those that are new are measured now. A track that cannot be read has no rows."""
        self.split()
        known = {track.id: rows for track in tracks if (rows := self._fitting(track)) is not None}
        missing = [track for track in tracks if track.id not in known]
        for done, track in enumerate(missing):
            try:
                known[track.id] = self.of(track, frames)
            except (FileNotFoundError, DamagedFramesError) as error:
                logging.getLogger("reprise.search").warning("%s has no words: %s", track.id, error)
            if progress:
                progress(done + 1, len(missing))
        there = [track.id for track in tracks if track.id in known]
        parts = [known[track_id] for track_id in there]
        values = np.concatenate(parts) if parts else np.empty((0, len(PROPERTIES)), np.float16)
        return PropertyTable(there, [len(part) for part in parts], values)

    def _fitting(self, track: Track) -> np.ndarray | None:
        rows = self._arrays.read(track.id)
        if rows is not None and rows.shape != (window_count(track, self._grid), len(PROPERTIES)):
            self.delete(track.id)
            return None
        return rows

    def split(self) -> None:
        """Take over what an older version kept of all tracks in one file."""
        if self._in_one_file.exists():
            for track_id, rows in _read_all(self._in_one_file).items():
                if not self.has(track_id):
                    self.write(track_id, rows)
            self._in_one_file.unlink(missing_ok=True)


def table_of(
    tracks: Sequence[Track],
    frames: FrameStore,
    grid: Grid,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> PropertyTable:
    """The table of these tracks; rows that were measured before are read from `folder`, new ones are kept there."""
    return PropertyStore(folder, grid).table(tracks, frames, progress)


def _read_all(file: Path) -> dict[str, np.ndarray]:
    """Rows by track id, of a file of all tracks; none where it is not what it should be."""
    try:
        with np.load(file) as kept:
            if json.loads(str(kept["properties"])) != list(PROPERTIES):
                return {}
            bounds = np.cumsum(kept["counts"])[:-1]
            return dict(zip(kept["ids"].tolist(), np.split(kept["values"], bounds), strict=True))
    except (OSError, KeyError, ValueError):
        return {}

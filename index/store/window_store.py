"""Window-level descriptors of all tracks, kept on disk a file a track, and as one table."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from index.analysis.window_descriptors import PROPERTIES, measure, measured_by, version_of
from index.core.errors import DamagedFramesError
from index.core.moments import Grid, window_count
from index.core.tracks import Track
from index.store.frame_store import FrameStore
from index.store.property_table import PropertyTable, StoredTable, percentiles
from index.store.row_table import Listed, RowTable
from index.store.table_check import fault_told, looks_wrong
from index.store.table_gathering import Counts, gathered, opened_or_remade
from index.store.track_arrays import TrackArrays

__all__ = ["PropertyStore", "PropertyTable", "percentiles", "table_of"]

_LOOKED_AT = 500
_ROUNDING = 0.02
"""So far, and by this share, may a number be from the one that another processor measured."""


class PropertyStore:
    """The properties of tracks on disk, by id; a file a track, 70 bytes a second of sound."""

    def __init__(self, folder: Path, grid: Grid) -> None:
        self._grid = grid
        self._arrays = TrackArrays(folder / "properties", version_of(grid))
        self._in_one_file = folder / f"properties-{measured_by(grid)}.npz"
        self._table = RowTable(folder / "table" / version_of(grid), len(PROPERTIES), np.float16)

    @classmethod
    def of_home(cls, home: Path, grid: Grid) -> PropertyStore:
        """The store of a library's home folder."""
        return cls(home / "words", grid)

    def has(self, track_id: str) -> bool:
        """Whether the properties of a track are kept."""
        return self._arrays.has(track_id)

    def lacking(self, track_ids: Collection[str]) -> set[str]:
        """Those of the tracks of which nothing is kept."""
        return set(track_ids) - set(self._arrays.ids())

    def write(self, track_id: str, rows: np.ndarray) -> None:
        """Keep what was measured while a track was added."""
        self._arrays.write(track_id, rows)
        self._table.note_changed(track_id)

    def delete(self, track_id: str) -> None:
        """Forget a track, whatever version measured it."""
        self._arrays.delete(track_id)
        self._table.note_changed(track_id)

    def strays(self, track_ids: Collection[str]) -> set[str]:
        """Ids of what is kept, by whatever version it was measured, of other tracks than these."""
        return set(self._arrays.ids(every_version=True)) - set(track_ids)

    def is_right(self, track: Track, frames: FrameStore) -> bool:
        """Whether what is kept of a track is what its frames give; it is measured once more for that.

        Raises
        ------
        FileNotFoundError, DamagedFramesError
            Of the frames.
        """
        measured = measure(track, frames.read(track.id), self._grid)
        kept = self._arrays.read(track.id)
        if kept is None or kept.shape != measured.shape or kept.dtype != measured.dtype:
            return False
        return bool(np.allclose(kept, measured, _ROUNDING, _ROUNDING, equal_nan=True))

    def measure(self, track: Track, frames: FrameStore) -> None:
        """Measure a track anew from its frames, and keep that."""
        self.write(track.id, measure(track, frames.read(track.id), self._grid))

    def table_fault(self, wrong_anyway: Collection[str] = ()) -> str:
        """What is wrong with the table: empty where each of its rows is what is kept of its track.

        Tracks that it does not have yet, or that changed since, are no fault: they are taken over by the next
        search, or `reprise add`. Nor are tracks of which what is kept is wrong itself (`wrong_anyway`).
        """
        return fault_told(self._table, self._arrays, wrong_anyway)

    def remake_table(self, tracks: Sequence[Track], frames: FrameStore) -> None:
        """Throw the table away and make it from what is kept of each track. OSError."""
        with self._table.alone():
            self._table.clear()
            self._gathered(tracks, frames, None)

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
        kept = opened_or_remade(
            self._table, lambda: self._stored(self._gathered(tracks, frames, progress), tracks), "words"
        )
        if kept is not None:
            return kept
        known = dict(self._rows_of(tracks, frames, progress))
        parts = list(known.values())
        values = np.concatenate(parts) if parts else np.empty((0, len(PROPERTIES)), np.float16)
        return PropertyTable(list(known), [len(part) for part in parts], values)

    def _gathered(
        self, tracks: Sequence[Track], frames: FrameStore, progress: Callable[[int, int], None] | None
    ) -> Listed:
        """The table brought up to date by what is kept of each track; only of what is new anything is read."""
        by_id = {track.id: track for track in tracks}
        wanted = {track.id: window_count(track, self._grid) for track in tracks}

        def lacking(there: Counts, changed: set[str]) -> list[str]:
            changed = changed | self._damaged(tracks, wanted)
            return [each for each, count in wanted.items() if each in changed or there.get(each) != count]

        def rows_of(new: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
            return self._rows_of([by_id[each] for each in new], frames, progress)

        return gathered(self._table, lambda _: sum(wanted.values()), lacking, rows_of)

    def _damaged(self, tracks: Sequence[Track], wanted: Mapping[str, int]) -> set[str]:
        """Tracks whose file is not as long as it should be, of some drawn at random where there are many."""
        drawn = tracks if len(tracks) <= _LOOKED_AT else random.sample(tracks, _LOOKED_AT)
        row_bytes = 2 * len(PROPERTIES)
        return {each.id for each in drawn if not self._arrays.has_bytes(each.id, row_bytes * wanted[each.id])}

    def _stored(self, listed: Listed, tracks: Sequence[Track]) -> PropertyTable:
        """The rows of these tracks, on disk, in the order in which they lie there."""
        last = {track_id: number for number, track_id in enumerate(listed.ids)}
        wanted = {track.id for track in tracks}
        chosen = np.zeros(len(listed.ids), bool)
        chosen[[number for track_id, number in last.items() if track_id in wanted]] = True
        chosen &= listed.counts > 0
        ids = [listed.ids[number] for number in np.flatnonzero(chosen)]
        rows = np.empty(0, bool) if chosen.all() else np.repeat(chosen, listed.counts)
        opened = self._table.open(listed.rows)
        if looks_wrong(listed, opened, self._arrays):
            raise OSError("the table of words is not what is kept of the tracks")
        return StoredTable(ids, listed.counts[chosen], opened, rows)

    def gather(self, tracks: Sequence[Track], frames: FrameStore) -> None:
        """Bring the table up to date, so that the next search need not. Where it cannot be kept, nothing happens."""
        try:
            with self._table.alone():
                try:
                    self._table.listed()
                except OSError:
                    self._table.clear()
                self._gathered(tracks, frames, None)
        except OSError as error:
            logging.getLogger("reprise.add").warning("the table of words is not kept: %s", error)

    def _rows_of(
        self, tracks: Sequence[Track], frames: FrameStore, progress: Callable[[int, int], None] | None
    ) -> Iterator[tuple[str, np.ndarray]]:
        """What is kept of each track; what is not is measured, last. Tracks that cannot be read are passed over."""
        missing = []
        for track in tracks:
            rows = self._fitting(track)
            if rows is None:
                missing.append(track)
            else:
                yield track.id, rows
        for done, track in enumerate(missing):
            try:
                yield track.id, self.of(track, frames)
            except (FileNotFoundError, DamagedFramesError) as error:
                logging.getLogger("reprise.search").warning("%s has no words: %s", track.id, error)
            if progress:
                progress(done + 1, len(missing))

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

"""The fingerprints of all tracks in one file, their keys and peaks in others, so that none is opened track by track.

All are made from the frames and may be thrown away. Who adds music looks its keys up (`index.ingest.recordings`); who
looks for a clip goes through all bits (`index.store.fingerprint_table`) and peaks (`index.store.peak_table`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.core.errors import DamagedFramesError
from index.core.frames import FINGERPRINT_HZ, NOTE_HZ, Frames
from index.descriptors.fingerprint_keys import KEYS_VERSION, keys_of
from index.store.frame_store import FrameStore
from index.store.origins import ARRAY_VERSIONS
from index.store.row_table import Listed, OpenRows, RowTable
from index.store.table_check import fault_told, looks_wrong
from index.store.table_gathering import ROWS_AT_ONCE, Counts, gathered, opened_or_remade

SOUNDING_DB = -60.0
_WHAT = "fingerprints"
_NONE = np.empty(0, np.uint32)


@dataclass(frozen=True)
class TrackRows:
    """Numbers of tracks, one after the other."""

    ids: tuple[str, ...]
    counts: np.ndarray
    """(tracks,) int64: numbers of each."""
    parts: Iterable[np.ndarray]
    """(counts[i],) uint32 of each, in this order; may be gone through once."""


@dataclass(frozen=True)
class _Kind:
    """One of the tables: where it lies, and what it holds of a track."""

    table: RowTable
    of: Callable[[Frames], np.ndarray]
    frames: FrameStore

    def read(self, track_id: str) -> np.ndarray | None:
        """(n, 1) what a track's frames give; None where they cannot be read."""
        try:
            return self.of(self.frames.read(track_id))[:, None]
        except (FileNotFoundError, DamagedFramesError):
            return None


class FingerprintStore:
    """The tables in one folder of a home."""

    def __init__(self, folder: Path, frames: FrameStore) -> None:
        version = ARRAY_VERSIONS["fingerprint"]
        keys = RowTable(folder / f"keys{KEYS_VERSION}-{version}", 1, np.uint32)
        self._frames = frames
        self._bits = _Kind(RowTable(folder / f"bits-{version}", 1, np.uint32), bits_of_track, frames)
        self._keys = _Kind(keys, keys_of_track, frames)
        peaks = RowTable(folder / f"peaks-{ARRAY_VERSIONS['peaks']}", 1, np.uint32)
        self._peaks = _Kind(peaks, peaks_of_track, frames)
        self._kinds = (self._bits, self._keys, self._peaks)

    @classmethod
    def of_home(cls, home: Path, frames: FrameStore) -> FingerprintStore:
        """The store of a library's home folder."""
        return cls(home / "fingerprints", frames)

    def note_changed(self, track_id: str) -> None:
        """A track's frames are others now, or gone."""
        for kind in self._kinds:
            kind.table.note_changed(track_id)

    def bits(self, track_ids: Collection[str]) -> TrackRows:
        """The fingerprints of tracks; those that are new are taken over from their frames now."""
        return self._read(self._bits, track_ids)

    def keys(self, track_ids: Collection[str]) -> TrackRows:
        """The keys of tracks, those of each sorted; those that are new are taken over from their frames now."""
        return self._read(self._keys, track_ids)

    def peaks(self, track_ids: Collection[str]) -> TrackRows:
        """The constellations of tracks, two peaks a number; those that are new are taken over from their frames now."""
        return self._read(self._peaks, track_ids)

    def gather(self, track_ids: Collection[str]) -> None:
        """Bring all tables up to date. Where they cannot be kept, nothing happens."""
        for kind in self._kinds:
            try:
                with kind.table.alone():
                    try:
                        self._gathered(kind, track_ids)
                    except OSError:
                        kind.table.clear()
                        self._gathered(kind, track_ids)
            except OSError as error:
                _told_unkept(error)

    def fault(self, wrong_anyway: Collection[str] = ()) -> str:
        """What is wrong with the tables: empty where each row is what the frames give (`table_check.fault_of`)."""
        found = (fault_told(kind.table, kind, wrong_anyway) for kind in self._kinds)
        return "; ".join(filter(None, found))

    def remake(self, track_ids: Collection[str]) -> None:
        """Throw all tables away and make them from the frames. OSError."""
        for kind in self._kinds:
            with kind.table.alone():
                kind.table.clear()
                self._gathered(kind, track_ids)

    def _read(self, kind: _Kind, track_ids: Collection[str]) -> TrackRows:
        kept = opened_or_remade(
            kind.table, lambda: _opened(kind, self._gathered(kind, track_ids), track_ids), _WHAT
        )
        if kept is not None:
            return kept
        known = dict(self._made(kind, track_ids))
        counts = np.array([len(rows) for rows in known.values()], np.int64)
        return TrackRows(tuple(known), counts, list(known.values()))

    def _gathered(self, kind: _Kind, track_ids: Collection[str]) -> Listed:
        """A table brought up to date; only of what is new frames are read."""
        wanted = set(track_ids)

        def live(there: Counts) -> int:
            return sum(count for track_id, count in there.items() if track_id in wanted)

        def lacking(there: Counts, changed: set[str]) -> list[str]:
            return sorted((changed & wanted) | (wanted - there.keys()))

        def rows_of(new: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
            return ((track_id, rows[:, None]) for track_id, rows in self._made(kind, new))

        return gathered(kind.table, live, lacking, rows_of)

    def _made(self, kind: _Kind, track_ids: Iterable[str]) -> Iterator[tuple[str, np.ndarray]]:
        for track_id in track_ids:
            rows = kind.read(track_id)
            if rows is None:
                logging.getLogger("reprise.search").warning("the frames of %s cannot be read", track_id)
            else:
                yield track_id, rows[:, 0]


def sounding(frames: Frames, count: int) -> np.ndarray:
    """(count,) bool: rows of a sound's fingerprint in which something sounds."""
    at = np.minimum((np.arange(count) / FINGERPRINT_HZ * NOTE_HZ).astype(int), len(frames.level_db) - 1)
    return np.asarray(np.asarray(frames.level_db)[at] > SOUNDING_DB)


def bits_of_track(frames: Frames) -> np.ndarray:
    """(n,) uint32; empty where a sound was analysed before there were fingerprints."""
    return _NONE if frames.fingerprint is None else np.asarray(frames.fingerprint)


def keys_of_track(frames: Frames) -> np.ndarray:
    """(k,) uint32: the keys that are kept of a sound."""
    rows = bits_of_track(frames)
    return keys_of(rows, sounding(frames, len(rows)), frames.duration_s) if len(rows) else _NONE


def peaks_of_track(frames: Frames) -> np.ndarray:
    """(n,) uint32, two peaks each; empty where a sound was analysed before there were any."""
    return _NONE if frames.peaks is None else np.ascontiguousarray(frames.peaks).reshape(-1).view(np.uint32)


def _opened(kind: _Kind, listed: Listed, track_ids: Collection[str]) -> TrackRows:
    rows = kind.table.open(listed.rows)
    if looks_wrong(listed, rows, kind):
        raise OSError("the table of fingerprints is not what the frames give")
    last = {track_id: number for number, track_id in enumerate(listed.ids)}
    wanted = set(track_ids)
    chosen = [number for track_id, number in last.items() if track_id in wanted and listed.counts[number]]
    chosen.sort()
    firsts = (np.cumsum(listed.counts) - listed.counts)[chosen]
    counts = listed.counts[chosen]
    return TrackRows(tuple(listed.ids[each] for each in chosen), counts, _parts(rows, firsts, counts))


def _parts(rows: OpenRows, firsts: np.ndarray, counts: np.ndarray) -> Iterator[np.ndarray]:
    """The numbers of each track, of which the file is read in large steps."""
    low, held = 0, _NONE
    for first, count in zip(firsts.tolist(), counts.tolist(), strict=True):
        if first < low or first + count > low + len(held):
            low, held = first, rows.span(first, max(count, ROWS_AT_ONCE))
        yield held[first - low : first - low + count]


def _told_unkept(error: OSError) -> None:
    logging.getLogger("reprise.search").warning("the table of fingerprints is not kept: %s", error)

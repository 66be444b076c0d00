"""Properties of moments: what is measured in every window of the library, as one table a library.

Rows are windows in the order of the shelf, columns the names of PROPERTIES: tempo, density, level and so on, the
probability of each family of instruments, and MusiCNN's words. A track's rows are measured when it is added, and kept
in the home folder; of a track added before this was so, at the end of the next run of adding, or at first use.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from index.core.errors import DamagedFramesError
from index.core.moments import Clip, Grid, Passage, Track
from index.descriptors.instruments import FAMILIES
from index.descriptors.key_and_chords import estimate_key
from index.factors.dynamics import onset_density
from index.factors.rhythm import tempo_bpm
from index.models.musicnn import TAGS
from index.search.candidates import window_count
from index.store.frame_store import (
    LOWEST_MIDI,
    NOTE_HZ,
    PATCH_HZ,
    PITCHES,
    Frames,
    FrameStore,
    fold_to_chroma,
)
from index.store.track_arrays import TrackArrays

MEASURED = (
    "tempo", "density", "level", "swell", "range", "brightness", "register", "voices", "minor", "certainty", "tonic",
    "others",
)  # fmt: skip
PROPERTIES = (
    *MEASURED,
    *(f"family:{name}" for name in FAMILIES),
    *(f"tag:{name}" for name in TAGS["MTT"]),
)
VERSION = 1
"""Counts up when a property is measured in another way."""
_TARGET_LUFS = -23.0
_SOUNDING = 128
_FLOOR_DB = -60.0
_HALF_PATCH_S = 1.0


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
        self._in_one_file = folder / f"properties-{_measured_by(grid)}.npz"

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


def measure(track: Track | Clip, frames: Frames, grid: Grid) -> np.ndarray:
    """(windows, len(PROPERTIES)) float16 of one sound. What is not measurable is 0."""
    spans = grid.spans(track.duration_s)
    starts, ends = (np.array(each) for each in zip(*spans, strict=True))
    table = np.zeros((len(spans), len(PROPERTIES)), np.float32)
    columns = {name: table[:, place] for place, name in enumerate(PROPERTIES)}
    passages = [Passage(track, frames, start_s, end_s) for start_s, end_s in spans]
    columns["tempo"][:] = [tempo_bpm(passage) for passage in passages]
    columns["density"][:] = [onset_density(passage) for passage in passages]
    _loudness(columns, frames, starts, ends)
    centroid = frames.centroid_hz.astype(np.float32)
    columns["brightness"][:] = _means(centroid[:, None], NOTE_HZ, starts, ends)[:, 0]
    _notes(columns, frames, starts, ends)
    embedding = _patch_means(frames.embedding, starts, ends)
    tags = _patch_means(frames.tags, starts, ends) / 255
    for place, name in enumerate(TAGS["MTT"]):
        columns[f"tag:{name}"][:] = tags[:, place]
    heard = families(embedding)
    if heard is not None:
        for place, name in enumerate(FAMILIES):
            columns[f"family:{name}"][:] = heard[:, place]
        columns["others"][:] = heard.sum(axis=1) - heard.max(axis=1)
    return table.astype(np.float16)


def families(embedding: np.ndarray) -> np.ndarray | None:
    """(n, families) probability that each plays, of mean embeddings (n, 200); None where none were learned yet."""
    from index.descriptors.instruments import family_model

    try:
        model = family_model()
    except FileNotFoundError:
        return None
    odds = (embedding - model.mean) @ model.weights.T + model.bias
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), np.float32)


def _loudness(columns: dict[str, np.ndarray], frames: Frames, starts: np.ndarray, ends: np.ndarray) -> None:
    """Level as the file has it, how it moves from the first half to the second, and its range."""
    level = np.maximum(frames.level_db.astype(np.float32), _FLOOR_DB)
    power = _means(10 ** (level[:, None] / 10), NOTE_HZ, starts, ends)[:, 0]
    own = frames.loudness_lufs if np.isfinite(frames.loudness_lufs) else _TARGET_LUFS
    columns["level"][:] = 10 * np.log10(power) + (own - _TARGET_LUFS)
    middle = (starts + ends) / 2
    later, earlier = (
        _means(level[:, None], NOTE_HZ, *span)[:, 0] for span in ((middle, ends), (starts, middle))
    )
    columns["swell"][:] = later - earlier
    for row, (start_s, end_s) in enumerate(zip(starts, ends, strict=True)):
        part = level[int(start_s * NOTE_HZ) : max(int(end_s * NOTE_HZ), int(start_s * NOTE_HZ) + 1)]
        low, high = np.percentile(part, [10, 95]) if len(part) else (0.0, 0.0)
        columns["range"][row] = high - low


def _notes(columns: dict[str, np.ndarray], frames: Frames, starts: np.ndarray, ends: np.ndarray) -> None:
    """Register, number of voices, and key."""
    notes = np.asarray(frames.notes)
    means = _means(notes.astype(np.float32), NOTE_HZ, starts, ends)
    total = np.maximum(means.sum(axis=1), 1e-6)
    columns["register"][:] = LOWEST_MIDI + means @ np.arange(PITCHES, dtype=np.float32) / total
    sounding = (notes > _SOUNDING).sum(axis=1).astype(np.float32)
    counts = _means(np.stack([sounding, sounding > 0], axis=1), NOTE_HZ, starts, ends)
    columns["voices"][:] = counts[:, 0] / np.maximum(counts[:, 1], 1e-6)
    for row, chroma in enumerate(_means(fold_to_chroma(notes), NOTE_HZ, starts, ends)):
        key = estimate_key(chroma[None])
        columns["minor"][row] = key.certainty if key.mode == "minor" else -key.certainty
        columns["certainty"][row] = key.certainty
        columns["tonic"][row] = key.tonic


def _means(array: np.ndarray, rate_hz: float, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Means of the frames of (n, d) between times, (len(starts), d) float32; at least one frame each."""
    first = np.minimum(np.round(starts * rate_hz).astype(int), len(array) - 1)
    last = np.clip(np.round(ends * rate_hz).astype(int), first + 1, len(array))
    return _between(array, first, last)


def _patch_means(array: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Means of the patches that lie within each span, as the factor timbre counts them."""
    first = np.ceil((starts + _HALF_PATCH_S) * PATCH_HZ - 0.25).astype(int)
    last = np.floor((ends - _HALF_PATCH_S) * PATCH_HZ + 0.25).astype(int)
    short = last - first < 2
    first = np.where(short, np.round(starts * PATCH_HZ).astype(int), first)
    last = np.where(short, np.round(ends * PATCH_HZ).astype(int), last)
    first = np.minimum(first, len(array) - 1)
    return _between(np.asarray(array, np.float32), first, np.clip(last, first + 1, len(array)))


def _between(array: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    sums = np.concatenate([np.zeros((1, array.shape[1])), np.cumsum(array, axis=0, dtype=np.float64)])
    return ((sums[last] - sums[first]) / (last - first)[:, None]).astype(np.float32)


def version_of(grid: Grid) -> str:
    """What kept properties depend on, shortly."""
    names = hashlib.blake2b(json.dumps(PROPERTIES).encode(), digest_size=4).hexdigest()
    return f"{_measured_by(grid)}-{names}"


def _measured_by(grid: Grid) -> str:
    model = Path(__file__).parents[1] / "descriptors" / "families.json"
    learned = hashlib.blake2b(model.read_bytes(), digest_size=4).hexdigest() if model.exists() else "none"
    return f"{VERSION}-{grid.window_s:g}-{grid.hop_s:g}-{learned}"


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

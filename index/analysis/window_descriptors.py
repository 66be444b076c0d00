"""Window-level descriptors, one table for the library.

Rows are windows in the order of the shelf, columns the names in PROPERTIES: tempo, onset density, level and
so on, the probability of each instrument family, and MusiCNN's tags. A track's rows are computed when it is
added and stored in the home; for tracks added by older versions, at the end of the next `reprise add`, or at
first use.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from index.core.frames import LOWEST_MIDI, NOTE_HZ, PATCH_HZ, PITCHES, Frames, fold_to_chroma
from index.core.moments import Grid, Passage
from index.core.tracks import Clip, Track
from index.descriptors.instruments import FAMILIES
from index.descriptors.key_and_chords import estimate_key
from index.factors.dynamics import onset_density
from index.factors.rhythm import tempo_bpm
from index.models.musicnn import TAGS

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
"""Incremented when a descriptor is computed differently."""
_TARGET_LUFS = -23.0
_SOUNDING = 128
_FLOOR_DB = -60.0
_HALF_PATCH_S = 1.0


def measure(track: Track | Clip, frames: Frames, grid: Grid) -> np.ndarray:
    """Descriptors of one sound, (windows, len(PROPERTIES)) float16; 0 where one is undefined."""
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
    """(n, families) probability of each instrument family,
    from mean embeddings (n, 200); None if there is no model.
    """
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
    return f"{measured_by(grid)}-{names}"


def measured_by(grid: Grid) -> str:
    """What kept properties depend on but for their names."""
    model = Path(__file__).parents[1] / "descriptors" / "families.json"
    learned = hashlib.blake2b(model.read_bytes(), digest_size=4).hexdigest() if model.exists() else "none"
    return f"{VERSION}-{grid.window_s:g}-{grid.hop_s:g}-{learned}"

"""What is forgiven a voice: a note beside the one that is meant, and long notes that would outvote all others.

Both were chosen on people's singing (`bench.world.sung_tunes`, half "fit").
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from index.analysis.f0 import Tune
from index.analysis.melody_salience import SCALE
from index.humming.dtw import KEYS

BESIDE = 0.2
"""Share of a note's salience that is given to the classes around it."""
SPREAD_SEMITONES = 1.5
_VOICED = 0.3
_NEW_NOTE = 0.6
"""Distance from the running mean of a note, in semitones, from which the next note begins."""


@cache
def _around() -> np.ndarray:
    """(12, 12) float32: how a class's probability is spread."""
    classes = np.arange(KEYS)
    away = (classes[:, None] - classes + KEYS // 2) % KEYS - KEYS // 2
    bell = np.exp(-0.5 * (away / SPREAD_SEMITONES) ** 2)
    spread = (1 - BESIDE) * np.eye(KEYS) + BESIDE * bell / bell.sum(axis=1, keepdims=True)
    return np.asarray(spread, np.float32)


def softened(rows: np.ndarray) -> np.ndarray:
    """Salience as stored, (n, 12) uint8, of which each class gives some to those around it."""
    spread, out = _around(), np.empty_like(rows)
    for first in range(0, len(rows), 65536):
        part = rows[first : first + 65536].astype(np.float32)
        out[first : first + len(part)] = np.round(np.sqrt((part / SCALE) ** 2 @ spread) * SCALE)
    return out


def note_begins(tune: Tune) -> np.ndarray:
    """(n,) bool: note onsets of the voice, after silence or where the pitch leaves the previous note."""
    begins = np.zeros(len(tune.weight), bool)
    mean: float | None = None
    for i, (pitch, weight) in enumerate(zip(tune.low_class + tune.fraction, tune.weight, strict=True)):
        if weight < _VOICED:
            mean = None
            continue
        away = 0.0 if mean is None else (pitch - mean + KEYS / 2) % KEYS - KEYS / 2
        begins[i] = mean is None or abs(away) > _NEW_NOTE
        mean = float(pitch) if mean is None or begins[i] else mean + 0.3 * away
    return begins


def by_notes(tune: Tune) -> Tune:
    """The same tune, each frame weighing as much as `by_note` has it."""
    return replace(tune, weight=by_note(tune, note_begins(tune)))


def by_note(tune: Tune, begins: np.ndarray) -> np.ndarray:
    """(n,) float32: weight of each frame, divided by the root of its note's number of frames."""
    note = np.maximum(np.cumsum(begins) - 1, 0)
    frames = np.bincount(note, tune.weight >= _VOICED)
    weight: np.ndarray = (tune.weight / np.sqrt(np.maximum(frames, 1))[note]).astype(np.float32)
    return weight

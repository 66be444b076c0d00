"""What speaks for a place where a tune was laid: named parts, and their sum.

The path's own odds count every frame alike, so that one long note outweighs a turn of short ones, and they do not ask
whether notes begin where the voice begins one. The weights are made by bench/fit_hum.py.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from index.analysis.f0 import PitchTrack, Tune, tune_at
from index.analysis.melody_salience import SALIENCE_HZ, SCALE
from index.humming.dtw import KEYS, best_path

OFFSETS = np.arange(-3, 4) / 3
"""Semitones by which a voice may be off its own tuning."""
SLIDE = 4.0
"""Log odds that a change by a third of a semitone costs."""
PENALTY = 4.5
"""Log odds that half a step aside costs: what is free in pitch is held close in time."""
_VOICED = 0.3
_NEW_NOTE = 0.6
"""Semitones from the mean of a note at which another begins."""
_UNHEARD = 0.25
_DOUBT = 0.1


@dataclass(frozen=True)
class Evidence:
    """What speaks for a place, in the order of WEIGHTS."""

    path: float
    """Log odds a frame of the best path, its steps aside and slides paid for."""
    notes: float
    """Log odds a frame, where a note's frames count by the root of their number."""
    onsets: float
    """How much the salience rises where the voice begins a note, in [-1, 1]."""
    unheard: float
    """The share of the frames where nearly nothing is heard of the pitch."""

    @property
    def total(self) -> float:
        """The sum, about on the scale of `path`."""
        return float(sum(WEIGHTS[field.name] * getattr(self, field.name) for field in fields(self)))


WEIGHTS = {"path": 0.76, "notes": 0.24, "onsets": 0.8, "unheard": -0.62}


@dataclass(frozen=True)
class Line:
    """A tune at one tempo, ready to be followed exactly."""

    tune: Tune
    low_class: np.ndarray
    """(offsets, n) int64."""
    fraction: np.ndarray
    """(offsets, n) float32."""

    @classmethod
    def of(cls, pitch: PitchTrack, ratio: float) -> Line:
        """A pitch track, `ratio` times as long."""
        tune = tune_at(pitch, ratio, SALIENCE_HZ)
        return cls(tune, *tune.beside(OFFSETS))

    @property
    def total(self) -> float:
        """Frames with a voice."""
        return max(float(self.tune.weight.sum()), 1e-6)

    @cached_property
    def begins(self) -> np.ndarray:
        """(n,) bool: where the voice begins a note, after silence or by leaving the last one."""
        begins = np.zeros(len(self.tune.weight), bool)
        mean: float | None = None
        for i, (pitch, weight) in enumerate(
            zip(self.tune.low_class + self.tune.fraction, self.tune.weight, strict=True)
        ):
            if weight < _VOICED:
                mean = None
                continue
            away = 0.0 if mean is None else (pitch - mean + KEYS / 2) % KEYS - KEYS / 2
            begins[i] = mean is None or abs(away) > _NEW_NOTE
            mean = float(pitch) if mean is None or begins[i] else mean + 0.3 * away
        return begins

    @cached_property
    def by_note(self) -> np.ndarray:
        """(n,) the weight of each frame, by the root of its note's length."""
        note = np.maximum(np.cumsum(self.begins) - 1, 0)
        frames = np.bincount(note, self.tune.weight >= _VOICED)
        weight: np.ndarray = self.tune.weight / np.sqrt(np.maximum(frames, 1))[note]
        return weight


@dataclass(frozen=True)
class Followed:
    """A line's best path through some rows of salience."""

    line: Line
    odds: float
    rows: np.ndarray
    """(n,) int64: where each frame lies."""
    classes: np.ndarray
    """(n,) int64: the pitch class at or below each frame's pitch, offset and key included."""
    fraction: np.ndarray
    """(n,) float32 in [0, 1): how far the pitch lies above it."""
    salience: np.ndarray
    """(m, 12) float32: roots of probabilities."""

    @property
    def fits(self) -> bool:
        """Whether there was room for the line."""
        return int(self.rows[-1]) >= 0

    @cached_property
    def evidence(self) -> Evidence:
        """What speaks for it."""
        n = np.arange(len(self.rows))
        above = (self.classes + 1) % KEYS
        here = self.salience[self.rows]
        low, high = here[n, self.classes], here[n, above]
        nearest = np.where(self.fraction > 0.5, above, self.classes)
        heard = here[n, nearest]
        before = np.minimum(*(self.salience[np.maximum(self.rows - back, 0), nearest] for back in (1, 2)))
        odds = (1 - self.fraction) * _log_odds(low) + self.fraction * _log_odds(high)
        begins = self.line.begins
        return Evidence(
            path=self.odds,
            notes=_mean(odds, self.line.by_note),
            onsets=float((heard - before)[begins].mean()) if begins.any() else 0.0,
            unheard=_mean(heard < _UNHEARD, self.line.tune.weight),
        )


def followed(line: Line, rows: np.ndarray, odds: np.ndarray, key: int) -> Followed:
    """Follow a line through (m, 12) uint8 rows of salience; `odds` are (256,) float32, what a kept number is worth."""
    weight = (line.tune.weight / line.total).astype(np.float32)
    best, path, leant = best_path(
        rows, odds, line.low_class, line.fraction, weight, PENALTY, SLIDE / line.total, key
    )
    n = np.arange(len(path))
    return Followed(
        line, best, path, (line.low_class[leant, n] + key) % KEYS, line.fraction[leant, n],
        rows.astype(np.float32) / SCALE,
    )  # fmt: skip


def _log_odds(root: np.ndarray) -> np.ndarray:
    odds: np.ndarray = np.log(((1 - _DOUBT) * root**2 + _DOUBT / KEYS) * KEYS)
    return odds


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float((values * weight).sum() / max(float(weight.sum()), 1e-6))

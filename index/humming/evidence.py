"""Evidence for an alignment of a tune: named parts, and their weighted sum.

The path says most, since its notes count by the root of their length and one beside the right one counts a little
(`index.humming.leniency`); beside it stand whether note onsets of voice and recording coincide, how crowded the
recording is along the path, and how far it leaves the hum's own time. What weighs nothing is measured for
`bench.fit_hum`, which fits weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index.analysis.f0 import PitchTrack, Tune, tune_at
from index.analysis.melody_salience import SALIENCE_HZ, SCALE
from index.humming.dtw import KEYS, best_path
from index.humming.leniency import by_note, note_begins, softened

OFFSETS = np.arange(-3, 4) / 3
"""Semitones by which a voice may deviate from its own tuning."""
DRIFT = 2.0
"""Log odds that a change by a third of a semitone costs."""
PENALTY = 1.5
"""Log odds that half an off-diagonal step costs, times the weight of the frame."""
_UNHEARD = 0.25
_DOUBT = 0.1


@dataclass(frozen=True)
class Evidence:
    """Evidence for an alignment, in the order of WEIGHTS."""

    path: float
    """Log odds of the best path, a note counting by the root of its number of frames and a neighbouring
    pitch class for something, with off-diagonal steps and drift penalised."""
    notes: float
    """Log odds a frame, where a note counts by the root of its number of frames."""
    onsets: float
    """Mean rise of the salience at the voice's note onsets, in [-1, 1]."""
    unheard: float
    """Share of the voiced frames whose pitch has almost no salience in the recording."""
    crowd: float
    """Log odds of the second most salient class: where voices share what is salient, a right path gets less of it."""
    aside: float
    """Share of the voiced frames at which the path leaves the tune's own tempo."""
    tempo: float
    """How far the path's tempo is from the hum's, as a logarithm."""

    @property
    def total(self) -> float:
        """The sum, about on the scale of `path`."""
        return weighed(self)


WEIGHTS = {
    "path": 1.0,
    "notes": 0.0,
    "onsets": 0.31,
    "unheard": -0.13,
    "crowd": 0.07,
    "aside": -0.48,
    "tempo": -0.25,
}
"""Fitted by `bench.fit_hum` (docs/decisions/0048)."""


def weighed(of: Evidence | Followed) -> float:
    """The evidence in one number; what weighs nothing is not asked for."""
    return float(sum(weight * getattr(of, name) for name, weight in WEIGHTS.items() if weight))


@dataclass(frozen=True)
class Line:
    """A tune at one tempo, ready for exact alignment."""

    tune: Tune
    low_class: np.ndarray
    """(offsets, n) int64."""
    fraction: np.ndarray
    """(offsets, n) float32."""
    ratio: float = 1.0
    """How many times as long as the hum the tune is."""

    @classmethod
    def of(cls, pitch: PitchTrack, ratio: float) -> Line:
        """A pitch track, stretched to `ratio` times its length."""
        tune = tune_at(pitch, ratio, SALIENCE_HZ)
        return cls(tune, *tune.beside(OFFSETS), ratio)

    @property
    def total(self) -> float:
        """Number of voiced frames, weighted by confidence; at least 1e-6."""
        return max(float(self.tune.weight.sum()), 1e-6)

    @cached_property
    def begins(self) -> np.ndarray:
        """(n,) bool: note onsets of the voice, after silence or where the pitch leaves the previous note."""
        return note_begins(self.tune)

    @cached_property
    def by_note(self) -> np.ndarray:
        """(n,) weight of each frame, divided by the root of its note's length."""
        return by_note(self.tune, self.begins)


@dataclass(frozen=True)
class Followed:
    """A line's best path through some rows of salience."""

    line: Line
    odds: float
    rows: np.ndarray
    """(n,) int64: the salience row of each frame."""
    classes: np.ndarray
    """(n,) int64: the pitch class at or below each frame's pitch, offset and key included."""
    fraction: np.ndarray
    """(n,) float32 in [0, 1): how far the pitch lies above it."""
    salience: np.ndarray
    """(m, 12) float32: square roots of probabilities."""

    @property
    def fits(self) -> bool:
        """Whether any path fitted."""
        return int(self.rows[-1]) >= 0

    @property
    def total(self) -> float:
        """The evidence for this path in one number, as `Evidence.total`: only what weighs something is measured."""
        return weighed(self)

    @property
    def evidence(self) -> Evidence:
        """All the evidence for this path."""
        return Evidence(self.path, self.notes, self.onsets, self.unheard, self.crowd, self.aside, self.tempo)

    @property
    def path(self) -> float:
        """As in `Evidence`, like what follows."""
        return self.odds

    @property
    def notes(self) -> float:
        """Log odds a frame."""
        n = np.arange(len(self.rows))
        here = self.salience[self.rows]
        low, high = here[n, self.classes], here[n, (self.classes + 1) % KEYS]
        odds = (1 - self.fraction) * _log_odds(low) + self.fraction * _log_odds(high)
        return _mean(odds, self.line.by_note)

    @property
    def onsets(self) -> float:
        """Mean rise at note onsets."""
        begins = self.line.begins
        if not begins.any():
            return 0.0
        before = np.minimum(
            *(self.salience[np.maximum(self.rows - back, 0), self._nearest] for back in (1, 2))
        )
        return float((self._heard - before)[begins].mean())

    @property
    def unheard(self) -> float:
        """Share of frames that are not heard."""
        return _mean(self._heard < _UNHEARD, self.line.tune.weight)

    @property
    def crowd(self) -> float:
        """Log odds a frame, notes counting as in `path`."""
        return _mean(_log_odds(np.partition(self.salience[self.rows], -2, axis=1)[:, -2]), self.line.by_note)

    @property
    def aside(self) -> float:
        """Share of frames."""
        sung = self.line.tune.weight[1:] > 0
        return float((np.diff(self.rows)[sung] != 1).mean()) if sung.any() else 0.0

    @property
    def tempo(self) -> float:
        """Absolute."""
        taken = (int(self.rows[-1]) - int(self.rows[0]) + 1) * self.line.ratio
        return abs(math.log(max(taken, 1e-3) / len(self.rows)))

    @cached_property
    def _nearest(self) -> np.ndarray:
        """(n,) int64: the pitch class nearest to each frame's pitch."""
        return np.where(self.fraction > 0.5, (self.classes + 1) % KEYS, self.classes)

    @cached_property
    def _heard(self) -> np.ndarray:
        """(n,) float32: its salience where the path goes."""
        return self.salience[self.rows, self._nearest]


def followed(
    line: Line, rows: np.ndarray, odds: np.ndarray, key: int, lenient: np.ndarray | None = None
) -> Followed:
    """Align a line exactly with some rows of salience.

    Parameters
    ----------
    line : Line
    rows : np.ndarray, shape=(m, 12), uint8
        Salience as stored.
    odds : np.ndarray, shape=(256,), float32
        Log odds of each stored value.
    key : int
        Semitones that the line is transposed up.
    lenient : np.ndarray, shape=(m, 12), uint8, optional
        The same rows, `softened`, where they are at hand: along these the path is sought.
    """
    lenient = softened(rows) if lenient is None else lenient
    weight = line.by_note / max(float(line.by_note.sum()), 1e-6)
    best, path, offsets_of = best_path(
        lenient, odds, line.low_class, line.fraction, weight, PENALTY, DRIFT / line.total, key
    )
    n = np.arange(len(path))
    return Followed(
        line, best, path, (line.low_class[offsets_of, n] + key) % KEYS, line.fraction[offsets_of, n],
        rows.astype(np.float32) / SCALE,
    )  # fmt: skip


def _log_odds(root: np.ndarray) -> np.ndarray:
    odds: np.ndarray = np.log(((1 - _DOUBT) * root**2 + _DOUBT / KEYS) * KEYS)
    return odds


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float((values * weight).sum() / max(float(weight.sum()), 1e-6))

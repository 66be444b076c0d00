"""Key and chords of a passage, from its note chroma.

References
----------
Krumhansl, "Cognitive Foundations of Musical Pitch", Oxford 1990 (key profiles as revised by Temperley, 1999).
Fujishima, "Realtime chord recognition of musical sound", ICMC 1999 (templates); smoothing by Viterbi.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

PITCH_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_MAJOR = np.array([5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0])
_MINOR = np.array([5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0])
_SAME_CHORD_BONUS = 0.35
_SILENCE = 1e-3


@dataclass(frozen=True)
class Key:
    """A key and how sure it is: 0 where the next best fits as well, 1 where nothing else fits."""

    tonic: int
    mode: str
    certainty: float

    @property
    def name(self) -> str:
        """As in "D major"."""
        return f"{PITCH_NAMES[self.tonic]} {self.mode}"


@dataclass(frozen=True)
class Chord:
    """A chord over a stretch of a passage; times in seconds from the passage's start."""

    start_s: float
    end_s: float
    root: int
    quality: str
    """Empty for major, "m" for minor, "N" for no chord."""

    @property
    def name(self) -> str:
        """As in "F♯m"; "N" where there is no chord."""
        return "N" if self.quality == "N" else PITCH_NAMES[self.root] + self.quality

    def transposed(self, semitones: int) -> Chord:
        """The chord that many semitones higher."""
        return Chord(self.start_s, self.end_s, (self.root + semitones) % 12, self.quality)


def estimate_key(chroma: np.ndarray) -> Key:
    """Key of (n, 12) chroma by correlation with Temperley's profiles."""
    mean = chroma.mean(axis=0)
    if mean.max() < _SILENCE:
        return Key(0, "major", 0.0)
    profiles = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    own = mean - mean.mean()
    fit = centred @ own / np.maximum(np.linalg.norm(centred, axis=1) * np.linalg.norm(own), 1e-9)
    best, second = np.argsort(-fit)[:2]
    certainty = float(np.clip((fit[best] - fit[second]) / 0.25, 0, 1))
    return Key(int(best % 12), "major" if best < 12 else "minor", certainty)


def estimate_chords(chroma: np.ndarray, rate_hz: float) -> tuple[Chord, ...]:
    """Major and minor chords over (n, 12) chroma, by templates with a preference for staying (Viterbi)."""
    templates = _templates()
    norm = np.linalg.norm(chroma, axis=1, keepdims=True)
    fit = (chroma / np.maximum(norm, _SILENCE)) @ templates.T
    silent = np.where(norm[:, 0] < _SILENCE, 1.0, 0.3)
    score = np.concatenate([fit, silent[:, None]], axis=1)
    path = _viterbi(score, _SAME_CHORD_BONUS * 10 / rate_hz)
    changes = np.flatnonzero(np.diff(path)) + 1
    bounds = [0, *changes.tolist(), len(path)]
    return tuple(
        Chord(first / rate_hz, last / rate_hz, int(path[first] % 12), _quality(int(path[first])))
        for first, last in zip(bounds[:-1], bounds[1:], strict=True)
    )


def _quality(state: int) -> str:
    return ("", "m", "N")[state // 12]


@lru_cache(maxsize=1)
def _templates() -> np.ndarray:
    """(24, 12): major, then minor triads, unit length, the fifth's overtones counted in."""
    rows = []
    for third in (4, 3):
        for root in range(12):
            row = np.zeros(12)
            row[[root, (root + third) % 12, (root + 7) % 12]] = (1.0, 0.9, 0.9)
            rows.append(row / np.linalg.norm(row))
    return np.array(rows)


def _viterbi(score: np.ndarray, stay_bonus: float) -> np.ndarray:
    """The path of states with the greatest sum of scores, staying rewarded."""
    count, states = score.shape
    back = np.zeros((count, states), int)
    total = score[0].copy()
    for step in range(1, count):
        jump = int(total.argmax())
        stays = total + stay_bonus >= total[jump]
        back[step] = np.where(stays, np.arange(states), jump)
        total = np.where(stays, total + stay_bonus, total[jump]) + score[step]
    path = np.empty(count, int)
    path[-1] = total.argmax()
    for step in range(count - 1, 0, -1):
        path[step - 1] = back[step, path[step]]
    return path

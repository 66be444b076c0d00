"""Key and chord estimation from the notes of a passage, spelled as a musician writes them.

A key is the best fit to the mean of three published profiles, with a probability. Chords are major and minor
triads, with or without sevenths, each with its bass. Not estimated: modes other than major and minor,
diminished and augmented chords, and modulations.

References
----------
Krumhansl, "Cognitive Foundations of Musical Pitch", Oxford 1990 (correlation with key profiles).
Temperley, "What's key for key?", Music Perception 1999; "Music and Probability", MIT 2007 (Kostka-Payne corpus).
Albrecht, Shanahan, "The use of large corpora to train a new type of key-finding algorithm", Music Perception 2013.
Fujishima, "Realtime chord recognition of musical sound", ICMC 1999 (templates); smoothing by Viterbi.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from index.core.frames import DOUBT, LOWEST_MIDI

CONFIDENT_KEY = 0.5
"""From this probability a key is reported; below it, the best guess is right less than two times in three."""
_PROFILES = {
    "major": (
        (5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4),  # Temperley 1999
        (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),  # Kostka-Payne
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),  # Albrecht
    ),
    "minor": (
        (5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 1.5, 4),
        (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
}
_CERTAINTY_SLOPE = 10.0
"""Slope of a key's log odds per unit of correlation; fitted to 4,000 passages of the training split."""
_CHANGE_COST = 0.6
"""Viterbi's cost of a chord change, in template fit summed over frames of 0.1 s."""
_NO_CHORD = 0.58
"""Fit of "no chord": slightly above that of a single pitch class with a triad."""
_SEVENTH = 0.5
_SEVENTH_COST = 0.03
_SILENCE = 1e-3
_FAINT = 0.15
"""Chroma below this norm are no chord: noise, or decay."""
_SOUNDING = 0.1
_BASS_SHARE = 0.5
_LETTERS = "FCGDAEB"


@dataclass(frozen=True)
class Key:
    """A key and the probability that it is this one of the twenty-four."""

    tonic: int
    mode: str
    certainty: float

    @property
    def fifths(self) -> int:
        """Sharps of its signature, flats negative: -5 to 6, for minor keys -6 to 5."""
        major = self.tonic if self.mode == "major" else (self.tonic + 3) % 12
        lowest = -5 if self.mode == "major" else -6
        return (7 * major - lowest) % 12 + lowest

    @property
    def name(self) -> str:
        """As in "A♭ major"."""
        return f"{self.spelled(self.tonic)} {self.mode}"

    @property
    def confident(self) -> bool:
        """Whether its probability is high enough to be reported."""
        return self.certainty >= CONFIDENT_KEY

    def spelled(self, pitch_class: int) -> str:
        """A note as it is written in this key: 1 is C♯ in D major and D♭ in F minor."""
        lowest = self.fifths - (5 if self.mode == "major" else 3)
        return note_name(_simple(lowest + (7 * pitch_class - lowest) % 12))


C_MAJOR = Key(0, "major", 0.0)


@dataclass(frozen=True)
class Chord:
    """A chord over a span of a passage; times in seconds from the passage's start."""

    start_s: float
    end_s: float
    root: int
    quality: str
    """Empty for major, "m" for minor, "N" for no chord."""
    bass: int | None = None
    """Lowest pitch class, where it is the third or the fifth; None in root position."""
    key: Key = C_MAJOR
    """Which key it is spelled in."""

    @property
    def triad(self) -> str:
        """Its name without the bass, as in "F♯m"; "N" where there is no chord."""
        return "N" if self.quality == "N" else self.key.spelled(self.root) + self.quality

    @property
    def name(self) -> str:
        """As in "F♯m" or "A/C♯"; "N" where there is no chord."""
        if self.quality == "N" or self.bass is None:
            return self.triad
        bass = _simple(_fifths_of(self.key.spelled(self.root)) + self._bass_fifths())
        return f"{self.triad}/{note_name(bass)}"

    def _bass_fifths(self) -> int:
        """Steps on the line of fifths from the root to the bass."""
        return {3: -3, 4: 4, 7: 1}[((self.bass or 0) - self.root) % 12]

    def transposed(self, semitones: int, key: Key | None = None) -> Chord:
        """The chord that many semitones higher, spelled in `key`."""
        bass = None if self.bass is None else (self.bass + semitones) % 12
        return replace(self, root=(self.root + semitones) % 12, bass=bass, key=key or self.key)

    def same_as(self, other: Chord) -> bool:
        """Whether both are the same triad, in whatever position; no chord is the same as nothing."""
        return self.quality != "N" and (self.root, self.quality) == (other.root, other.quality)


def note_name(fifths: int) -> str:
    """The note so many fifths above C: 0 is C, 6 F♯, -4 A♭, 8 G♯."""
    accidentals, letter = divmod(fifths + 1, 7)
    return _LETTERS[letter] + ("♯" * accidentals if accidentals > 0 else "♭" * -accidentals)


def _simple(fifths: int) -> int:
    """The same key on the keyboard, with one accidental at most."""
    return fifths - 12 if fifths > 12 else fifths + 12 if fifths < -8 else fifths


def _fifths_of(name: str) -> int:
    return _LETTERS.index(name[0]) - 1 + 7 * (name.count("♯") - name.count("♭"))


def estimate_key(chroma: np.ndarray) -> Key:
    """Key of (n, 12) chroma: the best correlation with the
    key profiles, and its probability among all 24 (softmax).
    """
    mean = chroma.mean(axis=0)
    if mean.max() < _SILENCE:
        return C_MAJOR
    own = (mean - mean.mean()) / max(float(np.linalg.norm(mean - mean.mean())), 1e-9)
    odds = np.exp(_CERTAINTY_SLOPE * (key_profiles() @ own))
    best = int(odds.argmax())
    return Key(best % 12, "major" if best < 12 else "minor", float(odds[best] / odds.sum()))


def estimate_chords(
    chroma: np.ndarray, rate_hz: float, bass: np.ndarray | None = None, key: Key | None = None
) -> tuple[Chord, ...]:
    """Major and minor chords over chroma, by template matching smoothed with Viterbi.

    Parameters
    ----------
    chroma : np.ndarray, shape=(n, 12), float32
        Note chroma at `rate_hz`.
    bass : np.ndarray, shape=(n,), int, optional
        Lowest sounding pitch class of each frame, -1 for none (`lowest_classes`); without it all chords are
        in root position.
    key : Key, optional
        In which chords are spelled; by default the key of the chroma.
    """
    key = key or estimate_key(chroma)
    templates, states, costs = _templates()
    norm = np.linalg.norm(chroma, axis=1, keepdims=True)
    each = (chroma / np.maximum(norm, _SILENCE)) @ templates.T - costs
    fit = np.stack([each[:, states == state].max(axis=1) for state in range(24)], axis=1)
    none = np.where(norm[:, 0] < _FAINT, 1.0, _NO_CHORD)
    path = _viterbi(np.concatenate([fit, none[:, None]], axis=1), _CHANGE_COST * rate_hz / 10)
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    chords = []
    for first, last in pairwise(edges):
        root, quality = int(path[first] % 12), ("", "m", "N")[int(path[first]) // 12]
        low = None if bass is None or quality == "N" else _inversion(bass[first:last], root, quality)
        chords.append(Chord(first / rate_hz, last / rate_hz, root, quality, low, key))
    return tuple(chords)


def lowest_classes(notes: np.ndarray) -> np.ndarray:
    """(n,) pitch class of the lowest note that sounds in
    each frame of (n, 88) uint8 notes; -1 where none does.
    """
    sounding = np.square(notes, dtype=np.float32) / 255**2 - DOUBT > _SOUNDING
    lowest = (sounding.argmax(axis=1) + LOWEST_MIDI) % 12
    return np.where(sounding.any(axis=1), lowest, -1)


def _inversion(bass: np.ndarray, root: int, quality: str) -> int | None:
    """The chord's third or fifth, if it is the lowest note for most of the time."""
    heard = bass[bass >= 0]
    for step in (3 if quality == "m" else 4, 7):
        if len(heard) and np.mean(heard == (root + step) % 12) > _BASS_SHARE:
            return (root + step) % 12
    return None


@lru_cache(maxsize=1)
def key_profiles() -> np.ndarray:
    """(24, 12): the twelve major keys, then the minor ones, each the mean of the profiles, unit length."""
    rows = []
    for mode in ("major", "minor"):
        each = np.array(_PROFILES[mode], float)
        each -= each.mean(axis=1, keepdims=True)
        mean = (each / np.linalg.norm(each, axis=1, keepdims=True)).mean(axis=0)
        rows += [np.roll(mean / np.linalg.norm(mean), tonic) for tonic in range(12)]
    return np.array(rows)


@lru_cache(maxsize=1)
def _templates() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(60, 12) unit rows, the state (0 to 11 major, 12 to 23 minor) that each represents, and its cost."""
    shapes = (
        (0, (0, 4, 7), 0.0),
        (1, (0, 3, 7), 0.0),
        (0, (0, 4, 7, 10), _SEVENTH_COST),
        (0, (0, 4, 7, 11), _SEVENTH_COST),
        (1, (0, 3, 7, 10), _SEVENTH_COST),
    )
    rows, states, costs = [], [], []
    for quality, steps, cost in shapes:
        for root in range(12):
            row = np.zeros(12)
            row[[(root + step) % 12 for step in steps]] = (1.0, 1.0, 1.0, _SEVENTH)[: len(steps)]
            rows.append(row / np.linalg.norm(row))
            states.append(12 * quality + root)
            costs.append(cost)
    return np.array(rows), np.array(states), np.array(costs)


def _viterbi(score: np.ndarray, stay_bonus: float) -> np.ndarray:
    """The path of states with the greatest sum of scores, with a bonus for staying: (n,) int of (n, states)."""
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

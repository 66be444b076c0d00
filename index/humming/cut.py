"""A tune in notes, and these in a few parts: what is laid rigidly on a table (`index.humming.rigid_scan`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.analysis.f0 import Tune

TOP = 15
"""The highest level that a row may have; so many steps does a scan distinguish."""
_PARTS = 4
_PART_FRAMES = 16
"""With TOP levels a part's sum stays within 8 bits."""
_LONGEST_NOTE = 16
_VOICED = 0.3


@dataclass(frozen=True)
class Cut:
    """Tunes in parts and notes, as the compiled loops have them."""

    notes: np.ndarray
    """(n, 3) int64: class, offset in rows, log2 of the length in rows."""
    parts: np.ndarray
    """(parts + 1,) int64: the first note of each."""
    tune_of: np.ndarray
    """(parts,) int64, ascending."""
    gain: np.ndarray
    """(tunes,) float32: what makes a sum of levels their mean, in [0, 1]."""

    @classmethod
    def of(cls, tunes: Sequence[Tune]) -> Cut:
        """Tunes at the frame rate of the rows that they are laid on."""
        notes: list[tuple[int, int, int]] = []
        parts, tune_of, gain = [0], [], []
        for number, tune in enumerate(tunes):
            own = _notes(tune)
            length = sum(1 << note[2] for note in own)
            count = max(_PARTS, -(-length // (_PART_FRAMES - 3)))
            for piece in _divided(own, length / count):
                notes += piece
                parts.append(len(notes))
                tune_of.append(number)
            gain.append(1 / (TOP * max(length, 1)))
        return cls(
            np.array(notes, np.int64).reshape(-1, 3),
            np.array(parts, np.int64),
            np.array(tune_of, np.int64),
            np.array(gain, np.float32),
        )

    @property
    def reach(self) -> int:
        """Rows from where a tune begins to where its last note does."""
        return int(self.notes[:, 1].max(initial=0))

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """All of it."""
        return self.notes, self.parts, self.tune_of, self.gain


def _notes(tune: Tune) -> list[tuple[int, int, int]]:
    """Class, offset and log2 of the length of what is sung, longer notes in several."""
    pitch = np.round(tune.low_class + tune.fraction).astype(int) % 12
    voiced = tune.weight > _VOICED
    found, i = [], 0
    while i < len(pitch):
        end = i + 1
        while end < len(pitch) and voiced[end] and pitch[end] == pitch[i]:
            end += 1
        at, left = i, min(end - i, _LONGEST_NOTE) if voiced[i] else 0
        while left > 0:
            power = 2 if left >= 4 else 1 if left >= 2 else 0
            found.append((int(pitch[i]), at, power))
            at, left = at + (1 << power), left - (1 << power)
        i = end
    return found


def _divided(notes: Sequence[tuple[int, int, int]], length: float) -> list[list[tuple[int, int, int]]]:
    """Parts of about this length, in voiced frames; never more than _PART_FRAMES."""
    parts: list[list[tuple[int, int, int]]] = [[]]
    done = 0
    for note in notes:
        if parts[-1] and done + (1 << note[2]) / 2 > length:
            parts.append([])
            done = 0
        parts[-1].append(note)
        done += 1 << note[2]
    return parts

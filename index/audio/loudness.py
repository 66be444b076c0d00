"""How loud a sound is (ITU-R BS.1770-4), measured as it streams by, and the gain to a common loudness."""

from __future__ import annotations

from math import inf, log10

import numpy as np

from index.audio.k_weighting import KWeighting

TARGET_LUFS = -23.0
"""EBU R 128."""
SILENCE_LUFS = -70.0
_STEP_S = 0.1
_STEPS_A_BLOCK = 4
_PIECE = 1 << 16
"""Samples weighted at once, such that they fit a processor's cache; counted from the first, however they come."""


class LoudnessMeter:
    """Integrated loudness of mono samples that come piece by piece.

    Gating blocks of 0.4 s overlap by 75 %; a shorter sound is one block.

    References
    ----------
    ITU-R BS.1770-4, Annex 1.
    """

    def __init__(self, rate_hz: int) -> None:
        self._filter = KWeighting(rate_hz)
        self._step = round(_STEP_S * rate_hz)
        self._waiting = np.zeros(0, np.float32)
        self._rest = np.zeros(0)
        self._steps: list[np.ndarray] = []

    def add(self, samples: np.ndarray) -> None:
        """Add (n,) samples."""
        samples = np.concatenate([self._waiting, samples])
        whole = len(samples) // _PIECE * _PIECE
        for first in range(0, whole, _PIECE):
            weighted = self._filter.weighted(samples[first : first + _PIECE])
            steps, self._rest = self._summed(weighted)
            self._steps.append(steps)
        self._waiting = samples[whole:].copy()

    def _summed(self, weighted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Power of each whole step that these samples end, and that of each sample after them."""
        power = np.concatenate([self._rest, np.square(weighted, out=weighted)])
        whole = len(power) // self._step * self._step
        return power[:whole].reshape(-1, self._step).sum(axis=1), power[whole:]

    def lufs(self) -> float:
        """Integrated loudness (LUFS) of all samples so far; -inf for silence."""
        last, rest = self._summed(self._filter.rest(self._waiting))
        steps = np.concatenate([*self._steps, last])
        if len(steps) < _STEPS_A_BLOCK:
            length = len(steps) * self._step + len(rest)
            blocks = np.array([(steps.sum() + rest.sum()) / max(1, length)])
        else:
            summed = np.concatenate([[0.0], np.cumsum(steps)])
            blocks = (summed[_STEPS_A_BLOCK:] - summed[:-_STEPS_A_BLOCK]) / (_STEPS_A_BLOCK * self._step)
        loud = blocks[blocks > _power(SILENCE_LUFS)]
        if not len(loud):
            return -inf
        gated = loud[loud > loud.mean() / 10]  # 10 LU below the mean of the first gate
        return _lufs(float(gated.mean()))


def gain_to_target(loudness_lufs: float, target_lufs: float = TARGET_LUFS) -> float:
    """The factor that brings a sound of this loudness to the target; 1 for silence, which stays silence."""
    return 1.0 if loudness_lufs == -inf else float(10 ** ((target_lufs - loudness_lufs) / 20))


def _lufs(power: float) -> float:
    return -0.691 + 10 * log10(power)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))

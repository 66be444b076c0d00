"""How loud a sound is (ITU-R BS.1770-4), measured as it streams by, and the gain to a common loudness."""

from __future__ import annotations

from math import inf, log10

import numpy as np

TARGET_LUFS = -23.0
"""EBU R 128."""
SILENCE_LUFS = -70.0
_K_WEIGHTING = ((4.0, 2**-0.5, 1500.0, "high_shelf"), (0.0, 0.5, 38.0, "high_pass"))
"""Gain in dB, quality, frequency in Hz and shape of its two stages: a head, and the ear's deafness to low tones."""
_PIECE = 1 << 16
"""Samples weighted at once, such that they fit a processor's cache."""
_STEP_S = 0.1
_STEPS_A_BLOCK = 4


class LoudnessMeter:
    """Integrated loudness of mono samples that come piece by piece.

    K-weighting is pyloudnorm's two filters. Gating blocks of 0.4 s overlap by 75 %; a shorter sound is one block.

    References
    ----------
    ITU-R BS.1770-4, Annex 1. Steinmetz, Reiss, "pyloudnorm", AES 150, 2021.
    """

    def __init__(self, rate_hz: int) -> None:
        from pyloudnorm.iirfilter import IIRfilter

        filters = [IIRfilter(*stage[:-1], rate_hz, stage[-1]) for stage in _K_WEIGHTING]
        self._sections = np.array([[*stage.b / stage.a[0], *stage.a / stage.a[0]] for stage in filters])
        self._gain = float(np.prod([stage.passband_gain for stage in filters]))
        self._state = np.zeros((len(filters), 2))
        self._step = round(_STEP_S * rate_hz)
        self._rest = np.zeros(0)
        self._steps: list[np.ndarray] = []

    def add(self, samples: np.ndarray) -> None:
        """Add (n,) samples."""
        from scipy.signal import sosfilt

        for first in range(0, len(samples), _PIECE):
            piece = samples[first : first + _PIECE].astype(np.float64)
            weighted, self._state = sosfilt(self._sections, piece, zi=self._state)
            weighted *= self._gain
            power = np.concatenate([self._rest, np.square(weighted, out=weighted)])
            whole = len(power) // self._step
            self._steps.append(power[: whole * self._step].reshape(whole, self._step).sum(axis=1))
            self._rest = power[whole * self._step :]

    def lufs(self) -> float:
        """Integrated loudness (LUFS) of all samples so far; -inf for silence."""
        steps = np.concatenate([*self._steps, np.zeros(0)])
        if len(steps) < _STEPS_A_BLOCK:
            length = len(steps) * self._step + len(self._rest)
            blocks = np.array([(steps.sum() + self._rest.sum()) / max(1, length)])
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

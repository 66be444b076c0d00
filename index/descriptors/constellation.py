"""The constellation of a recording: the highest peaks of its spectrogram, each a pitch and a time.

What is faint in a recording is lost in a room, and what is loud is drawn out; where a tone or an attack stands out
from its surroundings is heard even when a loudspeaker, walls and voices have changed everything else. Each second keeps
the peaks that stand out most, in two bytes each. Two recordings are compared by how many peaks fall together at one
lag (`index.descriptors.coincidences`); candidates and scores are not known here.

References
----------
Wang, "An industrial-strength audio search algorithm", ISMIR 2003 (peaks of the spectrogram; there they are hashed in
pairs, of which a room seldom leaves both. Here each counts by itself, and chance is known from the lags).
"""

from __future__ import annotations

import numpy as np

from index.core.frames import PEAKS_A_SECOND, SPECTRA_HZ
from index.core.smoothing import moving_max

BINS = 384
"""Of a spectrum, from 0 Hz on, that peaks are looked for in."""
A_SECOND = round(SPECTRA_HZ)
"""Spectra."""
NEAR = 2
"""Peaks fall together that are no more than one bin and so many spectra apart."""
_LOWEST, _HIGHEST = 9, 371
"""Bins of 10.8 Hz: 97 Hz to 4 kHz."""
_HIGHER, _LATER = 11, 19
"""A peak is the largest of so many bins and spectra to either side: 118 Hz, 0.38 s."""
_LEAST_POWER = 8e-4
"""A tone 85 dB below full scale."""
_FRAME_BITS = 6
_PIECE = 250
"""Spectra looked through at once, such that they fit a processor's cache."""


def constellation(power: np.ndarray) -> np.ndarray:
    """The peaks of each second, (n / 50, 16) uint16 at 1 Hz, of the power in each bin, (n, 384) float32 at 50 Hz.

    A peak is its bin times 64, and the spectrum within its second; 0 where there are no more.
    """
    at, bins = np.nonzero(
        np.concatenate([_standing_out(power, first) for first in range(0, len(power), _PIECE)])
    )
    second = at // A_SECOND
    order = np.lexsort((-power[at, bins], second))
    rank = np.arange(len(order)) - np.searchsorted(second, second[order])
    kept = order[rank < PEAKS_A_SECOND]
    found = np.zeros((-(-len(power) // A_SECOND), PEAKS_A_SECOND), np.uint16)
    found[second[kept], rank[rank < PEAKS_A_SECOND]] = (bins[kept] << _FRAME_BITS) + at[kept] % A_SECOND
    return found


def _standing_out(power: np.ndarray, first: int) -> np.ndarray:
    """Which bins of _PIECE spectra from `first` on are peaks, (_PIECE, 384) bool; fewer at the end."""
    before = min(_LATER, first)
    near = power[first - before : first + _PIECE + _LATER]
    around = moving_max(moving_max(near, _LATER), _HIGHER, axis=1)[before:][:_PIECE]
    own = power[first : first + _PIECE]
    stands_out = (own >= around) & (own > _LEAST_POWER)
    stands_out[:, :_LOWEST] = False
    stands_out[:, _HIGHEST + 1 :] = False
    return stands_out


def bins_and_times(peaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bin of each peak, and its spectrum counted from the first second on, (k,) int64 each, of (n, 16) uint16."""
    second, number = np.nonzero(peaks)
    code = peaks[second, number].astype(np.int64)
    return code >> _FRAME_BITS, second * A_SECOND + (code & ((1 << _FRAME_BITS) - 1))

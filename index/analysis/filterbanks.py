"""What a spectrum is weighted with: mel bands and pitch classes. Equal to librosa's, but for rounding.

librosa itself is not imported here: its compiler takes longer to import than a minute of music to analyse, and a
worker needs no more of it than these.

References
----------
McFee et al., "librosa: audio and music signal analysis in Python", SciPy 2015 (filters.mel, filters.chroma).
Slaney, "Auditory Toolbox", 1998 (the mel scale).
Ellis, "Chroma feature analysis and synthesis", 2007.
"""

from __future__ import annotations

import numpy as np

from index.models.mel import triangles

_LOWEST_A_HZ = 27.5
_CENTRE_OCTAVES, _SPREAD_OCTAVES = 5.0, 2.0
"""Above that A: bins around 880 Hz count most for the pitch classes."""
_CLASSES = 12


def hann(size: int) -> np.ndarray:
    """The periodic Hann window, (size,) float64."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)


def mel_bands(rate_hz: int, fft: int, bands: int) -> np.ndarray:
    """(bands, fft / 2 + 1) float32: triangles on Slaney's mel scale up to half the rate, each of area one."""
    return np.ascontiguousarray(triangles(rate_hz, fft, bands).T)


def pitch_classes(rate_hz: int, fft: int) -> np.ndarray:
    """(12, fft / 2 + 1) float32, from C: how much each bin of a spectrum tells of each pitch class.

    A bin's weights are a bump around its pitch, no narrower than the bin, of unit length; low and high bins count less.
    """
    bins = fft // 2 + 1
    semitones = _CLASSES * np.log2(np.arange(1, bins + 1) * (rate_hz / fft) / _LOWEST_A_HZ)
    semitones = np.concatenate([[semitones[0] - 1.5 * _CLASSES], semitones])
    width = np.maximum(np.diff(semitones), 1.0)
    semitones = semitones[:bins]
    half = _CLASSES / 2
    away = (semitones - np.arange(_CLASSES)[:, None] + half) % _CLASSES - half
    bumps = np.exp(-0.5 * (2 * away / width) ** 2)
    bumps /= np.linalg.norm(bumps, axis=0)
    octaves = semitones / _CLASSES
    bumps *= np.exp(-0.5 * ((octaves - _CENTRE_OCTAVES) / _SPREAD_OCTAVES) ** 2)
    return np.roll(bumps, -3, axis=0).astype(np.float32)

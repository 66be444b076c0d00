"""What is kept of a spectrogram: each frame's mel bands, chroma, power, centroid and bands of the fingerprint.

Equal to librosa's melspectrogram, chroma_stft and spectral_centroid of the same frames, but for rounding; all linear
ones are one product with the power of a frame.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from index.analysis.filterbanks import hann, mel_bands, pitch_classes
from index.descriptors.constellation import BINS
from index.descriptors.fingerprint_bits import filters

RATE_HZ = 22050
HOP = 441
FFT = 2048
MEL_BANDS = 96
_PIECE = 128
"""Frames whose spectra fit a processor's cache."""


class Spectrogram(NamedTuple):
    """Of n frames."""

    bands: np.ndarray
    """(n, 96) float32: power in each mel band."""
    chroma: np.ndarray
    """(n, 12) float32."""
    power: np.ndarray
    """(n,) float32: mean square of the samples."""
    centroid_hz: np.ndarray
    """(n,) float32."""
    fingerprint_bands: np.ndarray
    """(n, 32) float32."""
    lowest: np.ndarray
    """(n, 384) float32: power in each of the lowest bins, where peaks are looked for."""


def spectrogram(samples: np.ndarray) -> Spectrogram:
    """Of all whole frames of samples (m,) float32 at 22,050 Hz; frame i begins at sample 441 i."""
    from scipy.fft import rfft

    frames = np.lib.stride_tricks.sliding_window_view(samples, FFT)[::HOP]
    window, filterbank, frequencies = _window(), _filterbank(), _frequencies()
    linear = np.empty((len(frames), filterbank.shape[1]), np.float32)
    centroid_hz = np.empty(len(frames), np.float32)
    lowest = np.empty((len(frames), BINS), np.float32)
    least = np.finfo(np.float32).tiny
    for first in range(0, len(frames), _PIECE):
        part = slice(first, first + _PIECE)
        spectrum = rfft(frames[part] * window, axis=1, overwrite_x=True)
        power = np.square(spectrum.real)
        power += np.square(spectrum.imag)
        np.matmul(power, filterbank, out=linear[part])
        lowest[part] = power[:, :BINS]
        weighted, total = (np.sqrt(power, out=power) @ frequencies).T
        centroid_hz[part] = weighted / np.where(total < least, np.float32(1), total)
    bands, chroma, fingerprint_bands, power = np.split(linear, np.cumsum([MEL_BANDS, 12, 32]), axis=1)
    return Spectrogram(bands, chroma, power[:, 0], centroid_hz, fingerprint_bands, lowest)


@lru_cache(maxsize=1)
def _filterbank() -> np.ndarray:
    """(1025, 141) float32: mel bands, chroma, bands of the fingerprint, and the mean square."""
    parts = [
        mel_bands(RATE_HZ, FFT, MEL_BANDS),
        pitch_classes(RATE_HZ, FFT),
        filters(RATE_HZ, FFT),
        np.full((1, FFT // 2 + 1), 2 / FFT / np.sum(hann(FFT) ** 2)),
    ]
    return np.concatenate(parts, dtype=np.float32).T.copy()


@lru_cache(maxsize=1)
def _frequencies() -> np.ndarray:
    """(1025, 2) float32: the frequency of each bin in Hz, and one."""
    bins_hz = np.fft.rfftfreq(FFT, 1 / RATE_HZ)
    return np.stack([bins_hz, np.ones_like(bins_hz)], axis=1).astype(np.float32)


@lru_cache(maxsize=1)
def _window() -> np.ndarray:
    return hann(FFT).astype(np.float32)

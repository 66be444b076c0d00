"""Mel spectrograms at 16 kHz, as MusiCNN was trained on: 62.5 frames a second, 96 bands.

References
----------
Slaney, "Auditory Toolbox", 1998 (the mel scale); librosa.feature.melspectrogram, which this equals.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

RATE_HZ = 16000
FFT_SIZE = 512
HOP = 256
BANDS = 96
FRAMES_PER_S = RATE_HZ / HOP
"""Frame i is centred at i / FRAMES_PER_S seconds."""
BLOCK_FRAMES = 2048


def mel_power(samples: np.ndarray) -> np.ndarray:
    """Power in each mel band.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,), float32
        Mono sound at 16 kHz, [-1, 1].

    Returns
    -------
    np.ndarray, shape=(1 + n // 256, 96), float32
        Frame i is centred on sample 256 * i.
    """
    from scipy.fft import rfft

    padded = np.pad(np.asarray(samples, np.float32), FFT_SIZE // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT_SIZE)[::HOP]
    window, filters = _window(), filterbank()
    power = np.empty((len(frames), BANDS), np.float32)
    for start in range(0, len(frames), BLOCK_FRAMES):
        spectrum = rfft(frames[start : start + BLOCK_FRAMES] * window, axis=1, overwrite_x=True)
        np.matmul(
            spectrum.real**2 + spectrum.imag**2,
            filters,
            out=power[start : start + BLOCK_FRAMES],
        )
    return power


def compress(power: np.ndarray) -> np.ndarray:
    """Mel power as the network takes it: log10(1 + 10000 x), float32.

    The original computes this in half precision, where loud bands overflow; here they do not.
    """
    return np.log10(np.float32(1) + np.float32(10000) * power).astype(np.float32, copy=False)


@lru_cache(maxsize=1)
def filterbank() -> np.ndarray:
    """(257, 96) float32: those of this network."""
    return triangles(RATE_HZ, FFT_SIZE, BANDS)


def triangles(rate_hz: int, fft: int, bands: int) -> np.ndarray:
    """Triangles on Slaney's mel scale up to half the rate, each of area one: (fft / 2 + 1, bands) float32."""
    edges_hz = _mel_to_hz(np.linspace(0.0, float(hz_to_mel(np.array(rate_hz / 2))), bands + 2))
    bins_hz = np.linspace(0, rate_hz / 2, fft // 2 + 1)[:, None]
    low, centre, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising = (bins_hz - low) / (centre - low)
    falling = (high - bins_hz) / (high - centre)
    return (np.maximum(0, np.minimum(rising, falling)) * (2 / (high - low))).astype(np.float32)


@lru_cache(maxsize=1)
def _window() -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT_SIZE) / FFT_SIZE)).astype(np.float32)


def hz_to_mel(frequency_hz: np.ndarray) -> np.ndarray:
    """Slaney's scale: linear up to 1 kHz (15 mel), logarithmic above."""
    above = 15 + 27 * np.log(np.maximum(frequency_hz, 1000) / 1000) / np.log(6.4)
    return np.where(frequency_hz < 1000, frequency_hz * 3 / 200, above)


def _mel_to_hz(mels: np.ndarray) -> np.ndarray:
    return np.where(mels >= 15, 1000 * np.exp(np.log(6.4) / 27 * (mels - 15)), mels * 200 / 3)

"""Steady noise behind a recording: how far the sound stands above it, and taking it out by a spectral gate.

The noise is what is there in every band nearly all the time (a fan, hiss, a room). What it cannot tell from
noise is a sound that never pauses and has no pitch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.audio.reading import Sound

NoiseMode = Literal["auto", "on", "off"]
"""auto: only where it helps."""
CLEAN_DB = 30.0
"""A sound this far above the noise is left alone by "auto"."""
DEEPEST_DB = 18.0
"""The gate never takes more than this, so that what remains sounds like a room, not like a hole."""
_WINDOW_S = 0.046
_QUANTILE = 0.1
_BIAS = -np.log(1 - _QUANTILE)
"""The lowest tenth of the power of Gaussian noise lies below this share of its mean (it is exponential)."""
_OVERSUBTRACTION = 2.0
_SMOOTH_HZ = 500.0


@dataclass(frozen=True)
class NoiseFloor:
    """What is always there in a sound."""

    power: np.ndarray
    """(n_bins,) mean power of the noise in each band of the spectrogram."""
    distance_db: float
    """How far the sound stands above the noise, all bands together; large for a clean sound."""


def reduce_noise(sound: Sound, mode: NoiseMode = "auto") -> tuple[Sound, str]:
    """A recording with less steady noise, and what was decided, in words: "noise reduced by 12 dB".

    References
    ----------
    Boll, "Suppression of acoustic noise in speech using spectral subtraction", IEEE TASSP 1979.
    Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics",
    IEEE TSAP 2001.
    """
    samples, rate_hz = sound.samples, sound.rate_hz
    if mode == "off":
        return sound, "left as it is"
    if len(samples) < rate_hz or not samples.any():
        return sound, "left as it is: too little sound to tell noise from it"
    from scipy.signal import istft, stft

    window = 1 << round(np.log2(_WINDOW_S * rate_hz))
    shape = {"fs": rate_hz, "nperseg": window, "noverlap": window * 3 // 4}
    spectrum = stft(samples, **shape)[2]
    power = np.abs(spectrum) ** 2
    floor = noise_floor(power, rate_hz)
    if mode == "auto" and floor.distance_db >= CLEAN_DB:
        return sound, f"left as it is: {min(floor.distance_db, 99):.0f} dB above the noise"
    gain = _gate(power, floor.power)
    quieter = istft(spectrum * gain, **shape)[1][: len(samples)].astype(np.float32)
    quieter = np.pad(quieter, (0, len(samples) - len(quieter)))
    return Sound(quieter, rate_hz), f"noise reduced by {_reduction_db(power, gain):.0f} dB"


def noise_floor(power: np.ndarray, rate_hz: int) -> NoiseFloor:
    """The noise in a power spectrogram (n_bins, n_frames), by its quietest moments in every band."""
    from scipy.ndimage import median_filter

    always = np.quantile(power, _QUANTILE, axis=1) / _BIAS
    width = max(3, round(_SMOOTH_HZ / (rate_hz / 2) * len(power)))
    smooth = np.minimum(always, median_filter(always, width, mode="nearest"))  # a held tone is no noise
    noise, whole = float(smooth.sum()), float(power.mean(axis=1).sum())
    distance = 10 * np.log10(max(whole - noise, 1e-20) / noise) if noise > 0 else np.inf
    return NoiseFloor(smooth, float(distance))


def _gate(power: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The gain of each band and frame: Wiener's, from power smoothed against musical noise."""
    from scipy.ndimage import uniform_filter

    local = uniform_filter(power, size=(3, 3), mode="nearest")
    expected = _OVERSUBTRACTION * noise[:, None]
    gain = np.sqrt(np.maximum(0, 1 - expected / np.maximum(local, 1e-20)))
    return np.maximum(gain, 10 ** (-DEEPEST_DB / 20))


def _reduction_db(power: np.ndarray, gain: np.ndarray) -> float:
    """By how much the quietest tenth of the frames became quieter."""
    frames = power.sum(axis=0)
    quiet = frames <= np.quantile(frames, _QUANTILE)
    after = float((power * gain**2)[:, quiet].sum())
    return 10 * np.log10(max(float(power[:, quiet].sum()), 1e-20) / max(after, 1e-20))

"""The spectrogram against librosa's."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from index.analysis.spectrogram import FFT, HOP, RATE_HZ, spectrogram
from index.descriptors.fingerprint_bits import filters


@pytest.mark.parametrize("frames", [1, 128, 300])
def test_it_equals_librosas(frames: int) -> None:
    rng = np.random.default_rng(frames)
    samples = 0.01 * rng.standard_normal(FFT + (frames - 1) * HOP + 20)
    samples += 0.3 * np.sin(2 * np.pi * np.geomspace(200, 3000, len(samples)).cumsum() / RATE_HZ)
    samples[-FFT // 2 :] = 0
    heard = spectrogram(samples.astype(np.float32))
    power = np.abs(librosa.stft(samples, n_fft=FFT, hop_length=HOP, center=False)) ** 2
    mean_square = power.sum(axis=0) * 2 / FFT / np.sum(librosa.filters.get_window("hann", FFT) ** 2)
    expected = {
        "bands": librosa.feature.melspectrogram(S=power, sr=RATE_HZ, n_mels=96).T,
        "chroma": librosa.feature.chroma_stft(S=power, sr=RATE_HZ, norm=None, tuning=0.0).T,
        "power": mean_square,
        "centroid_hz": librosa.feature.spectral_centroid(S=np.sqrt(power), sr=RATE_HZ)[0],
        "fingerprint_bands": (filters(RATE_HZ, FFT) @ power).T,
    }
    for name, wanted in expected.items():
        found = getattr(heard, name)
        assert found.shape == wanted.shape, name
        assert found == pytest.approx(wanted, rel=2e-4, abs=1e-9 * wanted.max()), name


def test_of_silence_there_is_nothing() -> None:
    heard = spectrogram(np.zeros(FFT, np.float32))
    assert all(np.array_equal(part, np.zeros_like(part)) for part in heard)

"""The spectrogram against librosa's."""

from __future__ import annotations

import subprocess
import sys

import librosa
import numpy as np
import pytest

from index.analysis.analyser import spectrum
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


def test_onsets_and_mfcc_are_librosas() -> None:
    rng = np.random.default_rng(7)
    samples = (0.1 * rng.standard_normal(4 * RATE_HZ) * np.repeat([0.1, 1, 0.01, 1], RATE_HZ)).astype(
        np.float32
    )
    found = spectrum(samples, 4.0)
    power = np.abs(librosa.stft(samples, n_fft=FFT, hop_length=HOP, pad_mode="constant")) ** 2
    bands = librosa.feature.melspectrogram(S=power, sr=RATE_HZ, n_mels=96)
    level = librosa.power_to_db(bands, top_db=None, amin=1e-8)
    onsets = librosa.onset.onset_strength(S=level, sr=RATE_HZ)
    assert found["onset"] == pytest.approx(onsets[:200], rel=1e-3, abs=2e-3)
    mfcc = librosa.feature.mfcc(S=level, n_mfcc=13).T
    means = mfcc[:200].reshape(8, 25, 13).mean(axis=1)
    assert found["mfcc"] == pytest.approx(means, rel=1e-3, abs=0.05)


def test_a_worker_imports_neither_a_compiler_nor_all_of_signal_processing() -> None:
    """They take longer to import than a minute of music to analyse."""
    told = """
import sys
import numpy as np
from index.analysis.analyser import spectrum
from index.audio.reading import Sound, loudness_lufs
spectrum(np.ones(22050, np.float32), 1.0)
loudness_lufs(Sound(np.ones(22050, np.float32), 22050))
print([name for name in ("numba", "librosa", "scipy.signal", "pyloudnorm") if name in sys.modules])
"""
    assert (
        subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )

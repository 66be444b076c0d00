"""An analyser whose fingerprints, peaks and levels are the real ones; it hears nothing else.

Runs in worker processes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import soxr
from fake_analyser import FakeAnalyser

from index.audio.loudness import gain_to_target
from index.audio.reading import Sound, loudness_lufs, read_sound
from index.core.frames import FINGERPRINT_HZ, NOTE_HZ, PEAKS_HZ, Frames, rows
from index.descriptors.constellation import BINS, constellation
from index.descriptors.fingerprint_bits import filters, fingerprint

RATE_HZ, FFT, HOP = 22050, 2048, 441


def heard(sound: Sound) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The fingerprint, the peaks and the levels of a sound, as `index.analysis.analyser` measures them."""
    samples = soxr.resample(sound.samples * gain_to_target(loudness_lufs(sound)), sound.rate_hz, RATE_HZ)
    padded = np.pad(samples, (FFT // 2, FFT))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP] * np.hanning(FFT)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    level = 10 * np.log10(np.maximum(power.sum(axis=1) * 2 / FFT / np.sum(np.hanning(FFT) ** 2), 1e-10))
    count = rows(sound.duration_s, NOTE_HZ)
    bits = fingerprint(power @ filters(RATE_HZ, FFT).T)[: rows(sound.duration_s, FINGERPRINT_HZ)]
    peaks = constellation(np.asarray(power[:, :BINS], np.float32))[: rows(sound.duration_s, PEAKS_HZ)]
    return bits, peaks, np.resize(level[::5], count).astype(np.float16)


class HearingAnalyser(FakeAnalyser):
    """As FakeAnalyser, with the fingerprint and the peaks of what it reads."""

    def analyse_file(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Frames:
        frames = super().analyse_file(path, start_s, end_s)
        bits, peaks, level_db = heard(read_sound(path, start_s, end_s))
        return replace(frames, fingerprint=bits, peaks=peaks, level_db=level_db)

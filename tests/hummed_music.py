"""A tune, a voice that sings it, and made-up measurements of music that has it somewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from index.audio.reading import Sound
from index.core.frames import Frames
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip, Track

RATE_HZ = 22050
TUNE = ((67, 0.6), (69, 0.3), (71, 0.3), (74, 0.9), (72, 0.3), (69, 0.6), (66, 0.6), (67, 0.9), (62, 0.6), (64, 0.3),
        (66, 0.3), (67, 0.6), (71, 0.9), (69, 0.9))  # fmt: skip


def sung(notes: tuple[tuple[int, float], ...], shift: float, ratio: float, seed: int = 0) -> Sound:
    """A voice with vibrato, overtones, uneven timing and a little noise; notes last `ratio` times as long."""
    rng = np.random.default_rng(seed)
    pitch = np.concatenate(
        [
            np.full(
                round(length * ratio * rng.uniform(0.93, 1.07) * RATE_HZ), midi + shift + rng.normal(0, 0.15)
            )
            for midi, length in notes
        ]
    )
    pitch += 0.3 * np.sin(2 * np.pi * 5.5 * np.arange(len(pitch)) / RATE_HZ)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / RATE_HZ
    voice = sum(np.sin(h * phase) / h**1.5 for h in range(1, 6))
    return Sound((0.2 * voice + 0.002 * rng.standard_normal(len(pitch))).astype(np.float32), RATE_HZ)


def music(seed: int, seconds: float = 40.0) -> np.ndarray:
    """Notes at 10 Hz of a random top voice over a bass and two held middle voices."""
    rng = np.random.default_rng(seed)
    notes = np.zeros((round(seconds * 10), 88), np.uint8)
    at = 0
    while at < len(notes):
        length = int(rng.choice([3, 3, 6, 9]))
        notes[at : at + length, int(rng.integers(60, 77)) - 21] = 225
        at += length
    for first in range(0, len(notes), 12):
        for low, high in ((36, 48), (48, 55), (52, 59)):
            notes[first : first + 12, int(rng.integers(low, high)) - 21] = 200
    return notes


def with_tune(seed: int, start_s: float) -> np.ndarray:
    """The same music, its top voice being TUNE from `start_s` on."""
    notes = music(seed)
    at_s = start_s
    for midi, length_s in TUNE:
        low, high = round(at_s * 10), round((at_s + length_s) * 10)
        notes[low:high, 59 - 21 :] = 0
        notes[low:high, midi - 21] = 225
        at_s += length_s
    return notes


TUNE_S = sum(length for _, length in TUNE)
STARTS_S = {3: 12.0, 7: 20.0}


def track(number: int) -> Track:
    return Track(f"{number:02d}" * 8, f"{number}.wav", f"Piece {number}", "", "", "", "", None, 40.0)


def piece(number: int) -> np.ndarray:
    return with_tune(number, STARTS_S[number]) if number == 7 else music(number)


def frames_of(seconds: float) -> Frames:
    contour = np.tile(np.array([[(60 - 21) * 3 + 1, 60000]], np.uint16), (round(seconds * 10), 1))
    empty = np.zeros((1, 1))
    return Frames(seconds, -20.0, np.zeros((round(seconds * 10), 88), np.uint8), contour, *([empty] * 8))


def clip_query(folder: Path, sound: Sound, k: int = 5) -> Query:
    path = folder / "hum.wav"
    soundfile.write(path, sound.samples, sound.rate_hz)
    clip = Clip("c" * 16, str(path), "hum.wav", sound.duration_s, recorded=True)
    return Query(Passage(clip, frames_of(sound.duration_s), 0.0, sound.duration_s), k=k)

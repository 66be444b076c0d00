"""The moment vector: 128 numbers that find a passage in any key and at any tempo, by a small network of our own.

Its input are the notes that basic-pitch hears, folded into three registers of twelve pitch classes, five frames a second;
its weights lie beside this file and were made by bench/train_moment_vector.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from index.frames import DOUBT, LOWEST_MIDI
from index.models.weights import session

DIMENSIONS = 128
REGISTERS = 3
FRAMES_PER_S = 5.0
_BOUNDARIES_MIDI = (52, 66)
"""Low below E3, high from F♯4; the middle between."""
_SHORTEST_FRAMES = 12


class MomentVector:
    """The trained network, opened once."""

    def __init__(self, threads: int = 1) -> None:
        self._session = session(Path(__file__).with_suffix(".onnx"), threads)

    def vectors(self, passages: np.ndarray) -> np.ndarray:
        """Unit vectors (n, 128) of folded notes (n, 3, 12, t), t frames at FRAMES_PER_S."""
        missing = max(0, _SHORTEST_FRAMES - passages.shape[3])
        padded = np.pad(passages, ((0, 0), (0, 0), (0, 0), (0, missing)))
        return np.asarray(self._session.run(None, {"notes": padded.astype(np.float32)})[0], np.float32)


def fold_registers(notes: np.ndarray) -> np.ndarray:
    """Notes (n, 88) uint8 at 10 Hz from A0 as (3, 12, n // 2) float32 at 5 Hz: registers, pitch classes from C, frames."""
    sounding = np.maximum(np.square(notes, dtype=np.float32) / 255**2 - DOUBT, 0)
    pairs = sounding[: len(notes) // 2 * 2].reshape(-1, 2, notes.shape[1]).mean(axis=1)
    folded = np.zeros((REGISTERS, 12, len(pairs)), np.float32)
    midi = np.arange(LOWEST_MIDI, LOWEST_MIDI + notes.shape[1])
    register = np.searchsorted(_BOUNDARIES_MIDI, midi, side="right")
    for index in range(REGISTERS):
        for pitch_class in range(12):
            chosen = (register == index) & (midi % 12 == pitch_class)
            if chosen.any():
                folded[index, pitch_class] = pairs[:, chosen].max(axis=1)
    return folded

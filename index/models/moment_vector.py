"""The moment vector: 128 numbers that find a passage in any key and at any tempo, learned by contrast.

A small convolutional network over the notes that basic-pitch detects, folded into three registers of twelve
pitch classes. It is circular over the pitch classes and pooled over them and over time, so a transposition
changes nothing and a passage of three seconds meets the window that holds it. Its weights,
moment_vector.onnx, were made by bench/train_moment_vector.py; what they were made from is said in
moment_vector.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.core.frames import LOWEST_MIDI, NOTE_HZ, PITCHES, cut, sounding
from index.models.weights import session

if TYPE_CHECKING:
    import onnxruntime

DIMENSIONS = 128
REGISTERS = 3
FRAMES_HZ = 5.0
BOUNDARIES_MIDI = (52, 66)
"""Low below E3, high from F♯4; the middle between."""
FEWEST_FRAMES = 12
_AT_ONCE = 64
_GRAPH = Path(__file__).with_name("moment_vector.onnx")


class MomentVector:
    """The network, opened when it is first asked; may be used from several threads."""

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return session(_GRAPH)

    def vectors(self, notes: np.ndarray, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """Vectors of spans (seconds) of a sound, (n, 128) float32 of unit length; notes are `Frames.notes`."""
        folded = [fold_registers(cut(notes, NOTE_HZ, *span)) for span in spans]
        found = np.zeros((len(spans), DIMENSIONS), np.float32)
        of_length: dict[int, list[int]] = {}
        for number, each in enumerate(folded):
            of_length.setdefault(each.shape[2], []).append(number)
        for numbers in of_length.values():
            for first in range(0, len(numbers), _AT_ONCE):
                chosen = numbers[first : first + _AT_ONCE]
                found[chosen] = self._session.run(None, {"notes": np.stack([folded[i] for i in chosen])})[0]
        return found


def fold_registers(notes: np.ndarray, frames_hz: float = FRAMES_HZ) -> np.ndarray:
    """Notes (n, 88) uint8 at 10 Hz as (3, 12, m) float32: registers, classes from C, at least 2.4 s.

    `frames_hz` divides 10 Hz; the network was trained at FRAMES_HZ.
    """
    heard = sounding(notes)
    step = round(NOTE_HZ / frames_hz)
    fewest = round(FEWEST_FRAMES * frames_hz / FRAMES_HZ)
    frames = heard[: max(step, len(heard) // step * step)]
    frames = np.pad(frames, ((0, -len(frames) % step), (0, 0))).reshape(-1, step, PITCHES).mean(axis=1)
    folded = np.zeros((REGISTERS, 12, max(fewest, len(frames))), np.float32)
    order, firsts, rows = _registers_and_classes()
    folded.reshape(-1, folded.shape[2])[rows, : len(frames)] = np.maximum.reduceat(
        frames[:, order], firsts, axis=1
    ).T
    return folded


@lru_cache(maxsize=1)
def _registers_and_classes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pitches such that those of one register and class are neighbours, the first of each, and its row of 36."""
    midi = np.arange(LOWEST_MIDI, LOWEST_MIDI + PITCHES)
    row = 12 * np.searchsorted(BOUNDARIES_MIDI, midi, side="right") + midi % 12
    rows, firsts = np.unique(np.sort(row), return_index=True)
    return np.argsort(row, kind="stable"), firsts, rows

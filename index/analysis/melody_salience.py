"""Melody salience: which pitch class carries the melody in each frame of a polyphonic recording.

A small network scores every note that basic-pitch detects from its activation, the notes above and below it,
its distance from the top voice of the last seconds, and whether it has just begun. Its weights are in
salience.npz, trained by bench/train_salience.py on scores whose melody is known. Notes are not assigned to
voices.

References
----------
Salamon, Gómez, "Melody extraction from polyphonic music signals using pitch contour characteristics", IEEE TASLP 2012.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import numpy as np

from index.core.frames import LOWEST_MIDI, NOTE_HZ, PITCHES
from index.core.smoothing import moving_mean

SALIENCE_HZ = 5.0
SCALE = 255.0
FEATURES = 24
_FIRST_CLASS = LOWEST_MIDI % 12
_SOUNDING = 0.25
_MARGIN = 100
_BLOCK = 3000
_AT_ONCE = 50
"""Frames that the network is asked about at once, such that they fit a processor's cache."""


class Salience:
    """The network, opened once."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or Path(__file__).with_name("salience.npz")

    @cached_property
    def _layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        with np.load(self._path) as numbers:
            return [(numbers[f"weight{i}"], numbers[f"bias{i}"]) for i in range(len(numbers.files) // 2)]

    @cached_property
    def version(self) -> str:
        """A name for these weights: salience computed with other weights is not mixed with theirs."""
        return hashlib.sha256(self._path.read_bytes()).hexdigest()[:12]

    def classes(self, notes: np.ndarray) -> np.ndarray:
        """P(the melody is on each pitch class), (n, 12) float32 from C at 10 Hz, of (n, 88) uint8 notes."""
        parts = []
        for first in range(0, len(notes), _BLOCK):
            low = max(0, first - _MARGIN)
            x = note_features(np.asarray(notes[low : first + _BLOCK + _MARGIN]))[first - low :][:_BLOCK]
            parts += [_fold(self._scores(x[at : at + _AT_ONCE])) for at in range(0, len(x), _AT_ONCE)]
        return np.concatenate(parts)

    def _scores(self, x: np.ndarray) -> np.ndarray:
        """What the network says of each pitch, (n, 88), of its features (n, 88, 24)."""
        frames, x = len(x), x.reshape(-1, FEATURES)
        for number, (weight, bias) in enumerate(self._layers):
            x = x @ weight.T
            x += bias
            if number + 1 < len(self._layers):
                np.maximum(x, 0, out=x)
        return x.reshape(frames, PITCHES)

    def kept(self, notes: np.ndarray) -> np.ndarray:
        """The same at 5 Hz as stored: (m, 12) uint8, square root of the probability times 255."""
        classes = self.classes(notes)
        step = int(NOTE_HZ / SALIENCE_HZ)
        padded = np.concatenate([classes, np.repeat(classes[-1:], -len(classes) % step, axis=0)])
        return np.round(np.sqrt(padded.reshape(-1, step, 12).mean(axis=1)) * SCALE).astype(np.uint8)


def note_features(notes: np.ndarray) -> np.ndarray:
    """Input features of the network for every pitch and frame, (n, 88, 24) float32 of (n, 88) uint8 notes."""
    root = notes.astype(np.float32) / 255
    active = root * root
    above = np.cumsum(active[:, ::-1], axis=1)[:, ::-1] - active
    below = np.cumsum(active, axis=1) - active
    higher = np.pad(active[:, 1:], ((0, 0), (0, 1)))[:, ::-1]
    strongest_above = np.maximum.accumulate(higher, axis=1)[:, ::-1]
    around, long_around = _mean(active, 11), _mean(active, 41)
    pitch = np.arange(PITCHES, dtype=np.float32)
    sounding = active >= _SOUNDING
    has_top = np.asarray(sounding.any(axis=1), np.float32)
    highest = PITCHES - 1 - sounding[:, ::-1].argmax(axis=1)
    top = np.asarray(np.where(has_top > 0, highest, 0), np.float32)
    to_line, to_long_line = (
        np.clip((pitch - _line(top, has_top, frames)[:, None]) / 12, -3, 3) for frames in (41, 201)
    )
    features = [
        root,
        active,
        np.minimum(above, 3),
        strongest_above,
        np.minimum(below, 3),
        *(_from_below(active, semitones) for semitones in (12, 19, -12, -7, 24)),
        around,
        long_around,
        _from_below(around, 12),
        moving_mean(long_around, 5, 1, "constant"),
        np.minimum(_mean(above, 21), 3),
        to_line,
        np.abs(to_line),
        to_long_line,
        np.clip((top[:, None] - pitch) / 12, -1, 3),
        np.maximum(active - np.pad(active, ((1, 0), (0, 0)))[:-1], 0),
        np.maximum(active - np.pad(active, ((0, 1), (0, 0)))[1:], 0),
        np.broadcast_to(active.max(axis=1)[:, None], active.shape),
        np.broadcast_to(pitch / 44 - 1, active.shape),
        np.minimum(above, 3) * root,
    ]
    return np.stack(features, axis=-1).astype(np.float32)


def _mean(array: np.ndarray, frames: int) -> np.ndarray:
    return moving_mean(array, frames)


def _line(top: np.ndarray, has_top: np.ndarray, frames: int) -> np.ndarray:
    """Where the top voice lies on average around each frame; the middle of the keyboard where nothing sounds."""
    weight = _mean(has_top, frames)
    return np.where(weight > 0, _mean(top * has_top, frames) / np.maximum(weight, 1e-3), 50)


def _from_below(array: np.ndarray, semitones: int) -> np.ndarray:
    """For each pitch, the value that many semitones below it (above, if negative); 0 outside the keyboard."""
    padded = np.pad(array, ((0, 0), (max(0, semitones), max(0, -semitones))))
    first = max(0, -semitones)
    return padded[:, first : first + PITCHES]


def _fold(logits: np.ndarray) -> np.ndarray:
    """Softmax over the pitches, octaves summed."""
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    padded = np.zeros((len(chances), 108), np.float32)
    padded[:, _FIRST_CLASS : _FIRST_CLASS + PITCHES] = chances
    return padded.reshape(len(chances), 9, 12).sum(axis=1)

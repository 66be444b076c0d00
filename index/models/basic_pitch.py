"""basic-pitch: which notes sound, when they begin, and the pitch contour, 86 times a second.

The network takes windows of 43,844 samples (just under two seconds) and scales each by its own loudest and
softest bins. Windows are spaced so that the frames kept of them fall on one grid without drift: frame i is
centred at 256 i / 22050 s of the sound. (The original spaces them 141.27 frames apart, keeps 142, and repairs
the times afterwards.)

References
----------
Bittner et al., "A lightweight instrument-agnostic model for polyphonic note transcription and multipitch
estimation", ICASSP 2022. https://github.com/spotify/basic-pitch (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from index.models.weights import prepared_file, session

RATE_HZ = 22050
HOP = 256
FRAMES_PER_S = RATE_HZ / HOP
WINDOW = 43844
"""Samples that the network takes at once: 172 frames, of which it answers with those that are kept."""
EDGE = 15
"""Frames dropped at both ends of a window: they lack context. As in the original."""
KEPT = 142
NOTES, CONTOURS = 88, 264
LOWEST_MIDI = 21
"""MIDI number of the first note, A0 (27.5 Hz). Of the three contour bins of note n, 3 n + 1 is in tune."""
BATCH = 4
"""Windows of one run: their images still fit a processor's cache."""


@dataclass(frozen=True)
class NoteActivations:
    """The network's activations, all in [0, 1], one row a frame."""

    notes: np.ndarray
    """(frames, 88) float32: this note sounds."""
    onsets: np.ndarray
    """(frames, 88) float32: this note begins; (frames, 0) where that was not asked for."""
    contours: np.ndarray
    """(frames, 264) float32: pitch in thirds of a semitone."""
    times_s: np.ndarray
    """(frames,) float64: centre of each frame."""


class BasicPitch:
    """The published network (ICASSP 2022); without onsets it is done in five sixths of the time."""

    def __init__(self, threads: int = 1, *, onsets: bool = True) -> None:
        name = "basic_pitch_products.onnx" if onsets else "basic_pitch_notes.onnx"
        self._session = session(prepared_file(name), threads, same_sizes=True)
        self._outputs = ["notes", "contours", *(["onsets"] if onsets else [])]

    def activations(self, samples: np.ndarray) -> NoteActivations:
        """Activations of mono sound (n,) at 22.05 kHz; frames = 1 + n // 256."""
        frames = 1 + len(samples) // HOP
        notes = np.empty((frames, NOTES), np.float32)
        onsets = np.empty((frames, NOTES if "onsets" in self._outputs else 0), np.float32)
        contours = np.empty((frames, CONTOURS), np.float32)
        for start, block in self.blocks(samples):
            end = start + len(block.notes)
            notes[start:end], onsets[start:end], contours[start:end] = (
                block.notes,
                block.onsets,
                block.contours,
            )
        return NoteActivations(notes, onsets, contours, np.arange(frames) / FRAMES_PER_S)

    def blocks(self, samples: np.ndarray) -> Iterator[tuple[int, NoteActivations]]:
        """The same in blocks of some 7 s, for sounds of any length: (first frame, activations)."""
        samples = np.asarray(samples, np.float32)
        frames = 1 + len(samples) // HOP
        for start in range(0, frames, BATCH * KEPT):
            count = min(BATCH, -(-(frames - start) // KEPT))
            first = (start - EDGE) * HOP
            span = samples[max(0, first) : first + (count - 1) * KEPT * HOP + WINDOW]
            left = max(0, -first)
            span = np.pad(span, (left, (count - 1) * KEPT * HOP + WINDOW - left - len(span)))
            windows = np.lib.stride_tricks.sliding_window_view(span, WINDOW)[:: KEPT * HOP]
            heard = self._session.run(self._outputs, {"samples": np.ascontiguousarray(windows)})
            notes, contours, *more = (_joined(part)[: frames - start] for part in heard)
            onsets = more[0] if more else np.empty((len(notes), 0), np.float32)
            times_s = np.arange(start, start + len(notes)) / FRAMES_PER_S
            yield start, NoteActivations(notes, onsets, contours, times_s)


def _joined(part: np.ndarray) -> np.ndarray:
    """(windows, bins, 142) to (frames, bins): one window after the other."""
    return part.transpose(0, 2, 1).reshape(-1, part.shape[1])

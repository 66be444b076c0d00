"""The chroma that notes are aligned by: of a query at ten frames a second, of what surrounds a candidate at two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.core.frames import NOTE_HZ, SKETCH_HZ, SKETCH_SCALE, Frames, cut, fold_to_chroma
from index.descriptors.alignment import resample_rows

FEW_TO_MANY_NOTES = (0.3, 0.8)
"""Mean norm of a frame's note chroma: in noisy recordings, and in clean polyphony."""
SPECTRUM_WEIGHTS = (0.7, 0.15)


def centred_chroma(chroma: np.ndarray) -> np.ndarray:
    """Chroma (..., 12) minus the mean of each frame: what counts is which pitch classes stand out."""
    return chroma - chroma.mean(axis=-1, keepdims=True)


def chroma_pair(frames: Frames, start_s: float, end_s: float) -> np.ndarray:
    """(n, 24) float32 at 10 Hz: centred chroma of the notes, and beside it that of the spectrum.

    Notes are robust to instrumentation; the spectrum is robust to noise, in which basic-pitch detects few notes.
    """
    notes = centred_chroma(fold_to_chroma(cut(frames.notes, NOTE_HZ, start_s, end_s)))
    spectrum = cut(frames.chroma, SKETCH_HZ, start_s, end_s).astype(np.float32) / 255
    as_often = resample_rows(centred_chroma(spectrum), len(notes))
    return np.concatenate([notes, as_often], axis=1)


def regions_of(sounds: Sequence[Frames], firsts: Sequence[int], length: int) -> np.ndarray:
    """(n, length, 24) float32: `chroma_pair` at 2 Hz, `length` frames of each sound from each first; zeros outside."""
    stored = np.zeros((len(sounds), length, 24), np.uint8)
    for region, frames, first in zip(stored, sounds, firsts, strict=True):
        low, high = max(0, first), min(len(frames.sketch), first + length)
        if high > low:
            region[low - first : high - first, :12] = frames.sketch[low:high]
            region[low - first : high - first, 12:] = frames.chroma[low:high]
    regions = stored * np.repeat(np.array([1 / SKETCH_SCALE, 1 / 255], np.float32), 12)
    both = regions.reshape(len(sounds), length, 2, 12)
    both -= np.einsum("ijkl->ijk", both)[..., None] / 12
    return regions


def spectrum_weight(query: np.ndarray) -> float:
    """Weight of the spectral chroma of a query, (n, 24) as `chroma_pair`: larger where fewer notes are detected."""
    notes = float(np.linalg.norm(query[:, :12], axis=1).mean())
    return float(np.interp(notes, FEW_TO_MANY_NOTES, SPECTRUM_WEIGHTS))

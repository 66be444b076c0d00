"""A sound of any length in overlapping chunks, for networks with an input of a few seconds; one row a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

LEVEL_RMS = 0.1
_SOFTEST_RMS = 1e-4


@dataclass(frozen=True)
class Chunk:
    """A stretch of sound, and which part of it counts; the rest is margin."""

    samples: np.ndarray
    starts_s: float
    """Where the stretch begins in the whole."""
    counts_from_s: float
    counts_to_s: float


def chunks(samples: np.ndarray, rate_hz: int, length_s: float, margin_s: float) -> Iterator[Chunk]:
    """Cut mono samples (n,) so that the parts that count follow each other without a gap.

    Every chunk has the same length where the sound has it; the first and the last have no margin at the ends
    of the sound.
    """
    whole_s = len(samples) / rate_hz
    at_s = 0.0
    while at_s < whole_s:
        first_s = max(0.0, min(at_s - margin_s, whole_s - length_s))
        last = whole_s - first_s <= length_s + 1e-6
        to_s = whole_s if last else first_s + length_s - margin_s
        first = round(first_s * rate_hz)
        stretch = samples[first : first + round(length_s * rate_hz)]
        yield Chunk(stretch, first_s, at_s, to_s)
        if last:
            return
        at_s = to_s


def seconds(frames: np.ndarray, centres_s: np.ndarray, duration_s: float) -> np.ndarray:
    """Mean of the frames (m, d) whose centres fall into each second, (ceil(duration_s), d) float32.

    A second into which no frame falls takes the one before it.
    """
    count = max(1, int(np.ceil(duration_s - 1e-6)))
    second = np.clip(centres_s.astype(int), 0, count - 1)
    sums = np.zeros((count, frames.shape[1]), np.float64)
    np.add.at(sums, second, frames)
    sizes = np.bincount(second, minlength=count)
    rows = (sums / np.maximum(sizes, 1)[:, None]).astype(np.float32)
    for empty in np.flatnonzero(sizes == 0):
        rows[empty] = rows[empty - 1] if empty else frames.mean(axis=0)
    return rows


def at_one_level(samples: np.ndarray) -> np.ndarray:
    """Samples at an RMS of LEVEL_RMS: a passage is then the same, whether it comes alone or within its track."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    return np.asarray(samples * (LEVEL_RMS / max(rms, _SOFTEST_RMS)), np.float32)

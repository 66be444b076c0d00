"""Samples as they are decoded, without those that are no numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from index.audio.stream import Stream

LOUDEST = 2.0**40
"""Samples beyond this are damage, not sound (floating-point files may well be louder than 1)."""


@dataclass(frozen=True)
class Chunk:
    """A piece of a stream."""

    samples: np.ndarray
    """(n,) or (n, 2) float32: 0 where one was no number."""
    damaged: int
    """How many were none."""


def sane(stream: Stream) -> Iterator[Chunk]:
    """Pieces in which samples that are no numbers (or absurdly large) are 0, and how many those were."""
    for samples in stream.chunks:
        if float(np.vdot(samples, samples)) < LOUDEST**2:  # none is as loud as all; NaN is not less
            yield Chunk(samples, 0)
        else:
            yield _mended(samples)


def _mended(samples: np.ndarray) -> Chunk:
    bad = ~(np.abs(samples) < LOUDEST)  # also true for NaN
    damaged = int(np.count_nonzero(bad))
    return Chunk(np.where(bad, np.float32(0), samples) if damaged else samples, damaged)

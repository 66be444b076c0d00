"""Which passages stand for a whole piece: those that come back most and are not its quietest."""

from __future__ import annotations

import numpy as np

from index.factors.harmony import Harmony
from index.factors.timbre import Timbre
from index.frames import NOTE_HZ, Frames, cut
from index.moments import Grid

_EDGE_SHARE = 0.04
"""Share of a piece at each end that is left out: fade-ins, applause."""
_LOUDNESS_WEIGHT = 0.15


def characteristic_spans(frames: Frames, grid: Grid, count: int = 3) -> list[tuple[float, float]]:
    """Up to `count` windows of a piece, best first, that do not overlap.

    A window's worth is its mean likeness to all others in harmony and timbre (the thumbnail of Bartsch and Wakefield,
    "To catch a chorus", WASPAA 2001), and a little its level.
    """
    spans = grid.spans(frames.duration_s)
    edge_s = _EDGE_SHARE * frames.duration_s
    inner = [span for span in spans if span[0] >= edge_s and span[1] <= frames.duration_s - edge_s] or spans
    worth = np.zeros(len(inner))
    for factor in (Harmony(), Timbre()):
        vectors = factor.vectors(frames, inner)
        likeness = (vectors @ vectors.sum(axis=0)) / len(inner)
        worth += _standard(likeness)
    level = [float(cut(frames.level_db, NOTE_HZ, *span).astype(np.float32).mean()) for span in inner]
    worth += _LOUDNESS_WEIGHT * _standard(np.array(level))
    chosen: list[tuple[float, float]] = []
    for index in np.argsort(-worth, kind="stable"):
        start_s, end_s = inner[index]
        if all(end_s <= other[0] or start_s >= other[1] for other in chosen):
            chosen.append((start_s, end_s))
        if len(chosen) == count:
            break
    return chosen


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / max(float(values.std()), 1e-9)

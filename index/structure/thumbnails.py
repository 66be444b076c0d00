"""Which passages stand for a whole piece: those that come back most and are not its quietest."""

from __future__ import annotations

import numpy as np

from index.core.frames import NOTE_HZ, Frames, cut
from index.core.moments import Grid
from index.factors.harmony import Harmony
from index.factors.timbre import Timbre

_EDGE_SHARE = 0.04
"""Share of a piece at each end that is left out: fade-ins, applause."""
_LOUDNESS_WEIGHT = 0.15
_SHARPNESS = 4
"""Power of a likeness: to come back once as it was counts more than to be a little like everything."""


def characteristic_spans(frames: Frames, grid: Grid, count: int = 3) -> list[tuple[float, float]]:
    """Up to `count` windows of a piece, best first, that do not overlap.

    A window's worth is how often it comes back elsewhere, in harmony and timbre (the thumbnail of Bartsch and
    Wakefield, "To catch a chorus", WASPAA 2001), and a little its level.
    """
    spans = grid.spans(frames.duration_s)
    edge_s = _EDGE_SHARE * frames.duration_s
    inner = [span for span in spans if span[0] >= edge_s and span[1] <= frames.duration_s - edge_s] or spans
    starts_s, ends_s = np.array(inner).T
    elsewhere = (starts_s[:, None] >= ends_s) | (ends_s[:, None] <= starts_s)
    worth = np.zeros(len(inner))
    for factor in (Harmony(), Timbre()):
        vectors = factor.vectors(frames, inner)
        likeness = np.maximum(vectors @ vectors.T, 0.0) ** _SHARPNESS
        worth += _standard((likeness * elsewhere).mean(axis=1))
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

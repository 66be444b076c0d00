"""Audio thumbnailing: the passages that represent a piece
best, since they are repeated most and are not quiet.
"""

from __future__ import annotations

import numpy as np

from index.core.frames import NOTE_HZ, Frames, cut
from index.core.moments import Grid, Moment
from index.core.selection import AT_ALL, apart
from index.factors.harmony import Harmony
from index.factors.timbre import Timbre

_EDGE_SHARE = 0.04
"""Share of a piece that is left out at each end: fades, applause."""
_LOUDNESS_WEIGHT = 0.15
_SHARPNESS = 4
"""Exponent of the similarities: one exact repetition counts more than vague similarity to everything."""


def characteristic_spans(frames: Frames, grid: Grid, count: int = 3) -> list[tuple[float, float]]:
    """Thumbnails of a piece: up to `count` windows (start_s, end_s), best first, that do not overlap.

    A window's value is how much it is repeated elsewhere in the piece, in harmony and timbre, and to a small
    part its level.

    References
    ----------
    Bartsch, Wakefield, "To catch a chorus: using chroma-based representations for audio thumbnailing", WASPAA 2001.
    """
    spans = grid.spans(frames.duration_s)
    edge_s = _EDGE_SHARE * frames.duration_s
    inner = [span for span in spans if span[0] >= edge_s and span[1] <= frames.duration_s - edge_s] or spans
    starts_s, ends_s = np.array(inner).T
    elsewhere = (starts_s[:, None] >= ends_s) | (ends_s[:, None] <= starts_s)
    worth = np.zeros(len(inner))
    for vectors in (Harmony().vectors(frames, inner), Timbre().means(frames, inner)):
        likeness = np.maximum(vectors @ vectors.T, 0.0) ** _SHARPNESS
        worth += _standard((likeness * elsewhere).mean(axis=1))
    level = [float(cut(frames.level_db, NOTE_HZ, *span).astype(np.float32).mean()) for span in inner]
    worth += _LOUDNESS_WEIGHT * _standard(np.array(level))
    best_first = (Moment("", *inner[index]) for index in np.argsort(-worth, kind="stable"))
    chosen = apart(best_first, lambda moment: moment, track=lambda _: "", most=count, overlap=AT_ALL)
    return [(moment.start_s, moment.end_s) for moment in chosen]


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / max(float(values.std()), 1e-9)

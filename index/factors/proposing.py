"""The vector by which candidates are found: those of all factors that propose some, side by side.

Beside each vector Chroma keeps its id twice, its links and a lock, as much as the numbers of one factor. So a window
has one vector in one collection, and a factor asks with its own part alone, the others zero: the order is that of its
own cosine, since a factor's part has the same length in every vector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from index.core.frames import Frames
from index.factors.base import Factor

COLLECTION = "moments"
"""What the collection is called."""


_SHARES = {"timbre": 0.6}
"""What a factor's part has of the square of the length, beside 0.4: of timbre more windows are equally near, and its
neighbours are the harder ones to find by links that all parts make together.
"""
_OTHERS = 0.4


def proposing(factors: Mapping[str, Factor]) -> dict[str, Factor]:
    """Those of the factors that propose candidates, in the order in which their vectors lie side by side."""
    return {name: factor for name, factor in factors.items() if factor.dimensions}


def side_by_side(parts: Mapping[str, np.ndarray]) -> np.ndarray:
    """Vectors (n, d) of unit length of each factor as one, (n, sum of d) float32 of unit length."""
    shares = np.array([_SHARES.get(name, _OTHERS) for name in parts], np.float32)
    lengths = np.sqrt(shares / shares.sum())
    return np.concatenate(
        [rows * length for rows, length in zip(parts.values(), lengths, strict=True)], axis=1
    )


def vectors(
    factors: Mapping[str, Factor], frames: Frames, spans: Sequence[tuple[float, float]]
) -> np.ndarray:
    """What is kept of each span, (n, sum of dimensions) float32."""
    return side_by_side({name: factor.vectors(frames, spans) for name, factor in proposing(factors).items()})


def asked_by(
    name: str, factors: Mapping[str, Factor], frames: Frames, span: tuple[float, float]
) -> np.ndarray:
    """What one factor asks with for a span, (m, sum of dimensions) float32: zero in the parts of the others."""
    own = factors[name].query_vectors(frames, span)
    parts = {each: np.zeros((len(own), other.dimensions)) for each, other in proposing(factors).items()}
    return np.concatenate(list((parts | {name: own}).values()), axis=1).astype(np.float32)

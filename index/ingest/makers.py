"""What makes the vectors of an index out of frames, without the sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from index.core.frames import Frames
from index.core.moments import Grid
from index.store.origins import vector_origin

if TYPE_CHECKING:
    from index.models.embedding import Embedding


@dataclass(frozen=True)
class VectorMakers:
    """Makes the vectors of a track's windows."""

    origins: Mapping[str, str]
    """What makes each collection that there has to be, by its name."""
    make: Callable[[Frames], dict[str, np.ndarray]]
    """The vectors of the windows that have some, (n, d) float32, by collection."""
    dimensions: Mapping[str, int] = field(default_factory=dict)
    """How many numbers a vector of a collection has, where that is known beforehand."""


def vector_makers(grid: Grid, embedding: Embedding | None = None) -> VectorMakers:
    """The makers of an index: every factor that proposes candidates by a vector."""
    from index.factors import build, proposing

    factors = build(embedding)

    def make(frames: Frames) -> dict[str, np.ndarray]:
        spans = grid.vector_spans(frames.duration_s)
        return {proposing.COLLECTION: proposing.vectors(factors, frames, spans)}

    dimensions = sum(factor.dimensions for factor in proposing.proposing(factors).values())
    origins = {proposing.COLLECTION: vector_origin(proposing.COLLECTION, embedding)}
    return VectorMakers(origins, make, {proposing.COLLECTION: dimensions})

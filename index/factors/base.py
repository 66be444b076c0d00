"""What every factor is: a room of the same shape.

A factor answers four questions: what vector does a window have (candidates), how alike are two spans exactly
(rerank), what did it measure (facts with units), and how is that said in a few words (the text of a fact).
A new factor is a new file here and one line in `index.factors.build`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from index.core.facts import Beside, Fact, Span
from index.core.frames import Frames
from index.core.moments import Alignment, Passage


class Factor(Protocol):
    """One way in which two moments are alike."""

    name: str
    dimensions: int
    """Of the candidate vector; 0 where the factor proposes no candidates."""

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """Candidate vectors of spans of a sound, (n, dimensions) float32 of unit length."""

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """The vectors to ask the store with for one span, (m, dimensions): more than one where that finds more."""

    def similarity(self, query: Passage, candidates: Sequence[Span]) -> np.ndarray:
        """How alike the query and each candidate are, (n,) float; larger is more alike, in the factor's own scale."""

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """What this factor measured in a passage.

        `beside` decides where a passage alone can be read in two ways (the level of the pulse, the key of a few
        chords), so that what is told of both fits together.
        """

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """What it measured between two passages that lie against each other as `alignment` says."""


class ProposesNothing:
    """What a factor answers that has no vector of its own: it compares what others propose."""

    dimensions = 0

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """None, (n, 0)."""
        return np.zeros((len(spans), 0), np.float32)

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """None, (0, 0)."""
        return np.zeros((0, 0), np.float32)


@runtime_checkable
class Measures(Protocol):
    """A factor that compares what it measured, which can be kept: similarity = compare(query, measure(spans))."""

    def measure(self, spans: Sequence[Span]) -> np.ndarray:
        """What is compared of each span, (n, d) float32."""

    def compare(self, query: Passage, measured: np.ndarray) -> np.ndarray:
        """How alike the query and each measured span are, (n,) float."""

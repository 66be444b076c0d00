"""The interface of a factor.

A factor answers four questions: which vector represents a window (candidates), how similar two spans are exactly
(rerank), what was measured (facts with units), and how that is said in a few words (the text of a fact).
A new factor is a new file here and one line in `index.factors.build`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from index.core.facts import Beside, Fact
from index.core.frames import Frames
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.placement.prepared import PreparedQuery


class Factor(Protocol):
    """One aspect of similarity between two moments."""

    name: str
    dimensions: int
    """Of the candidate vector; 0 where the factor proposes no candidates."""

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """Candidate vectors of spans of a sound, (n, dimensions) float32 of unit length."""

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """Query vectors of one span, (m, dimensions) float32: more than one where that improves recall."""

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """Similarity of the query and each candidate, (n,) float, on the factor's own scale; larger is more similar."""

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """What this factor measured in a passage.

        `beside` resolves what a passage alone leaves ambiguous (the metrical level of its tempo, the key of a few
        chords), so that the facts of both passages are consistent.
        """

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """What this factor measured between two passages, aligned by `alignment`."""


class ProposesNothing:
    """A factor without candidate vectors: it only compares what others propose."""

    dimensions = 0

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """None, (n, 0)."""
        return np.zeros((len(spans), 0), np.float32)

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """None, (0, 0)."""
        return np.zeros((0, 0), np.float32)


@runtime_checkable
class Measures(Protocol):
    """A factor whose measurements can be cached: similarity = compare(query, measure(spans))."""

    name: str

    def measure(self, spans: Sequence[Span]) -> np.ndarray:
        """The measurement of each span, (n, d) float32."""

    def compare(self, query: PreparedQuery, measured: np.ndarray) -> np.ndarray:
        """Similarity of the query and each measured span, (n,) float."""


@runtime_checkable
class MeasuresMeans(Measures, Protocol):
    """One that measures mean embeddings of MusiCNN, which may be known already."""

    by_means: bool
    """Whether it does so; another network may take their place."""

    def measure(self, spans: Sequence[Span], means: np.ndarray | None = None) -> np.ndarray:
        """The measurement of each span, (n, d) float32; `means`: (n, 200) of each, where they are known."""


def measured_once(
    factor: Measures, query: PreparedQuery, measure: Callable[[Sequence[Span]], np.ndarray] | None = None
) -> np.ndarray:
    """What a factor measures of a query, (d,): when it is first compared, and by `measure` where that is given."""
    if factor.name not in query.measured:
        query.measured[factor.name] = (measure or factor.measure)([query.compared])[0]
    return query.measured[factor.name]

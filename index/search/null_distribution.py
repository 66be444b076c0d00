"""The null distribution: similarities to random moments of the library, against which every score is normalised.

What a factor measures in these moments depends on the query only by its length, so it is computed once and cached for
the most recent lengths.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np

from index.core.moments import Span, fitted
from index.factors import Factor, Measures
from index.placement.drawn import Drawn
from index.placement.prepared import PreparedQuery

_LENGTH_STEP_S = 0.5
_LENGTHS_KEPT = 8


class Background:
    """Random moments of the library, and every factor's similarity of a query to them."""

    def __init__(self, spans: Sequence[Span], factors: Mapping[str, Factor]) -> None:
        self._spans = Drawn(spans)
        self._factors = factors
        self._measured: OrderedDict[tuple[str, float], np.ndarray] = OrderedDict()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The random moments."""
        return self._spans

    def values(self, query: PreparedQuery) -> dict[str, np.ndarray]:
        """The similarity of a query to each random moment, by factor, (n,) float; empty if there are no moments."""
        if not self._spans:
            return {name: np.zeros(0) for name in self._factors}
        own_s = query.compared.end_s - query.compared.start_s
        length_s = max(_LENGTH_STEP_S, round(own_s / _LENGTH_STEP_S) * _LENGTH_STEP_S)
        return {
            name: factor.compare(query, self._of_length(name, factor, length_s))
            if isinstance(factor, Measures)
            else factor.similarity(query, self._spans)
            for name, factor in self._factors.items()
        }

    def _of_length(self, name: str, factor: Measures, length_s: float) -> np.ndarray:
        """What a factor measures in the moments, cut or extended to that length."""
        key = (name, length_s)
        measured = self._measured.get(key)
        if measured is None:
            spans = [fitted(span.frames, span.start_s, length_s) for span in self._spans]
            measured = self._measured[key] = factor.measure(spans)
            while len(self._measured) > _LENGTHS_KEPT * len(self._factors):
                self._measured.popitem(last=False)
        return measured

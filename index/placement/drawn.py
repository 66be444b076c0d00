"""Moments that every query is compared with, to say what chance reaches: what surrounds them is laid out once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from index.core.moments import Span

_KEPT = 8
"""So many layouts; queries of other lengths need others."""


class Drawn(tuple[Span, ...]):
    """Such moments, in their order."""

    def __init__(self, _: Sequence[Span]) -> None:
        self._kept: dict[Hashable, np.ndarray] = {}

    def once(self, what: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """What is made of them under that name: made when it is first asked for, not to be written into."""
        found = self._kept.get(what)
        if found is None:
            found = make()
            found.setflags(write=False)
            if len(self._kept) >= _KEPT:
                self._kept = {}
            self._kept[what] = found
        return found


def laid_out(spans: Sequence[Span], what: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
    """What `make` gives; of moments that every query is compared with, what it gave before."""
    return spans.once(what, make) if isinstance(spans, Drawn) else make()

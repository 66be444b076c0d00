"""Diversity: which of the best hits are shown together.

"closest" is pure order. "balanced" lets at most two of ten be by one artist; "adventurous" one, and prefers authors
not yet shown while the loss in score is small (maximal marginal relevance).

References
----------
Carbonell, Goldstein, "The use of MMR, diversity-based reranking", SIGIR 1998.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from index.moments import Hit, Query

_PER_ARTIST_IN_TEN = {"balanced": 2, "adventurous": 1}
_NOVELTY = {"balanced": 0.02, "adventurous": 0.15}


CONSIDERED = 4
"""Of how many times as many hits those are chosen that are shown, where order is not all."""


def considered(query: Query) -> int:
    """Of how many hits, best first, a search chooses."""
    return query.k if query.diversity == "closest" else CONSIDERED * query.k


def select(hits: Sequence[Hit], query: Query) -> list[Hit]:
    """The k hits to show, from more, best first."""
    if query.diversity == "closest" or not hits:
        return list(hits[: query.k])
    asked_for = {"artist", "composer"} & set(query.filters.conditions)
    most = math.inf if asked_for else _PER_ARTIST_IN_TEN[query.diversity] * math.ceil(query.k / 10)
    scale = max(hits[0].score, 1e-9)
    novelty = _NOVELTY[query.diversity]
    left, shown = list(hits), list[Hit]()
    authors, eras = Counter[str](), Counter[int]()
    while left and len(shown) < query.k:
        allowed = [hit for hit in left if not _author(hit) or authors[_author(hit)] < most]
        if not allowed:
            break
        best = max(
            allowed,
            key=lambda hit: hit.score / scale - novelty * (authors[_author(hit)] + 0.5 * eras[_era(hit)]),
        )
        shown.append(best)
        left.remove(best)
        authors[_author(best)] += 1
        eras[_era(best)] += 1
    return shown


def _author(hit: Hit) -> str:
    return hit.track.author.casefold()


def _era(hit: Hit) -> int:
    return (hit.track.year or 0) // 50

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

from index.core.hits import Hit
from index.core.query import Asked
from index.text.titles import names_in

_PER_ARTIST_IN_TEN = {"balanced": 2, "adventurous": 1}
_NOVELTY = {"balanced": 0.02, "adventurous": 0.15}


CONSIDERED = 4
"""Of how many times as many hits those are chosen that are shown, where order is not all."""


def considered(query: Asked) -> int:
    """Of how many hits, best first, a search chooses."""
    return query.k if query.diversity == "closest" else CONSIDERED * query.k


def select(hits: Sequence[Hit], query: Asked) -> list[Hit]:
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
        allowed = [hit for hit in left if all(authors[name] < most for name in _authors(hit))]
        if not allowed:
            break
        best = max(
            allowed,
            key=lambda hit: hit.score / scale - novelty * (_shown(hit, authors) + 0.5 * eras[_era(hit)]),
        )
        shown.append(best)
        left.remove(best)
        authors.update(_authors(best) or {""})
        eras[_era(best)] += 1
    return shown


def _authors(hit: Hit) -> set[str]:
    return {name.casefold() for name in names_in(hit.track.author)}


def _shown(hit: Hit, authors: Counter[str]) -> int:
    """How often the most shown of a hit's authors was shown."""
    return max(authors[name] for name in _authors(hit) or {""})


def _era(hit: Hit) -> int:
    return (hit.track.year or 0) // 50

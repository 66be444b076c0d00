"""Every rank that an explanation tells, held against that
very search: by a library opened anew, in another order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from index.core.hits import Hit
from index.core.query import Query
from index.explain.counterfactuals import rank_in
from index.library import Library

HITS = 3
_BE = re.compile(r"without (\w+) it would be (first|\d+)", re.IGNORECASE)
_NOT_AMONG = re.compile(r"without (\w+) it would not be among the first (\d+)", re.IGNORECASE)
_AMONG = re.compile(
    r"of the moments (in the same key|at the same tempo) it is the (first|\d+)", re.IGNORECASE
)
_STILL = re.compile(r"without any one factor it would still be first", re.IGNORECASE)


@dataclass(frozen=True)
class Claim:
    """Something said about where a hit would stand."""

    text: str
    query: Query
    hit: Hit

    def holds(self, library: Library) -> bool:
        """Whether the search that it speaks of says the same."""
        if said := _BE.search(self.text):
            return self._rank(library, said[1], self.query.k) == _number(said[2]) or (
                self._rank(library, said[1], 0) == _number(said[2]) > self.query.k
            )
        if said := _NOT_AMONG.search(self.text):
            first = int(said[2])
            return self._rank(library, said[1], self.query.k if first == self.query.k else -first) is None
        if said := _AMONG.search(self.text):
            hits = library.find(replace(self.query, k=max(self.query.k, self.hit.rank))).hits
            fit = _in_key if "key" in said[1] else _at_tempo
            return rank_in([hit for hit in hits if fit(hit)], self.hit) == _number(said[2])
        raise ValueError(f"not a claim about a rank: {self.text}")

    def _rank(self, library: Library, factor: str, k: int) -> int | None:
        """The hit's rank without a factor among k; in pure order among 60 (k = 0) or 50 (k = -50)."""
        query = replace(self.query, emphasis={**self.query.emphasis, factor: 0.0})
        if k <= 0:
            query = replace(query, k=-k or 60, diversity="closest")
        return rank_in(library.find(query).hits, self.hit)


def ranks(library: Library, queries: Sequence[Query]) -> dict[str, Any]:
    """The share of claims that hold, and those that do not."""
    claims: list[Claim] = []
    for query in queries:
        for hit in library.find(query).hits[:HITS]:
            explanation = library.explain(query, hit)
            texts = [each.text for each in explanation.otherwise]
            texts += re.findall(r"[^.;]*(?:would be|would not be|it is the)[^.;]*", explanation.summary)
            if _STILL.search(explanation.summary):
                texts += [
                    f"without {part.name} it would be first" for part in explanation.parts if part.share
                ]
            claims += [Claim(text, query, hit) for text in texts]
    order = np.random.default_rng(0).permutation(len(claims))
    again = Library(library.options)
    try:
        wrong = [claims[place].text for place in order if not claims[place].holds(again)]
    finally:
        again.close()
    return {
        "claims": len(claims),
        "hold": round(1 - len(wrong) / max(1, len(claims)), 4),
        "wrong": dict(Counter(wrong).most_common(10)),
    }


def _number(word: str) -> int:
    return 1 if word.lower() == "first" else int(word)


def _in_key(hit: Hit) -> bool:
    return hit.alignment.shift_semitones == 0


def _at_tempo(hit: Hit) -> bool:
    return abs(hit.alignment.tempo_ratio - 1) < 0.03

"""Counterfactuals: the rank that a hit would have without a factor, and among moments in the same key or
tempo.

Every rank comes from a search that was run: the same query with the factor's emphasis at 0 and more hits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from index.core.hits import Hit, Results
from index.core.query import Query
from index.core.selection import same_passage
from index.search.diversity import CONSIDERED, select
from index.text.wording import ordinal

DEPTH = 50
"""How many hits are searched for the moment."""
_SAME_TEMPO = 0.03
_MOST_TOLD = 2

Find = Callable[[Query], Results]


@dataclass(frozen=True)
class Otherwise:
    """The rank of a hit in a changed search."""

    change: str
    """"without timbre", "in the same key", "at the same tempo"."""
    factor: str
    """What was left out; empty where moments were."""
    rank: int | None
    """From 1; None where it is not among the first `asked`."""
    asked: int

    @property
    def place(self) -> float:
        """Its rank, infinite where it is not found."""
        return float("inf") if self.rank is None else self.rank

    @property
    def text(self) -> str:
        """As in "without timbre it would be 14th"."""
        if not self.factor:
            return f"of the moments {self.change} it is the {ordinal(self.rank or 1)}"
        if self.rank is None:
            return f"{self.change} it would not be among the first {self.asked}"
        return f"{self.change} it would be {ordinal(self.rank)}"

    def as_json(self) -> dict[str, Any]:
        """Plain values, the text with them."""
        return {**asdict(self), "text": self.text}


def otherwise(find: Find, query: Query, hit: Hit) -> tuple[Otherwise, ...]:
    """The counterfactuals of a hit: one for each factor that contributed, largest first, then key and tempo.

    Nothing where the search has a single factor (a hum), or the hit lies in the query's own track (a repeat).
    """
    if hit.track.id == query.passage.source.id:
        return ()
    counted = [name for name, part in hit.factors.items() if part.weight > 0]
    if len(counted) < 2:
        return ()
    adding = [name for name in counted if hit.factors[name].contribution > 0]
    adding.sort(key=lambda name: -hit.factors[name].contribution)
    return (*(without(find, query, hit, name) for name in adding), *_among(find, query, hit))


def without(find: Find, query: Query, hit: Hit, factor: str) -> Otherwise:
    """The rank of a hit in the same search without one factor.

    One search in pure order says both: for more artists, a search chooses from its first hits.
    """
    left_out = replace(query, emphasis={**query.emphasis, factor: 0.0})
    considered = CONSIDERED * query.k
    found = find(replace(left_out, k=max(DEPTH, considered), diversity="closest")).hits
    in_order = rank_in(found, hit)
    if query.diversity == "closest":
        return Otherwise(f"without {factor}", factor, in_order, max(DEPTH, considered))
    shown = rank_in(select(found[:considered], left_out), hit)
    if shown is None and in_order is not None and in_order <= query.k:  # it makes room for another artist
        return Otherwise(f"without {factor}", factor, None, query.k)
    return Otherwise(f"without {factor}", factor, shown or in_order, max(DEPTH, considered))


def rank_in(hits: Sequence[Hit], hit: Hit) -> int | None:
    """The place of the same moment among hits, from 1; None where it is not there."""
    return next(
        (place for place, other in enumerate(hits, 1) if same_passage(other.moment, hit.moment)), None
    )


def _among(find: Find, query: Query, hit: Hit) -> list[Otherwise]:
    """The hit's rank among the moments found in the query's
    key, at its tempo, and both; where that says more.
    """
    fits = {
        "in the same key": lambda one: one.alignment.shift_semitones == 0,
        "at the same tempo": lambda one: abs(one.alignment.tempo_ratio - 1) < _SAME_TEMPO,
    }
    fitting = {change: fit for change, fit in fits.items() if fit(hit)}
    if hit.rank < 2 or not fitting:
        return []
    results = find(replace(query, k=max(query.k, hit.rank)))
    now = rank_in(results.hits, hit)
    if now is None:
        return []
    above = results.hits[: now - 1]
    ranks = {change: 1 + sum(map(fit, above)) for change, fit in fitting.items()}
    return [Otherwise(change, "", rank, now) for change, rank in ranks.items() if rank < now]


def most_telling(found: Sequence[Otherwise], rank: int) -> str:
    """The most telling of them for a hit of that rank, as a sentence; empty where nothing would change.

    What moves it down most, what holds it back most, and of which moments it is the first.
    """
    parts = [each for each in found if each.factor]
    if rank == 1 and len(parts) > 1 and all(each.rank == 1 for each in parts):
        return "Without any one factor it would still be first."
    down = [each for each in parts if each.place > rank]
    up = [each for each in parts if each.place < rank]
    said = [max(down, key=lambda each: each.place).text] if down else []
    said += [min(up, key=lambda each: each.place).text] if up else []
    said += [each.text for each in found if not each.factor and each.rank == 1]
    text = "; ".join(said[:_MOST_TOLD])
    return f"{text[:1].upper()}{text[1:]}." if text else ""

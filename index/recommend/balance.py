"""Likeness and discovery in balance: new artists, different artists, different eras, at a small known cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from index.core.hits import Hit

LOSS = 0.05
"""How much of the mean score of the closest moments the balance may cost."""
ERA_YEARS = 50


def in_balance(shortlist: Sequence[Hit], heard: set[str], k: int) -> list[Hit]:
    """The k best moments, balanced as long as that costs at most LOSS of their mean score.

    In this order: half of them by artists not played before, no artist twice, none of the eras with more than
    half.
    """
    best, others = list(shortlist[:k]), list(shortlist[k:])
    floor = (1 - LOSS) * float(np.mean([hit.score for hit in best])) if best else 0.0

    def new(hit: Hit) -> bool:
        return hit.track.author.casefold() not in heard

    def absent(kinds: Sequence[bool]) -> list[Hit]:
        """The best moment of each artist not yet chosen, either new or played before."""
        there = {hit.track.author.casefold() for hit in best if hit.track.author}
        found: dict[str, Hit] = {}
        for hit in others:
            author = hit.track.author.casefold() or hit.track.id
            if author not in there and new(hit) in kinds:
                found.setdefault(author, hit)
        return list(found.values())

    wanted = k // 2 - sum(map(new, best))
    best = _swapped(best, absent([True]), _ids(hit for hit in best if not new(hit)), floor, wanted)
    for kind in (True, False):  # a new artist is never swapped for one that was played before
        again = _ids(hit for hit in _repeated(best) if new(hit) is kind)
        best = _swapped(best, absent([True] if kind else [True, False]), again, floor, len(again))
    most = max(1, k // 2)
    eras = [_era(hit) for hit in best]
    crowded = next((era for era in eras if era is not None and eras.count(era) > most), None)
    for kind in (True, False) if crowded is not None else ():
        goes = _ids(hit for hit in best if _era(hit) == crowded and new(hit) is kind)
        alike = [hit for hit in absent([kind]) if _era(hit) != crowded]
        surplus = sum(_era(hit) == crowded for hit in best) - most
        best = _swapped(best, alike, goes, floor, surplus)
    return sorted(best, key=lambda hit: -hit.score)


def _repeated(hits: Sequence[Hit]) -> list[Hit]:
    """All but the best of each artist."""
    seen: set[str] = set()
    again = []
    for hit in sorted(hits, key=lambda hit: -hit.score):
        author = hit.track.author.casefold()
        if author and author in seen:
            again.append(hit)
        seen.add(author)
    return again


def _ids(hits: Iterable[Hit]) -> frozenset[str]:
    return frozenset(hit.track.id for hit in hits)


def _swapped(
    best: list[Hit], others: Sequence[Hit], goes: frozenset[str], floor: float, times: int
) -> list[Hit]:
    """The best with the last of those that may go out for
    others, as long as the mean score stays above the floor.
    """
    for other in others[: max(0, times)]:
        old = next((hit for hit in reversed(best) if hit.track.id in goes), None)
        if old is None:
            break
        changed = [hit for hit in best if hit is not old]
        if float(np.mean([hit.score for hit in [*changed, other]])) < floor:
            break
        best = sorted([*changed, other], key=lambda hit: -hit.score)
    return best


def _era(hit: Hit) -> int | None:
    return hit.track.year // ERA_YEARS if hit.track.year else None

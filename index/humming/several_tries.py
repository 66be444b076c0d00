"""Several tries at one tune: what each of them found is weighed together, piece by piece.

The evidence of a place is log odds a voiced frame, so that of two tries is their mean, each counting by its voiced
seconds. A try may be of another part of the tune and in another key: pieces are what both speak of, not moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.analysis.f0 import PitchTrack
from index.humming.places import Place


@dataclass(frozen=True)
class Try:
    """One recording of a tune, and where it may lie."""

    pitch: PitchTrack
    places: Sequence[Place]
    """Aligned exactly, best first."""


def voiced_s(tries: Sequence[Try]) -> float:
    """Voiced seconds of all tries."""
    return sum(each.pitch.voiced_s for each in tries)


def together(tries: Sequence[Try]) -> list[Place]:
    """The best place of every piece, with the evidence of all tries, best first.

    What a try did not align exactly has no more evidence there than the least of what it did. A single try's places
    are returned as they are, several of one piece among them.
    """
    heard = [each for each in tries if each.places]
    if len(heard) <= 1:
        return list(heard[0].places) if heard else []
    whole_s = voiced_s(heard)
    found = [(each.pitch.voiced_s / whole_s, _best(each.places)) for each in heard]
    least = [min(places.values(), key=_odds).odds for _, places in found]
    united = []
    for track in {track for _, places in found for track in places}:
        shown = max((places[track] for _, places in found if track in places), key=_odds)
        odds = sum(
            share * (places[track].odds if track in places else nothing)
            for (share, places), nothing in zip(found, least, strict=True)
        )
        united.append(replace(shown, odds=odds))
    return sorted(united, key=lambda place: (-place.odds, place.track))


def _best(places: Sequence[Place]) -> dict[int, Place]:
    """The first, which is the best, of each track."""
    best: dict[int, Place] = {}
    for place in places:
        best.setdefault(place.track, place)
    return best


def _odds(place: Place) -> float:
    return place.odds

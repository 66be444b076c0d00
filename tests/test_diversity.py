"""Diversity: whom the shown hits are by."""

from dataclasses import replace

import pytest
from sounds import passage_of, silent_frames

from index.core.filters import Filters
from index.core.hits import Alignment, FactorScore, Hit
from index.core.moments import Moment
from index.core.query import Query
from index.core.tracks import Track
from index.search.diversity import select


def hits(*authors, years=None):
    """Hits in falling order, one for each author named."""
    found = []
    for place, author in enumerate(authors):
        year = years[place] if years else 1800
        track = Track(f"t{place}", f"{place}.wav", f"Piece {place}", "", author, "", "", year, 60.0)
        factors = {"harmony": FactorScore(0.9, 0.9, 1.0, 1.0)}
        found.append(
            Hit(0, track, Moment(f"t{place}", 0, 10), 10 - place / 10, 0.9, 0.1, factors, Alignment(0, 1.0))
        )
    return found


def asked(diversity, k=10, **filters):
    return Query(passage_of(silent_frames(10)), k=k, diversity=diversity, filters=Filters(filters))


def authors_of(chosen):
    return [hit.track.composer for hit in chosen]


def test_closest_is_pure_order():
    found = hits(*"AAAAAAAAAAAABC")
    assert select(found, asked("closest")) == found[:10]


def test_balanced_shows_two_an_author_in_ten():
    chosen = authors_of(select(hits(*"AAAABBBBCCCCDDDDEEEE"), asked("balanced")))
    assert len(chosen) == 10
    assert all(chosen.count(author) == 2 for author in "ABCDE")


def test_adventurous_shows_one_an_author():
    chosen = authors_of(select(hits(*"AABBCCDDEE"), asked("adventurous", k=5)))
    assert sorted(chosen) == list("ABCDE")


def test_the_best_hit_is_always_first():
    for diversity in ("closest", "balanced", "adventurous"):
        assert select(hits(*"AABBCC"), asked(diversity, k=3))[0].track.id == "t0"


@pytest.mark.parametrize("name", ["composer", "artist"])
def test_who_asks_for_an_author_gets_them(name):
    assert authors_of(select(hits(*"AAAAAAAAAAAA"), asked("balanced", **{name: "A"}))) == ["A"] * 10


def test_tracks_without_an_author_are_not_one_author():
    assert len(select(hits(*[""] * 10), asked("balanced"))) == 10


def test_adventurous_prefers_another_era_where_little_is_lost():
    found = hits("A", "B", "C", years=[1800, 1805, 1600])
    assert authors_of(select(found, asked("adventurous", k=2))) == ["A", "C"]


def test_nothing_gives_nothing():
    assert select([], asked("balanced")) == []


@pytest.mark.parametrize("best", [10.0, 0.0, -1.0])
def test_without_others_of_an_author_order_decides_whatever_the_scores(best):
    falling = [replace(hit, score=best - place) for place, hit in enumerate(hits(*"ABCD"))]
    assert select(falling, asked("balanced", k=3)) == falling[:3]

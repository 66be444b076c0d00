"""Selection: so many in all, so many a track, no two of one passage."""

from __future__ import annotations

import pytest

from index.core.moments import Moment
from index.core.selection import AT_ALL, SAME_PASSAGE, apart, same_passage


def kept(found: list[Moment], **limits) -> list[tuple[str, float]]:
    chosen = apart(found, lambda each: each, track=lambda each: each.track_id, **limits)
    return [(moment.track_id, moment.start_s) for moment in chosen]


def moments(*places: tuple[str, float]) -> list[Moment]:
    return [Moment(track, start_s, start_s + 10) for track, start_s in places]


def test_the_first_of_a_passage_is_kept_in_the_order_given():
    found = moments(("a", 20), ("a", 22), ("b", 22), ("a", 28), ("a", 12), ("b", 0))
    assert kept(found) == [("a", 20), ("b", 22), ("a", 28), ("a", 12), ("b", 0)]
    assert kept(found, overlap=AT_ALL) == [("a", 20), ("b", 22), ("b", 0)]


def test_what_was_left_out_hides_nothing():
    found = moments(
        ("a", 0), ("a", 5), ("a", 10)
    )  # the middle is near to both, which are not near to each other
    assert kept(found) == [("a", 0), ("a", 10)]
    assert kept(found, admits=lambda each: each.start_s > 0) == [("a", 5)]


def test_so_many_of_a_track_and_so_many_in_all():
    found = moments(*((track, 20.0 * place) for place in range(4) for track in "abc"))
    assert kept(found, a_track=1) == [("a", 0), ("b", 0), ("c", 0)]
    assert kept(found, a_track=2, most=4) == [("a", 0), ("b", 0), ("c", 0), ("a", 20)]
    assert kept(found, most=0) == []


def test_no_more_is_looked_at_than_is_needed():
    looked: list[str] = []

    def place(each: Moment) -> Moment:
        looked.append(each.track_id)
        return each

    endless = (Moment("ab"[number % 2], 20 * number, 20 * number + 10) for number in range(1000))
    chosen = apart(endless, place, track=lambda each: each.track_id, a_track=1, most=2)
    assert [each.track_id for each in chosen] == looked == ["a", "b"]
    assert next(endless).start_s <= 60


def test_touching_is_no_overlap():
    assert not same_passage(Moment("a", 0, 10), Moment("a", 10, 20), AT_ALL)
    assert same_passage(Moment("a", 0, 10), Moment("a", 9.999999, 20), AT_ALL)
    assert not same_passage(Moment("a", 0, 10), Moment("b", 0, 10), AT_ALL)
    assert same_passage(Moment("a", 0, 10), Moment("a", 7, 9.9)) is (SAME_PASSAGE <= 2.9 / 10)
    assert same_passage(Moment("a", 0, 10), Moment("a", 7, 10)), "three of ten seconds are"


@pytest.mark.parametrize("overlap", [AT_ALL, 0.3, 1.0])
def test_a_moment_is_always_one_passage_with_itself(overlap):
    assert same_passage(Moment("a", 3, 4.5), Moment("a", 3, 4.5), overlap)

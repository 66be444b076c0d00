"""The nouns: spans, windows, filters, queries, and hits as records."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sounds import passage_of, silent_frames

from index.core.errors import QueryError
from index.core.filters import Filters
from index.core.hits import Alignment, FactorScore, Hit
from index.core.moments import Grid, Moment
from index.core.query import Query
from index.core.tracks import Clip, Track


def test_a_moment_ends_after_it_starts():
    with pytest.raises(QueryError, match="end after it starts"):
        Moment("a", 5, 5)
    with pytest.raises(QueryError):
        Moment("a", -1, 5)


def test_overlap_is_intersection_over_union():
    assert Moment("a", 0, 10).overlap(Moment("a", 5, 15)) == pytest.approx(1 / 3)
    assert Moment("a", 0, 10).overlap(Moment("a", 0, 10)) == 1
    assert Moment("a", 0, 10).overlap(Moment("a", 20, 30)) == 0
    assert Moment("a", 0, 10).overlap(Moment("b", 0, 10)) == 0


def test_a_span_is_read_as_a_clock():
    assert Moment("a", 83, 93).span == "1:23-1:33"
    assert Moment("a", 59.96, 70.04).span == "1:00-1:10"
    assert Moment("a", 3600, 3610.5).span == "1:00:00-1:00:10.5"


def test_windows_begin_every_hop_and_the_last_ends_with_the_track():
    assert Grid(10, 2).spans(15.0) == [(0, 10), (2, 12), (4, 14), (5, 15)]
    assert Grid(10, 8).spans(26.0) == [(0, 10), (8, 18), (16, 26)]


def test_what_is_shorter_than_a_window_is_one_window():
    assert Grid().spans(3.2) == [(0, 3.2)]
    assert Grid().spans(10.0) == [(0, 10.0)]


@given(st.floats(0.1, 2000), st.floats(0.5, 10), st.floats(1, 60))
@example(1.00001, 1.0, 1.0)
def test_windows_cover_a_track_from_its_start_to_its_end(duration_s, hop_s, window_s):
    spans = Grid(window_s, hop_s).spans(duration_s)
    assert spans[0][0] == 0
    assert spans[-1][1] == pytest.approx(
        duration_s, abs=1e-3
    )  # for less than a millisecond there is no window more
    starts = [start for start, _ in spans]
    assert starts == sorted(set(starts))
    assert all(end - start == pytest.approx(min(window_s, duration_s)) for start, end in spans)
    assert all(b - a <= hop_s + 1e-6 for a, b in pairwise(starts))


@pytest.mark.parametrize(("window_s", "hop_s"), [(10, 0.4), (10, 11), (0.5, 2), (61, 2)])
def test_a_grid_has_limits(window_s, hop_s):
    with pytest.raises(QueryError):
        Grid(window_s, hop_s)


def test_filters_know_their_names_and_numbers():
    assert Filters({"year_from": "1800", "not_composer": "Bach"}).conditions == {
        "year_from": 1800.0,
        "not_composer": "Bach",
    }
    assert not Filters()
    for wrong in ({"colour": "red"}, {"tempo_min": "fast"}, {"key_mode": "dorian"}, {"not_not_artist": "x"}):
        with pytest.raises(QueryError):
            Filters(wrong)


def test_a_filter_may_hold_several_names():
    several: Any = ("Bach", "Mozart", "Bach")
    given = Filters({"not_composer": several, "genre": ["jazz"], "artist": "Nina Simone"})
    assert given.conditions == {"not_composer": ["Bach", "Mozart"], "genre": "jazz", "artist": "Nina Simone"}
    wrongs: list[dict[str, list[str]]] = [
        {"composer": []},
        {"year_from": ["1800", "1900"]},
        {"key_mode": ["major", "minor"]},
    ]
    for wrong in wrongs:
        with pytest.raises(QueryError):
            Filters(wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"k": 0}, {"hits_per_track": 0}, {"diversity": "wild"}, {"min_likeness": 1.5}, {"emphasis": {"smell": 1}},
     {"emphasis": {"timbre": -1}}, {"emphasis": {"timbre": 101}}, {"emphasis": {"timbre": "much"}}],
)  # fmt: skip
def test_a_query_says_what_is_wrong_with_it(wrong):
    with pytest.raises(QueryError):
        Query(passage_of(silent_frames(2.0)), **wrong)


def test_all_five_factors_may_be_emphasised():
    names = ("timbre", "harmony", "melody", "rhythm", "dynamics")
    assert set(Query(passage_of(silent_frames(2.0)), emphasis=dict.fromkeys(names, 2)).emphasis) == set(names)


def test_a_passage_has_the_name_of_its_source():
    passage = passage_of(silent_frames(4.0), 1.0, 3.0, title="Träumerei")
    assert (passage.name, passage.duration_s) == ("Träumerei", 2.0)


def a_hit():
    track = Track("id", "a/b.flac", "Title", "Artist", "Composer", "Album", "Genre", 1804, 93.1)
    factors = {"harmony": FactorScore(0.91, 0.99, 1.0, 3.2), "timbre": FactorScore(0.5, 0.61, 0.5, 0.4)}
    return Hit(2, track, Moment("id", 83.0, 93.0), 3.6, 0.9876543, 0.12345, factors, Alignment(-2, 1.08))


def test_a_hit_survives_being_kept_as_json():
    assert Hit.from_record(json.loads(json.dumps(a_hit().as_record()))) == a_hit()


def test_the_public_form_of_a_hit():
    assert a_hit().as_json() == {
        "rank": 2, "track": "a/b.flac", "title": "Title", "artist": "Artist", "start_s": 83.0, "end_s": 93.0,
        "score": 3.6, "likeness": 0.9877, "confidence": 0.1235, "factors": {"harmony": 0.99, "timbre": 0.61},
    }  # fmt: skip


def test_a_listener_names_the_composer_before_the_artist():
    assert a_hit().track.author == "Composer"
    assert Track("id", "p", "T", "Artist", "", "", "", None, 1).author == "Artist"
    assert Clip("id", "p", "clip.wav", 3.0).noise == ""

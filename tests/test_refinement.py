"""Refinement: a hit is moved to where it fits, to a tenth of a second, and stretched a little."""

import pytest
from sounds import frames_with_notes, passage_of

from index.core.hits import Alignment, FactorScore, Hit
from index.core.moments import Moment
from index.core.query import Query
from index.core.tracks import Track
from index.placement.prepared import PreparedQuery
from index.search.refinement import refine

TUNE = (60, 64, 67, 65, 62, 69, 71, 60, 57, 64, 62, 67)


def events(start_s, note_s, shift=0):
    return [(start_s + i * note_s, start_s + (i + 0.9) * note_s, midi + shift) for i, midi in enumerate(TUNE)]


def a_hit(start_s, shift=0, ratio=1.0, length_s=9.6):
    track = Track("t", "t.wav", "T", "", "", "", "", None, 40.0)
    factors = {"harmony": FactorScore(0.9, 0.9, 1, 1)}
    return Hit(
        1, track, Moment("t", start_s, start_s + length_s * ratio), 1, 1, 1, factors, Alignment(shift, ratio)
    )


@pytest.fixture
def query():
    return passage_of(frames_with_notes(events(0, 0.8), 9.6))


@pytest.mark.parametrize("true_s", [11.5, 12.0, 12.3, 12.9])
def test_the_start_is_found_within_a_tenth(query, true_s):
    frames = frames_with_notes(events(true_s, 0.8, shift=3), 40.0)
    refined = refine(PreparedQuery(Query(query)), a_hit(12.2, shift=3), frames)
    assert refined.moment.start_s == pytest.approx(true_s, abs=0.11)
    assert refined.alignment == Alignment(3, 1.0)
    assert refined.moment.end_s - refined.moment.start_s == pytest.approx(9.6)


def test_a_tempo_between_the_steps_is_found(query):
    frames = frames_with_notes(events(12, 0.8 * 1.19), 40.0)
    refined = refine(PreparedQuery(Query(query)), a_hit(12.2, ratio=1.155), frames)
    assert refined.alignment.tempo_ratio == pytest.approx(1.19, rel=0.025)


def test_a_tempo_very_close_is_called_the_same(query):
    frames = frames_with_notes(events(12, 0.8 * 1.01), 40.0)
    assert refine(PreparedQuery(Query(query)), a_hit(12.0), frames).alignment.tempo_ratio == 1.0


@pytest.mark.parametrize("true_s", [0.0, 0.4])
def test_hits_at_the_start_of_a_track_stay_inside(query, true_s):
    frames = frames_with_notes(events(true_s, 0.8), 40.0)
    refined = refine(PreparedQuery(Query(query)), a_hit(0.0), frames)
    assert refined.moment.start_s == pytest.approx(true_s, abs=0.11)


def test_hits_at_the_end_of_a_track_stay_inside(query):
    frames = frames_with_notes(events(30.4, 0.8), 40.0)
    refined = refine(PreparedQuery(Query(query)), a_hit(30.0), frames)
    assert refined.moment.end_s <= 40.0
    assert refined.moment.start_s == pytest.approx(30.4, abs=0.11)


def test_a_track_shorter_than_the_query_is_one_hit(query):
    frames = frames_with_notes(events(0, 0.8)[:6], 4.8)
    refined = refine(PreparedQuery(Query(query)), a_hit(0.0), frames)
    assert (refined.moment.start_s, refined.moment.end_s) == (0, 4.8)


def test_one_prepared_query_serves_many_hits(query):
    prepared = PreparedQuery(Query(query))
    frames = frames_with_notes(events(12, 0.8), 40.0)
    first = refine(prepared, a_hit(12.5), frames)
    assert refine(prepared, a_hit(12.5), frames) == first


@pytest.mark.parametrize(("true", "said"), [(0.95, 0.95), (0.975, 1.0), (1.025, 1.0), (1.05, 1.05)])
def test_a_tempo_a_little_beside_is_found_and_one_as_good_as_the_same_is_the_same(query, true, said):
    frames = frames_with_notes(events(12.0, 0.8 * true), 40.0)
    refined = refine(PreparedQuery(Query(query)), a_hit(12.0), frames)
    assert refined.alignment.tempo_ratio == pytest.approx(said)
    assert refined.moment.end_s - refined.moment.start_s == pytest.approx(9.6 * said)
    assert refined.moment.start_s == pytest.approx(12.0, abs=0.21)

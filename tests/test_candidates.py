"""Candidates: the shelf, its windows, and what the vectors propose."""

import numpy as np
import pytest
import sounds
from hypothesis import given
from hypothesis import strategies as st

from index.audio.reading import Sound
from index.core.moments import Grid, Moment, window_count
from index.core.query import Query
from index.core.tracks import Track
from index.factors import build
from index.placement.by_notes import SLACK_S
from index.placement.prepared import PreparedQuery
from index.search import candidates
from index.search.candidates import Shelf, propose


def track(track_id, duration_s):
    return Track(track_id, f"{track_id}.wav", track_id, "", "", "", "", None, duration_s)


SHELF = Shelf.of([track("a", 25.0), track("b", 8.0), track("c", 31.5)], Grid())


@given(st.floats(0.5, 5000), st.floats(0.5, 10), st.floats(1, 30))
def test_windows_are_counted_as_they_are_listed(duration_s, hop_s, window_s):
    grid = Grid(window_s, hop_s)
    assert window_count(track("a", duration_s), grid) == len(grid.spans(duration_s))


@given(st.floats(0.5, 5000), st.floats(0.5, 10))
def test_every_window_begins_within_reach_of_one_that_has_vectors(duration_s, hop_s):
    grid = Grid(10.0, hop_s)
    spans, some = grid.spans(duration_s), grid.vector_spans(duration_s)
    assert len(some) == grid.vector_count(len(spans)) and set(some) <= set(spans)
    starts_s = np.array([start_s for start_s, _ in some])
    assert all(np.abs(starts_s - start_s).min() <= SLACK_S + 1e-6 for start_s, _ in spans)
    assert np.diff(starts_s).max(initial=0) <= max(2 * SLACK_S, hop_s) + 1e-6


def test_a_shelf_counts_its_windows():
    assert SHELF.windows == SHELF.total_windows == len(SHELF.all_windows()) == 9 + 1 + 12


def test_a_window_is_found_by_its_id():
    for number, candidate in enumerate(SHELF.all_windows()[:9]):
        assert SHELF.window(f"a:{number:05d}") == candidate
    assert SHELF.window("b:00000") == Moment("b", 0.0, 8.0)
    assert SHELF.window("gone:00000") is None


def test_a_narrowed_shelf_has_only_what_is_allowed():
    narrow = SHELF.narrowed(lambda each: each.id != "b", "a")
    assert {window.track_id for window in narrow.all_windows()} == {"c"}
    assert (narrow.windows, narrow.total_windows) == (12, 22)
    assert narrow.window("a:00000") is None
    assert narrow.window("b:00000") is None
    assert {candidate.track_id for candidate in narrow.sample(50)} == {"c"}


def test_the_same_shelf_gives_the_same_sample():
    assert SHELF.sample(10) == SHELF.sample(10)
    assert SHELF.sample(10) != SHELF.sample(10, seed=8)
    assert len(SHELF.sample(1000)) == 22
    assert Shelf.of([], Grid()).sample(5) == []


def test_a_small_library_is_compared_whole(small):
    shelf = Shelf.of(list(small.tracks.values()), Grid())
    found = propose(PreparedQuery(Query(small.passage("Song in C"))), shelf, small.vectors, build())
    assert found == shelf.all_windows()


def test_nothing_is_proposed_from_an_empty_shelf(small):
    assert (
        propose(
            PreparedQuery(Query(small.passage("Song in C"))), Shelf.of([], Grid()), small.vectors, build()
        )
        == []
    )


@pytest.fixture
def by_vectors(monkeypatch):
    monkeypatch.setattr(candidates, "SCAN_WINDOWS", 0)
    monkeypatch.setattr(candidates, "CANDIDATES", {"timbre": 4, "harmony": 4})


def test_vectors_propose_the_passage_itself(small, by_vectors):
    shelf = Shelf.of(list(small.tracks.values()), Grid())
    found = propose(PreparedQuery(Query(small.passage("Song in C", 4, 14))), shelf, small.vectors, build())
    assert Moment(small.tracks["Song in C"].id, 4.0, 14.0) in found
    assert len(found) == len(set(found)) < shelf.windows


def test_vectors_propose_the_same_music_in_another_key(small, by_vectors):
    shelf = Shelf.of(list(small.tracks.values()), Grid()).narrowed(None, small.tracks["Cadence in D"].id)
    found = propose(PreparedQuery(Query(small.passage("Cadence in D", 2, 12))), shelf, small.vectors, build())
    assert small.tracks["Cadence in F"].id in {candidate.track_id for candidate in found}
    assert small.tracks["Cadence in D"].id not in {candidate.track_id for candidate in found}


def test_a_long_passage_is_asked_for_twice(small, by_vectors):
    """Its second window is found where it lies, and moved back to where the passage begins."""
    shelf = Shelf.of(list(small.tracks.values()), Grid())
    found = propose(PreparedQuery(Query(small.passage("Song in C", 2, 22))), shelf, small.vectors, build())
    own = [each.start_s for each in found if each.track_id == small.tracks["Song in C"].id]
    assert 3.0 in own, "its second window, from 7 s on, is nearest to the one from 8 s on"


def test_short_and_noisy_passages_are_asked_for_more(small, as_clip):
    clean = PreparedQuery(Query(small.passage("Song in C", 4, 14)))
    noise = np.random.default_rng(0).normal(0, 0.1, 10 * sounds.RATE_HZ).astype(np.float32)
    noisy = PreparedQuery(Query(as_clip(Sound(noise, sounds.RATE_HZ))))
    assert candidates.breadth(PreparedQuery(Query(small.passage("Song in C", 4, 9))), 10) == pytest.approx(
        2 * candidates.breadth(clean, 10), rel=0.2
    )
    assert candidates.breadth(noisy, 10) > 3 * candidates.breadth(clean, 10)


def test_narrow_shelves_are_asked_for_more(small, by_vectors):
    """Of one track in eight, as many windows as asked for still come."""
    shelf = Shelf.of(list(small.tracks.values()), Grid())
    swell = shelf.narrowed(lambda each: each.title == "Swell", "")
    found = propose(PreparedQuery(Query(small.passage("Clicks"))), swell, small.vectors, build())
    assert len(found) == Grid().vector_count(swell.windows)

"""Search from a passage to ranked hits, in a small library with real networks and a real vector store."""

import shutil

import numpy as np
import pytest
import sounds
from threadpoolctl import ThreadpoolController

from index.audio.reading import Sound
from index.core.errors import EmptyLibraryError
from index.core.filters import Filters
from index.core.moments import Grid
from index.core.query import Query
from index.factors import build
from index.placement.prepared import PreparedQuery
from index.search import candidates
from index.search.candidates import Shelf
from index.search.fusion import FusionModel
from index.search.searcher import Searcher, is_itself
from index.store.frame_store import FrameStore
from index.system.blas import OneBlasThread


def titles(results):
    return [hit.track.title for hit in results.hits]


def test_the_same_music_in_another_key_and_tempo_is_first(small):
    best = small.searcher.find(Query(small.passage("Cadence in D", 2, 12), k=3)).hits[0]
    assert best.track.title == "Cadence in F"
    assert best.alignment.shift_semitones == 3
    assert best.alignment.tempo_ratio == pytest.approx(1.08, abs=0.03)
    assert best.moment.end_s - best.moment.start_s == pytest.approx(10 * best.alignment.tempo_ratio, abs=0.01)


def test_ranks_scores_and_parts_fit_together(small):
    results = small.searcher.find(Query(small.passage("Song in C", 0, 10), k=5))
    assert [hit.rank for hit in results.hits] == [1, 2, 3, 4, 5]
    scores = [hit.score for hit in results.hits]
    assert scores == sorted(scores, reverse=True)
    for hit in results.hits:
        assert sum(part.contribution for part in hit.factors.values()) == pytest.approx(hit.score)
        assert 0 <= hit.likeness <= 1
        assert 0 <= hit.confidence <= 1
        assert 0 <= hit.moment.start_s < hit.moment.end_s <= hit.track.duration_s + 1e-6


def test_a_library_moment_leaves_its_own_track_out_unless_asked(small):
    passage = small.passage("Form A-B-A", 0, 10)
    assert "Form A-B-A" not in titles(small.searcher.find(Query(passage, k=8)))
    with_own = small.searcher.find(Query(passage, k=8, exclude_same_track=False))
    assert titles(with_own)[0] == "Form A-B-A"
    assert with_own.itself is None, "only a clip can be found again"


def test_one_hit_a_recording_unless_more_are_asked_for(small):
    passage = small.passage("Cadence in D", 2, 12)
    once = titles(small.searcher.find(Query(passage, k=10)))
    assert len(once) == len(set(once))
    twice = small.searcher.find(Query(passage, k=10, hits_per_track=2)).hits
    most = max(titles_count := [sum(hit.track.title == name for hit in twice) for name in small.tracks])
    assert most == 2, titles_count
    for one in twice:
        assert all(one.moment.overlap(other.moment) < 0.35 for other in twice if other is not one)


def test_a_clip_of_a_track_finds_itself_first(small, made, as_clip):
    clip = as_clip(made["Song in C"].span(5.3, 15.3))
    results = small.searcher.find(Query(clip, k=3))
    best = results.hits[0]
    assert best.track.title == "Song in C"
    assert best.moment.start_s % 6 == pytest.approx(5.3, abs=0.3), "the song repeats every six seconds"
    assert best.alignment.shift_semitones == 0
    assert best.alignment.tempo_ratio == 1.0


def test_is_itself_asks_for_a_clip_the_same_fingerprint_and_certainty(small, made, as_clip):
    clip = as_clip(made["Song in C"].span(5.3, 15.3))
    query = Query(clip, k=1)
    best = small.searcher.find(query).hits[0]
    from dataclasses import replace

    sure = replace(best, confidence=0.99)
    assert is_itself(PreparedQuery(query), sure)
    assert not is_itself(PreparedQuery(query), replace(sure, confidence=0.5))
    without = {name: part for name, part in sure.factors.items() if name != "fingerprint"}
    assert not is_itself(PreparedQuery(query), replace(sure, factors=without))
    assert not is_itself(PreparedQuery(Query(small.passage("Song in C", 5, 15))), sure)


def test_a_short_query_has_short_hits(small):
    hits = small.searcher.find(Query(small.passage("Scale in G", 2, 5), k=4)).hits
    assert len(hits) == 4
    for hit in hits:
        assert hit.moment.end_s - hit.moment.start_s == pytest.approx(3 * hit.alignment.tempo_ratio, abs=0.01)


def test_tracks_that_are_not_allowed_are_not_found(small):
    results = small.searcher.find(
        Query(small.passage("Cadence in D", 2, 12), k=8), allowed=lambda track: track.composer == "Bert"
    )
    assert set(titles(results)) <= {"Form A-B-A", "Scale in G", "Clicks", "Swell"}
    assert results.hits
    everything = small.searcher.find(Query(small.passage("Cadence in D", 2, 12)))
    assert results.compared < everything.compared


def test_moments_are_filtered_by_what_is_heard(small):
    passage = small.passage("Cadence in D", 2, 12)
    minor = titles(small.searcher.find(Query(passage, k=8, filters=Filters({"key_mode": "minor"}))))
    assert "Song in A minor" in minor
    assert "Cadence in F" not in minor
    major = titles(small.searcher.find(Query(passage, k=8, filters=Filters({"not_key_mode": "minor"}))))
    assert set(minor) & set(major) <= {"Form A-B-A"}, "it has both"


def test_a_least_likeness_is_kept(small):
    passage = small.passage("Cadence in D", 2, 12)
    every = small.searcher.find(Query(passage, k=8)).hits
    limit = (every[0].likeness + every[-1].likeness) / 2
    kept = small.searcher.find(Query(passage, k=8, min_likeness=limit)).hits
    assert [hit.track.id for hit in kept] == [hit.track.id for hit in every if hit.likeness >= limit]


def test_emphasis_changes_weights_and_nothing_else(small):
    passage = small.passage("Cadence in D", 2, 12)
    plain = small.searcher.find(Query(passage, k=8)).hits
    loud = small.searcher.find(Query(passage, k=8, emphasis={"timbre": 2, "melody": 3})).hits
    before = {hit.moment: hit.factors for hit in plain}
    same = [(before[hit.moment], hit.factors) for hit in loud if hit.moment in before]
    assert len(same) >= 4
    for old, new in same:
        assert old.keys() == new.keys()
        for name, times in (("timbre", 2), ("melody", 3), ("harmony", 1), ("rhythm", 1), ("dynamics", 1)):
            assert new[name].value == pytest.approx(old[name].value), name
            assert new[name].weight == pytest.approx(times * old[name].weight), name
            assert new[name].contribution == pytest.approx(times * old[name].contribution), name
    assert any(old["timbre"].contribution and old["melody"].contribution for old, _ in same)


def test_repeats_of_a_theme_are_found_in_its_track(small):
    results = small.searcher.repeats(Query(small.passage("Form A-B-A", 0, 9), k=3, hits_per_track=3))
    assert results.hits
    assert results.hits[0].moment.start_s == pytest.approx(20, abs=0.5)
    assert results.hits[0].alignment.shift_semitones == 0
    assert {hit.track.title for hit in results.hits} == {"Form A-B-A"}


def test_two_passages_are_judged_as_if_one_had_been_found(small):
    here, there = small.passage("Cadence in D", 2, 12), small.passage("Cadence in F", 2, 12.8)
    hit = small.searcher.judge(Query(here), there)
    assert (hit.moment.start_s, hit.moment.end_s) == (2, 12.8)
    assert hit.alignment.shift_semitones == 3
    other = small.searcher.judge(Query(here), small.passage("Clicks", 0, 10))
    assert hit.factors["harmony"].likeness > other.factors["harmony"].likeness


def test_vectors_alone_find_what_the_whole_comparison_finds(small, monkeypatch):
    query = Query(small.passage("Cadence in D", 2, 12), k=1)
    whole = small.searcher.find(query).hits[0]
    monkeypatch.setattr(candidates, "SCAN_WINDOWS", 0)
    assert small.searcher.find(query).hits[0].moment == whole.moment


def test_an_empty_library_says_so(small):
    searcher = Searcher(Shelf.of([], Grid()), small.vectors, small.store, build(), FusionModel.load())
    with pytest.raises(EmptyLibraryError):
        searcher.find(Query(small.passage("Clicks")))


def test_a_library_of_one_short_track_answers(small):
    track = small.tracks["Clicks"]
    searcher = Searcher(Shelf.of([track], Grid()), None, small.store, build(), FusionModel.load())
    hits = searcher.find(Query(small.passage("Cadence in D", 0, 10))).hits
    assert [hit.track.title for hit in hits] == ["Clicks"]


def test_silence_finds_something_or_nothing_but_never_fails(small, as_clip):
    clip = as_clip(Sound(np.zeros(3 * sounds.RATE_HZ, np.float32), sounds.RATE_HZ))
    hits = small.searcher.find(Query(clip, k=3)).hits
    assert all(hit.confidence < 0.5 for hit in hits)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert all(np.isfinite([hit.score, hit.likeness, hit.confidence]).all() for hit in hits)
    assert len(hits) == 3, "the nearest are shown, and called weak"


def test_what_is_like_no_music_is_said_to_be_weak(small, as_clip):
    noise = np.random.default_rng(0).normal(0, 0.1, 10 * sounds.RATE_HZ).astype(np.float32)
    query = Query(as_clip(Sound(noise, sounds.RATE_HZ)))
    assert small.searcher.find(query, lambda track: track.title != "Clicks").weak
    assert not small.searcher.find(Query(small.passage("Cadence in D"))).weak
    assert not small.searcher.find(Query(small.passage("Cadence in F"))).weak


def test_what_cannot_be_read_is_left_out_and_the_rest_is_found(small, tmp_path, caplog):
    shutil.copytree(small.store.folder, tmp_path / "frames")
    store = FrameStore(tmp_path / "frames")
    cut_short = store.path(small.tracks["Cadence in F"].id)
    cut_short.write_bytes(cut_short.read_bytes()[:-100])
    store.delete(small.tracks["Clicks"].id)
    shelf = Shelf.of(list(small.tracks.values()), Grid())
    query = Query(small.passage("Cadence in D", 2, 12), k=20, exclude_same_track=False)
    for vectors in (None, small.vectors):
        caplog.clear()
        searcher = Searcher(shelf, vectors, store, build(), FusionModel.load())
        titles = {hit.track.title for _ in range(2) for hit in searcher.find(query).hits}
        assert titles == set(small.tracks) - {"Cadence in F", "Clicks"}
        assert len(caplog.records) == 2
        assert "reprise check --repair" in caplog.text


def test_where_nothing_can_be_read_nothing_is_found(small, tmp_path):
    shelf = Shelf.of(list(small.tracks.values()), Grid())
    searcher = Searcher(shelf, None, FrameStore(tmp_path), build(), FusionModel.load())
    assert searcher.find(Query(small.passage("Cadence in D", 2, 12))).hits == ()


def test_searches_that_overlap_leave_the_threads_of_blas_as_they_were():
    blas = ThreadpoolController().select(user_api="blas")
    with blas.limit(limits=2):
        first, second = OneBlasThread(), OneBlasThread()
        first.__enter__()
        assert {each["num_threads"] for each in blas.info()} == {1}
        second.__enter__()
        first.__exit__(None, None, None)
        assert {each["num_threads"] for each in blas.info()} == {1}
        second.__exit__(None, None, None)
        assert {each["num_threads"] for each in blas.info()} == {2}

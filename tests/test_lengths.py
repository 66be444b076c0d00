"""Any length asked of any length: every pair from a second to three hours is an answer or a sentence."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.analysis.f0 import PitchTrack
from index.analysis.melody_salience import Salience
from index.analysis.window_descriptors import measure
from index.core.errors import QueryError
from index.core.frames import (
    FINGERPRINT_HZ,
    NOTE_HZ,
    ONSET_HZ,
    PATCH_HZ,
    SKETCH_HZ,
    SKETCH_SCALE,
    Frames,
    fold_to_chroma,
    rows,
)
from index.core.moments import Grid, Passage
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.explain.compare import compare
from index.explain.describe import _during, describe
from index.explain.explain import explain
from index.factors import build
from index.humming.searcher import TuneSearcher
from index.search import candidates
from index.search.candidates import Shelf
from index.search.fusion import FusionModel
from index.search.rerank import COMPARED_S
from index.search.searcher import Searcher
from index.store.salience_store import SalienceTable
from index.store.window_store import PropertyTable
from index.structure.thumbnails import characteristic_spans
from index.words.results import TextQuery
from index.words.searcher import WordSearcher

WINDOW_S = Grid().window_s
SHORT_S = (1.0, 1.3, 2.0, 4.96, 9.97, 10.0)
"""No longer than a window: such a track is one."""


def music(duration_s: float, seed: int = 0) -> Frames:
    """Frames of a sound in which something happens."""
    random = np.random.default_rng(seed)
    count = {hz: rows(duration_s, hz) for hz in (NOTE_HZ, ONSET_HZ, SKETCH_HZ, PATCH_HZ, FINGERPRINT_HZ)}
    notes = np.zeros((count[NOTE_HZ], 88), np.uint8)
    line = np.repeat(random.integers(30, 60, count[NOTE_HZ] // 4 + 1), 4)[: len(notes)]
    for above in (0, 4, 7):
        notes[np.arange(len(notes)), line + above] = 220
    chroma = fold_to_chroma(notes)[np.minimum(np.arange(count[SKETCH_HZ]) * 5, len(notes) - 1)]
    return Frames(
        duration_s=duration_s,
        loudness_lufs=-20.0,
        notes=notes,
        contour=np.stack([3 * line, np.full(len(notes), 60000)], 1).astype(np.uint16),
        sketch=np.clip(chroma * SKETCH_SCALE, 0, 255).astype(np.uint8),
        chroma=np.clip(chroma * 200, 0, 255).astype(np.uint8),
        level_db=random.normal(-20, 3, len(notes)).astype(np.float16),
        centroid_hz=random.uniform(500, 3000, len(notes)).astype(np.float16),
        onset=np.abs(random.normal(2, 2, count[ONSET_HZ])).astype(np.float16),
        mfcc=random.normal(0, 10, (count[SKETCH_HZ], 13)).astype(np.float16),
        embedding=random.normal(0, 1, (count[PATCH_HZ], 200)).astype(np.float16),
        tags=random.integers(0, 255, (count[PATCH_HZ], 50)).astype(np.uint8),
        fingerprint=random.integers(2**32, size=count[FINGERPRINT_HZ], dtype=np.uint32),
    )


class Held:
    """A store of frames in memory."""

    def __init__(self, frames: dict[str, Frames]) -> None:
        self._frames = frames

    def read(self, track_id: str) -> Frames:
        return self._frames[track_id]

    def fetch(self, track_ids: Iterable[str]) -> None:
        """They are at hand."""

    def fit(self, searched_s: float) -> bool:
        """They are held, however many."""
        return True


class Library:
    """Tracks of these lengths, and every search of them."""

    def __init__(self, lengths_s: tuple[float, ...]) -> None:
        self.tracks = [
            Track(f"t{number}", f"/m/{number}.wav", f"T{number}", "A", "", "", "", None, length_s)
            for number, length_s in enumerate(lengths_s)
        ]
        frames = {track.id: music(track.duration_s, number) for number, track in enumerate(self.tracks)}
        self.frames = Held(frames)
        self.factors = build()
        shelf = Shelf.of(self.tracks, Grid())
        self.moments = Searcher(shelf, None, self.frames, self.factors, FusionModel.load())  # type: ignore[arg-type]
        salience = [Salience().kept(frames[track.id].notes) for track in self.tracks]
        self.tunes = TuneSearcher(self.tracks, SalienceTable.of(salience))
        values = [measure(track, frames[track.id], Grid()) for track in self.tracks]
        table = PropertyTable(
            [each.id for each in self.tracks], list(map(len, values)), np.concatenate(values)
        )
        self.words = WordSearcher(shelf, table, self.frames, lambda words: None)  # type: ignore[arg-type]

    def passage(self, track: Track, start_s: float, end_s: float) -> Passage:
        return Passage(track, self.frames.read(track.id), start_s, end_s)


def as_clip(frames: Frames, end_s: float | None = None) -> Passage:
    return Passage(Clip("clip", "", "c.wav", frames.duration_s), frames, 0.0, end_s or frames.duration_s)


def asked(library: Library, passage: Passage) -> None:
    """Every search by this passage, and all that is told of what it finds."""
    query = Query(passage, k=5)
    found = library.moments.find(query)
    assert found.hits
    for hit in found.hits:
        assert 0.0 <= hit.moment.start_s < hit.moment.end_s <= hit.track.duration_s + 1e-6
        assert np.isfinite([hit.score, hit.likeness, hit.confidence]).all()
    best = found.hits[0]
    there = library.passage(best.track, best.moment.start_s, best.moment.end_s)
    assert explain(query, best, there, library.factors, ()).summary
    judged = library.moments.judge(query, there)
    assert compare(passage, there, judged, library.factors)
    assert describe(there, library.factors).sentence
    assert characteristic_spans(passage.frames, Grid())
    if isinstance(passage.source, Track):
        library.moments.repeats(query)
    try:
        for hit in library.tunes.find(query).hits:
            assert 0.0 <= hit.moment.start_s < hit.moment.end_s <= hit.track.duration_s + 1e-6
    except QueryError as error:
        assert "no tune" in str(error)


@pytest.fixture(scope="module")
def short() -> Library:
    return Library(SHORT_S)


@pytest.mark.parametrize("length_s", [1.0, 1.6, 2.0, 5.0, 9.97, 10.0, 10.04, 12.0, 31.0, 130.0])
def test_a_library_of_tracks_no_longer_than_a_window_answers(short, length_s):
    for seed in (100, SHORT_S.index(10.0)):  # of no track, and of one of them
        asked(short, as_clip(music(length_s, seed)))
    for hit in short.words.find(TextQuery("fast and loud", k=9)).hits:
        assert hit.moment.end_s <= hit.track.duration_s


@pytest.mark.parametrize("length_s", [*SHORT_S, 10.04, 11.0, 25.0])
def test_a_library_of_one_track_answers(length_s):
    library = Library((length_s,))
    (track,) = library.tracks
    asked(library, as_clip(music(10.0, 100)))
    asked(library, as_clip(music(length_s)))
    whole = library.passage(track, 0.0, length_s)
    assert library.moments.find(Query(whole)).hits == ()  # its own track is left out
    library.moments.repeats(Query(whole, exclude_same_track=False))
    assert describe(whole, library.factors).seconds
    assert library.words.find(TextQuery("slow", k=3)).compared == len(Grid().spans(length_s))


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    tracks_s=st.lists(st.floats(1.0, 40.0), min_size=1, max_size=3),
    query_s=st.floats(1.0, 60.0),
    cut=st.floats(0.1, 1.0),
)
def test_any_lengths_are_answered(tracks_s, query_s, cut):
    library = Library(tuple(round(each, 2) for each in tracks_s))
    frames = music(round(query_s, 2), 100)
    asked(library, as_clip(frames, max(1.0, cut * frames.duration_s)))


def test_candidates_of_the_vectors_are_answered_too(small, as_clip, made, monkeypatch):
    """By way of the store, as in a library of many windows, with clips longer than every track."""
    monkeypatch.setattr(candidates, "SCAN_WINDOWS", 0)
    clip = as_clip(made["Cadence in F"])
    for end_s in (1.0, 10.0, clip.end_s):
        assert small.searcher.find(Query(replace(clip, end_s=end_s))).hits


@pytest.mark.parametrize("length_s", [3600.0, 10800.0])
def test_hours_of_query_are_compared_by_their_beginning(length_s):
    library = Library((12.0, 400.0))
    clip = as_clip(music(length_s, 100))
    by_chords = {"harmony": 100.0}  # nothing is the same: sound may choose another place of a track
    tracemalloc.start()
    found = library.moments.find(Query(clip, k=5, emphasis=by_chords)).hits
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found
    assert peak < 400e6
    begun = library.moments.find(Query(replace(clip, end_s=COMPARED_S), k=5, emphasis=by_chords)).hits
    for name in (
        "harmony",
        "timbre",
        "melody",
        "character",
    ):  # what is alike; the score sharpens small differences
        assert found[0].factors[name].value == pytest.approx(begun[0].factors[name].value, rel=0.05), name
    pitch = PitchTrack(0.1, np.full(len(clip.frames.notes), 60.0), np.ones(len(clip.frames.notes), bool))
    assert library.tunes.find_tune(Query(clip), pitch).hits


def test_chords_of_a_second_are_those_that_sound_in_it():
    chords = ((0.0, "C"), (1.0, "N"), (1.5, "G"), (1.9, "C"), (2.05, "F"), (7.0, "C"))
    assert _during(chords, 0.0, 1.0) == ["C"]
    assert _during(chords, 1.0, 2.0) == ["G"]
    assert _during(chords, 1.0, 2.1) == ["G", "C"]
    assert _during(chords, 2.0, 3.0) == ["F"]
    assert _during(chords, 5.0, 9.0) == ["F", "C"]
    assert _during(chords, 8.0, 9.0) == ["C"]
    assert _during((), 0.0, 1.0) == []

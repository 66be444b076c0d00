"""Rows that are read ahead: each file is opened once, and a search finds the same as with all of it in memory."""

from dataclasses import fields, replace

import numpy as np
import pytest
from sounds import silent_frames

from index.core.frames import RATES_HZ, Frames, rows
from index.core.query import Query
from index.factors import build
from index.search import candidates
from index.search.candidates import Shelf
from index.search.fusion import FusionModel
from index.search.searcher import Searcher
from index.store import rows_ahead
from index.store.array_files import ArrayFile
from index.store.frame_store import FrameStore
from index.store.home_files import HomeFiles
from index.store.rows_ahead import RowsAhead

LENGTH_S = 60.0


@pytest.fixture
def store(tmp_path):
    """Two sounds of random numbers."""
    random, store = np.random.default_rng(0), FrameStore(tmp_path)
    for name in ("a", "b"):
        frames = replace(silent_frames(LENGTH_S), fingerprint=None)
        for each in RATES_HZ:
            array = getattr(frames, each)
            array[...] = random.integers(0, 200, array.shape).astype(array.dtype)
        store.write(name, frames)
    return FrameStore(tmp_path)


@pytest.fixture
def opened(monkeypatch):
    """How often files are opened."""
    opened, before = [], HomeFiles.opened

    def noted(self, path):
        opened.append(path)
        return before(self, path)

    monkeypatch.setattr(HomeFiles, "opened", noted)
    return opened


def test_what_was_read_ahead_is_there_without_opening_the_file_again(store, opened):
    frames, whole = store.read("a"), store.read("a").notes
    other = FrameStore(store.folder).read("a")
    opened.clear()
    other.ahead(["notes", "onset", "fingerprint"], [(10.0, 20.0), (15.0, 23.0), (50.0, 99.0), (-3.0, 1.0)])
    assert len(opened) == 1
    assert isinstance(other.notes, RowsAhead)
    assert (len(other.notes), other.notes.shape, other.notes.dtype) == (600, (600, 88), np.uint8)
    for first, last in (
        (100, 200),
        (110, 230),
        (500, 600),
        (500, 700),
        (0, 10),
        (-100, None),
        (120, 120),
        (130, 110),
    ):
        part = other.notes[first:last]
        assert part.shape == whole[first:last].shape
        assert np.array_equal(part, whole[first:last]), (first, last)
    assert np.array_equal(other.onset[500:1000], frames.onset[500:1000])
    assert other.fingerprint is None
    assert len(opened) == 2, "once for the rows, once for the onsets to compare them with"
    assert np.array_equal(other.notes[200:400], whole[200:400]), "beside it"
    assert len(opened) == 3


def test_who_needs_all_of_an_array_reads_it_once(store, opened):
    whole, other = store.read("a").notes, FrameStore(store.folder).read("a")
    other.ahead(["notes"], [(10.0, 20.0)])
    opened.clear()
    assert np.array_equal(other.notes, whole)
    assert np.array_equal(other.notes[:, 3], whole[:, 3])
    assert np.array_equal(other.notes[[5, 590]], whole[[5, 590]])
    assert other.notes.sum() == whole.sum()
    assert len(opened) == 1


def test_arrays_that_are_there_are_not_read(store, opened):
    frames = store.read("a")
    frames.hold(["notes", "fingerprint"])
    opened.clear()
    frames.ahead(["notes"], [(0.0, 5.0)])
    assert isinstance(frames.notes, np.ndarray)
    assert opened == []


def test_of_the_sounds_of_long_ago_nothing_is_kept(store, monkeypatch):
    monkeypatch.setattr(rows_ahead, "MOST_SOUNDS", 1)
    one, other = store.read("a"), store.read("b")
    one.ahead(["notes", "onset"], [(0.0, 5.0)])
    other.ahead(["notes"], [(0.0, 5.0)])
    assert {"notes", "onset"}.isdisjoint(vars(one))
    assert "notes" in vars(other)
    assert isinstance(one.notes, np.ndarray)


def test_what_was_read_first_goes_with_what_was_read_last(store, monkeypatch):
    monkeypatch.setattr(rows_ahead, "MOST_SOUNDS", 1)
    one, other = store.read("a"), store.read("b")
    one.ahead(["notes", "sketch"], [(0.0, 5.0)])
    one.ahead(["onset"], [(0.0, 5.0)])
    other.ahead(["notes"], [(0.0, 5.0)])
    assert {"notes", "sketch", "onset"}.isdisjoint(vars(one))


def test_frames_in_memory_have_nothing_to_read():
    frames = silent_frames(5.0)
    before = dict(vars(frames))
    frames.ahead(["notes"], [(0.0, 5.0)])
    frames.hold(["notes"])
    assert vars(frames) == before


def test_what_is_searched_of_a_second_is_what_the_arrays_take(store):
    searched = ("notes", "embedding", "onset", "level_db", "sketch", "chroma")
    whole = sum(np.asarray(getattr(store.read("a"), each)).nbytes for each in searched) + 4 * 1000
    small = FrameStore(store.folder, most_bytes=whole)
    assert small.fit(0.95 * LENGTH_S)
    assert not small.fit(1.05 * LENGTH_S)


@pytest.mark.parametrize("scan", [True, False])
def test_a_library_that_is_too_large_for_memory_is_searched_as_one_that_is_not(small, monkeypatch, scan):
    if not scan:
        monkeypatch.setattr(candidates, "SCAN_WINDOWS", 0)
    shelf = Shelf.of(list(small.tracks.values()), small.searcher._shelf.grid)
    near = FrameStore(small.store.folder, most_bytes=1)
    searcher = Searcher(shelf, small.vectors, near, build(), FusionModel.load())
    for passage in (small.passage("Cadence in D", 2, 12), small.passage("Song in C", 5, 8)):
        query = Query(passage, k=5)
        expected, found = small.searcher.find(query).hits, searcher.find(query).hits
        assert [(hit.moment, hit.score, hit.confidence) for hit in found] == [
            (hit.moment, hit.score, hit.confidence) for hit in expected
        ]


def test_all_that_a_search_compares_was_read_ahead(small, monkeypatch):
    near = FrameStore(small.store.folder, most_bytes=1)
    shelf = Shelf.of(list(small.tracks.values()), small.searcher._shelf.grid)
    searcher = Searcher(shelf, small.vectors, near, build(), FusionModel.load())
    searcher.find(Query(small.passage("Song in C", 5, 15)))  # random moments are measured once
    asked, read, whole = Query(small.passage("Cadence in D", 2, 12)), [], ArrayFile.read

    def noted(self, name, first=0, last=None):
        read.append((name, first, last))
        return whole(self, name, first, last)

    monkeypatch.setattr(ArrayFile, "read", noted)
    assert searcher.find(asked).hits
    assert read == []


def test_every_array_can_be_read_ahead(store):
    frames = store.read("a")
    frames.ahead([each.name for each in fields(Frames)[2:]], [(0.0, LENGTH_S)])
    for name, rate_hz in RATES_HZ.items():
        assert len(getattr(frames, name)[0:None]) == rows(LENGTH_S, rate_hz)

"""What is kept of a track beside its frames: measured while it is added, once, and never behind another search."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from place import Place
from ready_place import add_clicks, copied, end

from index.analysis import melody_salience as salience
from index.analysis import window_descriptors as properties
from index.core.errors import OutdatedIndexError
from index.core.lengths import Measured
from index.core.moments import Grid
from index.core.tracks import Track
from index.factors import build
from index.searches import Searches
from index.store.descriptors import DescriptorStore
from index.store.frame_store import FrameStore
from index.store.vectors import VectorStore


@pytest.fixture(scope="module")
def clicking(tmp_path_factory):
    """Three tracks of clicks; to be copied."""
    folder = tmp_path_factory.mktemp("clicking")
    end(add_clicks(folder, ("0", "1", "2")))
    return folder


@pytest.fixture
def place(clicking, tmp_path):
    place = copied(clicking, tmp_path)
    yield place
    place.vectors.close()
    place.catalogue.close()


def searches(place: Place, tell: Callable[[Measured], None] = lambda _: None) -> Searches:
    return Searches(
        home=place.home,
        grid=Grid(),
        fingerprint="fake",
        catalogue=place.catalogue,
        frames=place.frames,
        factors=build(),
        vectors=lambda: place.vectors,
        tell=tell,
    )


def test_vectors_of_another_version_are_not_compared(place, monkeypatch):
    monkeypatch.setattr("index.searches.SCAN_WINDOWS", 0)
    for name in place.vectors.collections():
        place.vectors.note_origin(name, "1")
    outdated = VectorStore(place.home, grace_s=0.5, origins={"timbre": "2 musicnn 0a", "harmony": "1"})
    old = searches(place)
    monkeypatch.setattr(old, "_vectors", lambda: outdated)
    assert outdated.outdated() == ["timbre"]
    with pytest.raises(OutdatedIndexError, match="reprise upgrade"):
        old.moments()
    outdated.note_origin("timbre", "2 musicnn 0a")
    assert old.moments()
    outdated.close()


def measured_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is measured from now on in this process."""
    made: list[str] = []
    measure, kept = properties.measure, salience.Salience.kept

    def measured(track: Track, *rest: Any) -> Any:
        made.append(track.id)
        return measure(track, *rest)

    def salient(*each: Any) -> Any:
        made.append("salience")
        return kept(*each)

    monkeypatch.setattr("index.analysis.window_descriptors.measure", measured)
    monkeypatch.setattr("index.analysis.melody_salience.Salience.kept", salient)
    return made


def kept_files(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes()
        for folder in ("melody", "words")
        for path in (home / folder).rglob("*.npy")
    }


def test_the_first_search_measures_nothing_that_adding_could(place, monkeypatch):
    made = measured_again(monkeypatch)
    both = searches(place)
    assert len(both.words().table.values) == sum(place.catalogue.windows().values())
    both.tunes()
    assert made == []


def test_what_was_added_before_is_measured_at_the_end_of_the_next_run_and_kept(place, tmp_path, monkeypatch):
    before = kept_files(place.home)
    shutil.rmtree(place.home / "words")
    shutil.rmtree(place.home / "melody")
    first = place.catalogue.tracks()[0]
    place.told.clear()
    report = place.add(tmp_path / "music")
    assert report.unchanged == 3
    assert not report.interrupted
    assert kept_files(place.home) == before
    assert first.path in {told.current for told in place.told}
    made = measured_again(monkeypatch)
    place.add(tmp_path / "music")
    assert made == []


def test_measuring_is_told_stops_between_two_tracks_and_goes_on_there(place, monkeypatch):
    before = kept_files(place.home)
    shutil.rmtree(place.home / "words")
    shutil.rmtree(place.home / "melody")
    store, tracks = DescriptorStore(place.home, place.frames, Grid()), place.catalogue.tracks()
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int, track: Track) -> None:
        told.append((done, total))

    assert not store.complete(tracks, tell, lambda: len(told) == 2)
    assert told == [(0, 3), (1, 3)]
    assert len(store.missing(tracks)) == 1
    assert store.complete(tracks, tell, lambda: False)
    assert told[2:] == [(0, 1)]
    assert kept_files(place.home) == before


def test_the_first_hum_tells_what_it_measures_and_keeps_it_when_it_is_ended(place, monkeypatch):
    before = kept_files(place.home)
    (place.home / "melody" / salience.Salience().version).rename(place.home / "melody" / "0123456789ab")
    told: list[Measured] = []

    def tell(measured: Measured) -> None:
        told.append(measured)
        if len(told) == 2:
            raise KeyboardInterrupt

    both = searches(place, tell)
    with pytest.raises(KeyboardInterrupt):
        both.tunes()
    assert told == [Measured(0, 3, "hums"), Measured(1, 3, "hums")]
    both.tunes()
    assert told[2:] == [Measured(0, 2, "hums"), Measured(1, 2, "hums")]
    assert kept_files(place.home) == before
    made = measured_again(monkeypatch)
    searches(place, tell).tunes()
    assert made == []
    assert len(told) == 4


def test_a_damaged_track_does_not_end_it(place):
    shutil.rmtree(place.home / "words")
    tracks = place.catalogue.tracks()
    place.frames.path(tracks[0].id).write_bytes(b"cut short")
    store = DescriptorStore(place.home, FrameStore(place.home / "frames"), Grid())
    assert store.complete(tracks, lambda *each: None, lambda: False)
    assert [track.id for track in store.missing(tracks)] == [tracks[0].id]


def test_one_search_does_not_wait_for_what_another_loads(place, monkeypatch):
    begun, go = threading.Event(), threading.Event()
    loads = Searches._by_words

    def slowly(self, tracks):
        begun.set()
        assert go.wait(60)
        return loads(self, tracks)

    monkeypatch.setattr(Searches, "_by_words", slowly)
    all_kinds, found = searches(place), []
    other = threading.Thread(target=lambda: found.append(all_kinds.words()))
    other.start()
    try:
        assert begun.wait(60)
        assert all_kinds.moments()
        assert all_kinds.tunes()
        assert not found
    finally:
        go.set()
        other.join()
    assert found == [all_kinds.words()]


def test_a_search_is_made_once_for_all_who_ask_at_once_and_anew_for_other_tracks(
    place, tmp_path, monkeypatch
):
    made: list[int] = []
    loads = Searches._by_tune

    def loading(self: Searches, tracks: Any) -> Any:
        made.append(len(tracks))
        return loads(self, tracks)

    monkeypatch.setattr(Searches, "_by_tune", loading)
    kinds, found = searches(place), []
    askers = [threading.Thread(target=lambda: found.append(kinds.tunes())) for _ in range(8)]
    for each in askers:
        each.start()
    for each in askers:
        each.join()
    assert made == [3]
    assert len(set(map(id, found))) == 1
    place.remove(tmp_path / "music" / "0.wav")
    kinds.tunes()
    assert made == [3, 2]

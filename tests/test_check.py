"""`reprise check`: every store against the others; what is damaged is named, and with --repair mended."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from place import MAKERS, Place
from test_mending import end_server, ids, silent

from app.cli.upkeep import not_looked_at
from index.ingest.stores import Stores
from index.status import IndexHeld
from index.store.databases import damage_of, keep_copy, restore
from index.store.salience_store import SalienceStore
from index.store.vectors import window_ids
from index.upkeep.care import Care, check_files
from index.upkeep.check import Checked


@pytest.fixture
def place(noise_place: Place) -> Iterator[Place]:
    yield noise_place
    noise_place.vectors.close()


def care(place: Place) -> Care:
    stores = Stores(place.catalogue, place.vectors, place.frames, makers=MAKERS)
    return Care(place.home, stores, "fake", lambda paths: place.add(*paths))


def checked(place: Place, *, repair: bool = False) -> Checked:
    return care(place).check(lambda done, total, what: None, repair=repair)


def test_what_is_whole_is_said_to_be(place: Place) -> None:
    found = checked(place)
    assert (found.findings, found.whole, found.tracks, found.windows) == ([], True, 3, 12)
    assert (place.home / "catalogue.sqlite.last-good").exists()
    assert not (place.home / "check.json").exists()


def test_vectors_of_another_place_do_not_find_themselves(place: Place, tmp_path: Path) -> None:
    before = place.state()
    first, second, _ = ids(place)
    rows = np.random.default_rng(0).standard_normal((2, 4)).astype(np.float32)
    place.vectors.upsert("timbre", window_ids(first, 3, 2), rows)
    place.vectors.delete("harmony", window_ids(second, 3, 2)[:2])
    found = checked(place)
    assert len(found.findings) == 3 and found.repaired == 0 and not found.whole
    assert any(each.startswith("2 of") and "timbre" in each for each in found.findings), found.findings
    silent(place, tmp_path / "music")
    mended = checked(place, repair=True)
    assert mended.whole and mended.repaired == len(mended.findings) >= 2
    assert place.state() == before
    assert checked(place).findings == []


def test_frames_whose_content_was_changed_are_found_and_read_again(place: Place, tmp_path: Path) -> None:
    before = place.state()
    first, second, third = ids(place)
    file = place.frames.path(first)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)
    shutil.copy(place.frames.path(third), place.frames.path(second))
    found = checked(place)
    assert found.lacking == {first, second} and not found.whole
    assert set(place.frames.damages.known()) == {first, second}
    again = Place(place.home)
    mended = checked(again, repair=True)
    assert mended.whole and mended.lacking == set(), mended.findings
    assert again.state() == before and again.frames.damages.known() == {}
    again.vectors.close()


def test_a_track_whose_sound_is_away_stays_and_is_named(place: Place, tmp_path: Path) -> None:
    first = ids(place)[0]
    file = place.frames.path(first)
    content = bytearray(file.read_bytes())
    content[-1] ^= 255
    file.write_bytes(content)
    (tmp_path / "music").rename(tmp_path / "unplugged")
    mended = checked(place, repair=True)
    assert mended.lacking == {first} and not mended.whole
    assert first in place.catalogue.windows() and file.exists()


def test_melody_that_is_not_of_its_frames_is_measured_anew(place: Place) -> None:
    before = place.state()
    first, second, _ = ids(place)
    store = SalienceStore.of_home(place.home, place.frames)
    store.write(first, np.full((4, 12), 9, np.uint8))
    store.delete(second)
    store.write("f" * 20, np.zeros((4, 12), np.uint8))
    place.frames.write("e" * 20, place.frames.read(first))
    assert len(checked(place).findings) == 4
    assert checked(place, repair=True).whole
    assert place.state() == before
    place.check_whole()


def test_a_check_that_is_stopped_goes_on_where_it_was(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    stores = Stores(place.catalogue, place.vectors, place.frames, makers=MAKERS)
    verify, stop = place.frames.verify, threading.Event()

    def noted(track_id: str) -> object:
        looked.append(track_id)
        if len(looked) == 2:
            stop.set()
        return verify(track_id)

    monkeypatch.setattr(place.frames, "verify", noted)
    from index.upkeep.check import IndexCheck

    first = IndexCheck(stores, repair=False).run(lambda *_: None, stop)
    assert (first.interrupted, first.left, looked) == (True, 1, ids(place)[:2])
    second = IndexCheck(stores, repair=False).run(lambda *_: None, threading.Event())
    assert second.whole and looked == ids(place)


def test_a_store_whose_index_was_cut_is_made_anew(place: Place, tmp_path: Path) -> None:
    before = place.state()
    end_server(place)
    (place.home / "chroma" / "store" / "chroma.sqlite3").write_bytes(b"")
    again = Place(place.home)
    silent(place, tmp_path / "music")
    mended = checked(again, repair=True)
    assert mended.whole and mended.findings
    assert again.state() == before
    again.vectors.close()


def test_databases_and_files_of_a_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "frames").mkdir(parents=True)
    file = home / "catalogue.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE a (b)")
        database.executemany("INSERT INTO a VALUES (?)", [(f"{number}" * 50,) for number in range(500)])
    database.close()
    assert damage_of(file) == "" and damage_of(home / "none.sqlite") == ""
    keep_copy(file)
    content = file.read_bytes()
    for number, damaged in enumerate((content[:5000], bytes(len(content)), b"", content[::-1])):
        file.write_bytes(damaged)
        assert damage_of(file), number
        assert restore(file)
        assert damage_of(file) == "" and (home / "catalogue.sqlite.damaged").read_bytes() == damaged
    home.chmod(0o755)
    file.chmod(0o644)
    (home / "saved.json").write_text('[{"cut')
    (home / "frames" / "tmp12345678.part").write_text("of a minute ago")
    found = check_files(home, home, repair=False)
    assert len(found.findings) == 2 and not found.whole
    mended = check_files(home, home, repair=True)
    assert mended.whole and (home / "saved.json.damaged").exists()
    assert home.stat().st_mode & 0o777 == 0o700 and file.stat().st_mode & 0o777 == 0o600
    assert check_files(home, home, repair=False).findings == []
    (home / "a folder of the user's").mkdir()
    home.chmod(0o755)
    assert check_files(home, home, repair=False).findings == []


def test_databases_that_lie_in_each_others_place_are_put_back(tmp_path: Path) -> None:
    made = {"catalogue.sqlite": "tracks", "threads.sqlite": "checkpoints"}
    for name, table in made.items():
        with sqlite3.connect(tmp_path / name) as database:
            database.execute(f"CREATE TABLE {table} (id)")
        database.close()
        keep_copy(tmp_path / name)
    catalogue, threads = (tmp_path / name for name in made)
    first, second = catalogue.read_bytes(), threads.read_bytes()
    catalogue.write_bytes(second)
    threads.write_bytes(first)
    found = check_files(tmp_path, tmp_path, repair=True)
    assert len([each for each in found.findings if "another database" in each]) == 2
    assert (catalogue.read_bytes(), threads.read_bytes()) == (first, second)


def test_an_index_of_another_network_is_said_not_to_be_looked_at() -> None:
    clap = IndexHeld("clap", "clap", 512, 3, 0.1, 12, "", current=False)
    own = replace(clap, name="my-model-1a2b")
    assert "clap was not looked at: set REPRISE_EMBEDDER to clap" in not_looked_at(clap)
    assert "to the folder that made my-model-1a2b" in not_looked_at(own)

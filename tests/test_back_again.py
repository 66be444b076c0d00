"""A drive that is plugged in again is noticed by whoever asks: status, the page, `check`, the next `add`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from place import MAKERS, Place
from test_reach import write

from app.cli.status import print_status
from app.ui.sidebar import away_html, care_html
from index.core.options import LibraryOptions
from index.ingest.stores import Stores
from index.status import status_of
from index.system import presence
from index.system.presence import Presence
from index.upkeep.care import Care


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Three tracks of a drive that was unplugged, which was noted, and plugged in again; and one of another."""
    place = Place(tmp_path / "home", kept_days=30)
    for number in range(3):
        write(tmp_path / "drive" / f"{number}.wav", number)
    write(tmp_path / "other" / "one.wav", 9)
    place.add(tmp_path)
    (tmp_path / "drive").rename(tmp_path / "away")
    (tmp_path / "other").rename(tmp_path / "away too")
    place.add(tmp_path / "drive", tmp_path / "other")
    assert len(place.catalogue.files_of.unreachable()) == 4
    (tmp_path / "away").rename(tmp_path / "drive")
    yield place
    place.vectors.close()


def test_status_and_the_page_tell_what_is_away_now(place: Place, tmp_path: Path) -> None:
    status = status_of(LibraryOptions(home=place.home), place.catalogue)
    assert [Path(each.path).name for each in status.unreachable] == ["one.wav"]
    assert "1 file not reachable" in care_html(status)
    (tmp_path / "drive" / "1.wav").write_bytes(b"")  # a disk that fails has names and nothing to read
    (tmp_path / "drive" / "2.wav").unlink()
    status = status_of(LibraryOptions(home=place.home), place.catalogue)
    assert [Path(each.path).name for each in status.unreachable] == ["1.wav", "2.wav", "one.wav"]


def test_a_check_and_adding_something_else_note_it(place: Place, tmp_path: Path) -> None:
    stores = Stores(place.catalogue, place.vectors, place.frames, makers=MAKERS)
    Care(place.home, stores, "fake", lambda paths: place.add(*paths)).check(lambda *_: None, repair=False)
    assert [Path(each.path).name for each in place.catalogue.files_of.unreachable()] == ["one.wav"]
    (tmp_path / "away too").rename(tmp_path / "other")
    place.add(write(tmp_path / "third.wav", 10))
    assert place.catalogue.files_of.unreachable() == []


def test_a_share_that_does_not_answer_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = write(tmp_path / "there.wav", 1)
    hanging, stat = threading.Event(), os.stat
    asked: list[Any] = []

    def slow(path: Any, *more: Any, **named: Any) -> Any:
        if str(path).endswith("hangs.wav"):
            asked.append(path)
            hanging.wait(30)
        return stat(path, *more, **named)

    monkeypatch.setattr(os, "stat", slow)
    monkeypatch.setattr(presence, "FRESH_S", 0.0)
    look = Presence()
    paths = [str(tmp_path / "hangs.wav"), str(there)]
    for _ in range(3):
        assert look.of(paths) == frozenset()
    assert len(asked) == 1, "one looks, whoever asks meanwhile"
    assert look.gone(paths) == frozenset(), "what nobody saw is not said to be gone"
    hanging.set()
    until = time.monotonic() + 30
    while look.of(paths) != {str(there)} and time.monotonic() < until:
        time.sleep(0.02)
    assert look.of(paths) == {str(there)}
    assert look.of([]) == frozenset()


def test_status_tells_of_a_folder_that_nobody_looked_for_yet_and_not_of_its_notes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Place(tmp_path / "home")
    music = tmp_path / "music"
    write(music / "whole.wav", 1)
    cut = write(music / "cut.wav", 2, 10)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    place.add(music)
    place.catalogue.folders.note([music])
    options = LibraryOptions(home=place.home)
    status = status_of(options, place.catalogue)
    assert [each.note for each in status.noted] == ["read to 0:05 of 0:10"] and status.folders_away == ()
    assert away_html(status) == ""
    for away in ("gone", "empty"):
        music.rename(tmp_path / away)
        if away == "empty":
            music.mkdir()
        status = status_of(options, place.catalogue)
        print_status(status, place.home)
        said = capsys.readouterr().out
        assert f"{music}: not there now, or empty; what it held stays in the library" in said
        assert "read to" not in said and "2 tracks" in said
        assert str(music) in away_html(status)
        if away == "empty":
            music.rmdir()
        (tmp_path / away).rename(music)
    music.rename(tmp_path / "gone")
    place.add(music)
    status = status_of(options, place.catalogue)
    assert len(status.unreachable) == 2 and status.folders_away == () and status.noted == ()
    place.vectors.close()

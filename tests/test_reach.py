"""Files that cannot be reached keep their tracks; what is deleted leaves, and comes back as it was."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from place import Place
from ready_place import copied, end

from index.core.moments import Moment
from index.ingest.scan import scan


def opened(home: Path) -> Place:
    return Place(home, kept_days=30)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An empty library."""
    place = opened(tmp_path / "home")
    yield place
    place.vectors.close()


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of an album and a single, in `home`, and its `music`; to be copied."""
    folder = tmp_path_factory.mktemp("four")
    place = opened(folder / "home")
    assert place.add(write_music(folder)).added == 4
    end(place)
    return folder


@pytest.fixture
def added(four: Path, tmp_path: Path) -> Iterator[Place]:
    """That library."""
    place = copied(four, tmp_path, opened)
    yield place
    place.vectors.close()


@pytest.fixture
def music(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The music of that library, or beside an empty one."""
    return tmp_path / "music" if "added" in request.fixturenames else write_music(tmp_path)


def write_music(folder: Path) -> Path:
    for number in range(3):
        write(folder / "music" / "album" / f"{number}.wav", number)
    write(folder / "music" / "single.wav", 9)
    return folder / "music"


def write(path: Path, seed: int, duration_s: float = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.random.default_rng(seed).uniform(-0.5, 0.5, round(duration_s * 8000))
    soundfile.write(path, sound, 8000)
    return path


def ids(place: Place) -> set[str]:
    return {track.id for track in place.catalogue.tracks()}


def test_a_folder_that_is_away_keeps_its_tracks_whatever_is_added(
    added: Place, music: Path, tmp_path: Path
) -> None:
    place = added
    before = ids(place)
    for collection in place.vectors.collections():
        place.vectors.delete(collection, list(place.vectors.ids(collection)))
    music.rename(tmp_path / "away")
    other = write(tmp_path / "other.wav", 20)
    for _ in range(2):
        place.add(other)
        assert before < ids(place)
    report = place.add(music)
    assert before < ids(place)
    assert report.unreachable == {f"there is no {music} now": 4} and report.retired == 0
    assert len(place.catalogue.files_of.unreachable()) == 4
    (tmp_path / "away").rename(music)
    back = place.add(music)
    assert back.audio_s == 0 and back.unreachable == {}
    assert place.catalogue.files_of.unreachable() == []
    assert before < ids(place)


@pytest.mark.parametrize("emptied", ["", "album"])
def test_an_empty_mount_point_deletes_nothing(
    added: Place, music: Path, tmp_path: Path, emptied: str
) -> None:
    place = added
    before = ids(place)
    folder = music / emptied
    shutil.move(folder, tmp_path / "drive")
    folder.mkdir()
    (folder / ".hidden").touch()
    report = place.add(music)
    assert ids(place) == before and report.retired == 0
    assert f"the folder {folder} is empty" in report.unreachable
    since = {each.since for each in place.catalogue.files_of.unreachable()}
    place.add(music)
    assert {each.since for each in place.catalogue.files_of.unreachable()} == since, (
        "since it was noted first"
    )


def test_a_drive_whose_mount_point_is_gone_deletes_nothing(
    place: Place, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = {str(music / "album")}
    ismount = os.path.ismount
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounted or ismount(path))
    place.add(music)
    before = ids(place)
    mounted.clear()
    shutil.move(music / "album", tmp_path / "drive")
    report = place.add(music)
    assert ids(place) == before
    assert report.unreachable == {f"nothing is mounted at {music / 'album'}": 3}
    assert place.remove(music / "album") == 3  # the way to say that they are gone for good
    assert len(ids(place)) == 1


def test_everything_missing_at_once_is_kept_and_said(added: Place, music: Path) -> None:
    place = added
    before = ids(place)
    shutil.rmtree(music / "album")
    (music / "single.wav").unlink()
    (music / "note.txt").touch()
    report = place.add(music)
    assert ids(place) == before
    assert report.unreachable == {f"everything in {music} is missing at once": 4}


def test_a_deleted_file_leaves_and_comes_back_as_it_was(added: Place, music: Path, tmp_path: Path) -> None:
    place = added
    before = place.state()
    gone = place.catalogue.by_path(str(music / "album" / "1.wav"))
    assert gone is not None
    place.catalogue.history.record("liked", [Moment(gone.id, 0, 2)])
    shutil.move(music / "album" / "1.wav", tmp_path / "1.wav")
    assert place.add(music).retired == 1
    assert gone.id not in ids(place) and place.frames.has(gone.id)
    assert all(
        gone.id not in each for name in place.vectors.collections() for each in place.vectors.ids(name)
    )
    place.add(music)
    assert place.frames.has(gone.id), "the next run does not sweep what is kept"
    shutil.move(tmp_path / "1.wav", music / "album" / "1.wav")
    report = place.add(music)
    assert (report.came_back, report.added, report.audio_s) == (1, 0, 0.0)
    assert place.state() == before
    assert place.catalogue.history.has("liked", Moment(gone.id, 0, 2))
    assert place.catalogue.retired.all() == {}
    place.check_whole()


def test_what_left_long_ago_is_given_up(added: Place, music: Path) -> None:
    place = added
    gone = place.catalogue.by_path(str(music / "single.wav"))
    assert gone is not None and place.remove(music / "single.wav") == 1
    assert place.frames.has(gone.id)
    with sqlite3.connect(place.home / "catalogue.sqlite") as connection:
        connection.execute("update retired set gone_at = ?", [time.time() - 31 * 86400])
    connection.close()
    place.add(music / "album")
    assert not place.frames.has(gone.id) and place.catalogue.retired.all() == {}
    place.check_whole()


def test_a_file_that_turned_bad_leaves_and_one_that_cannot_be_read_stays(
    added: Place, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = added
    before = ids(place)
    bad = music / "single.wav"
    sound = bad.read_bytes()
    bad.write_text("no sound any more " * 100)
    report = place.add(music)
    assert [Path(each.path).name for each in report.failed] == ["single.wav"] and report.retired == 1
    bad.write_bytes(sound)
    assert place.add(music).came_back == 1
    assert ids(place) == before
    stat = Path.stat
    ill = str(music / "album" / "2.wav")

    def failing(self: Path, **how: bool) -> os.stat_result:
        if str(self) == ill:
            raise OSError(errno.EIO, os.strerror(errno.EIO), ill)
        return stat(self, **how)

    monkeypatch.setattr(Path, "stat", failing)
    place.add(music)
    assert ids(place) == before


def test_a_folder_that_cannot_be_listed_and_a_link_to_itself(
    added: Place, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = added
    before = ids(place)
    (music / "loop.wav").symlink_to(music / "loop.wav")
    (music / "loop").symlink_to(music / "loop")
    write(music / "new.wav", 30)
    scandir = os.scandir

    def failing(path: object = ".") -> object:
        if str(path) == str(music / "album"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", failing)
    report = place.add(music)
    assert report.added == 1 and before < ids(place)
    reasons = {Path(each.path).name: each.reason for each in report.failed}
    assert reasons == {
        "loop": "it is a link to itself",
        "loop.wav": "it is a link to itself",
        "album": "the folder cannot be opened (Permission denied)",
    }
    monkeypatch.undo()
    (music / "loop.wav").unlink()
    (music / "loop").unlink()
    assert place.add(music).failed == () and place.catalogue.failures() == []


def test_what_is_passed_over_is_counted_by_its_ending(tmp_path: Path) -> None:
    for name in ("cover.jpg", "back.JPG", "a.xyz", "README", ".hidden.jpg"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("a.dff", "b.shn", "c.weba", "d.dsf"):
        (tmp_path / name).write_bytes(b"x")
    found = scan([tmp_path])
    assert found.passed_over == {".jpg": 2, ".xyz": 1, "": 1}
    assert [Path(path).name for path in found.files] == ["a.dff", "b.shn", "c.weba", "d.dsf"]

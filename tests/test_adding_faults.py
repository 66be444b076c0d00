"""Whatever goes wrong with one file while music is added, all others are added, and the file is listed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from place import Place
from ready_place import copied, end

from index.catalogue.catalogue import Catalogue
from index.catalogue.files import Files
from index.catalogue.jobs import Jobs
from index.catalogue.retirement import Retirement
from index.core.errors import LibraryError
from index.store.frame_store import FrameStore
from index.store.vectors import VectorStore

STEPS = (
    (Catalogue, "begin"),
    (Catalogue, "put"),
    (Catalogue, "finish"),
    (Catalogue, "forget"),
    (Catalogue, "rename"),
    (Catalogue, "track"),
    (Catalogue, "places_of"),
    (Catalogue, "unfinished"),
    (Files, "hold"),
    (Files, "restamp"),
    (Retirement, "all"),
    (FrameStore, "write"),
    (FrameStore, "delete"),
    (VectorStore, "upsert"),
    (VectorStore, "delete"),
    (Jobs, "report"),
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "home", kept_days=0)
    yield place
    place.vectors.close()


def write(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, 12000), 8000)
    return path


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of six files; to be copied."""
    folder = tmp_path_factory.mktemp("six")
    place = Place(folder / "home", kept_days=0)
    for number in range(6):
        write(folder / "music" / f"{number}.wav", number)
    assert place.add(folder / "music", workers=1).added == 6
    end(place)
    return folder


@pytest.fixture
def changed(six: Path, tmp_path: Path) -> Iterator[Place]:
    """A library in which files were changed, moved, copied, retagged, deleted and added since; its `music` beside."""
    place, music = copied(six, tmp_path), tmp_path / "music"
    write(music / "0.wav", 10)
    (music / "1.wav").rename(music / "moved.wav")
    (music / "copy.wav").write_bytes((music / "2.wav").read_bytes())
    os.utime(music / "3.wav", (5, 5))
    (music / "4.wav").unlink()
    write(music / "new.wav", 11)
    write(music / "5.wav", 2)  # what 2.wav holds
    yield place
    place.vectors.close()


def once(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    """The function, but that one of its calls fails."""
    calls = iter(range(1_000_000))

    def failing(*args: Any, **named: Any) -> Any:
        if next(calls) == count:
            raise LibraryError("The disk is full.")
        return function(*args, **named)

    return failing


BEFORE_THE_FIRST_FILE = {(Catalogue, "unfinished"): 4, (Retirement, "all"): 3}
"""Calls of a step that prepare the run; what fails in those ends it."""


@pytest.mark.parametrize(("store", "step"), STEPS)
def test_a_step_that_fails_for_one_file_ends_nothing(
    changed: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: type, step: str
) -> None:
    place, music = changed, tmp_path / "music"
    monkeypatch.setattr(store, step, once(getattr(store, step), BEFORE_THE_FIRST_FILE.get((store, step), 1)))
    report = place.add(music, workers=1)
    monkeypatch.undo()
    assert len(report.failed) <= 1
    assert not report.interrupted and report.left == 0
    again = place.add(music, workers=1)
    assert again.failed == ()
    assert {Path(path).name for path in place.catalogue.files()} == {
        "0.wav", "2.wav", "3.wav", "5.wav", "copy.wav", "moved.wav", "new.wav",
    }  # fmt: skip
    place.check_whole()


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("0.wav", errno.EIO),
        ("2.wav", errno.ESTALE),
        ("new.wav", errno.ELOOP),
        ("moved.wav", errno.ENOENT),
        ("3.wav", errno.EACCES),
    ],
)
def test_a_stat_that_fails_for_one_file_ends_nothing(
    changed: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: int
) -> None:
    place, music = changed, tmp_path / "music"
    stat = Path.stat

    def failing(self: Path, **how: bool) -> os.stat_result:
        if self.name == name:
            raise OSError(error, os.strerror(error), str(self))
        return stat(self, **how)

    monkeypatch.setattr(Path, "stat", failing)
    report = place.add(music, workers=1)
    monkeypatch.undo()
    assert not report.interrupted and report.left == 0
    others = {"0.wav", "2.wav", "3.wav", "5.wav", "copy.wav", "moved.wav", "new.wav"} - {name}
    assert others <= {Path(path).name for path in place.catalogue.files()}
    place.add(music, workers=1)
    place.check_whole()


def test_stores_that_refuse_everything_end_the_run_with_their_reason(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        write(tmp_path / "music" / f"{number}.wav", number)

    def full(*_: Any) -> None:
        raise LibraryError("The disk is full.")

    monkeypatch.setattr(FrameStore, "write", full)
    with pytest.raises(LibraryError, match="full"):
        place.add(tmp_path / "music")
    monkeypatch.undo()
    assert place.add(tmp_path / "music").added == 8
    place.check_whole()


def test_a_track_that_loses_its_last_file_during_the_run(place: Place, tmp_path: Path) -> None:
    music = tmp_path / "music"
    write(music / "a.wav", 1)
    place.add(music, workers=1)
    sound = (music / "a.wav").read_bytes()
    write(music / "a.wav", 2)  # its track loses its last file
    (music / "b.wav").write_bytes(sound)  # and is met again behind it
    write(music / "c.wav", 3)
    report = place.add(music, workers=1)
    assert report.failed == () and len(place.catalogue.tracks()) == 3
    place.check_whole()

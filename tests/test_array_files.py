"""Arrays that were read are kept up to a number of bytes; a file of frames is whole, or one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from test_frames import silent_frames

from index.core.errors import DamagedFramesError
from index.core.frames import RATES_HZ
from index.store import array_files, frame_store
from index.store.array_files import ArrayFile, KeptArrays, RowsOnDisk
from index.store.frame_store import FrameStore, read_whole
from index.store.home_files import HomeFiles
from index.store.sealed import Verified


def filled(kept: KeptArrays, *sizes: int) -> dict[str, Any]:
    """What is kept of arrays of so many bytes, one after the other."""
    place: dict[str, Any] = {}
    for number, size in enumerate(sizes):
        kept.keep(place, f"a{number}", np.zeros(size, np.uint8))
    assert kept.bytes == sum(array.nbytes for array in place.values())
    return place


def test_as_many_bytes_are_kept_as_may_be_and_no_more() -> None:
    assert set(filled(KeptArrays(30), 10, 10, 10)) == {"a0", "a1", "a2"}
    assert len(filled(KeptArrays(30), 10, 10, 11)) == 2
    assert set(filled(KeptArrays(30), 10, 40)) == {"a1"}, "the newest stays, however large"


def test_what_is_kept_already_counts_once() -> None:
    kept, place, first = KeptArrays(30), dict[str, Any](), np.zeros(10, np.uint8)
    kept.keep(place, "a", first)
    kept.keep(place, "a", np.ones(10, np.uint8))
    assert place["a"] is first
    assert kept.bytes == 10


def test_of_large_and_small_ones_the_large_go() -> None:
    place = filled(KeptArrays(1000), *([90] * 5 + [10] * 50 + [300]))
    assert sum(array.nbytes == 10 for array in place.values()) > 40


@pytest.mark.parametrize(("total", "most"), [(1 << 30, 256 << 20), (8 << 30, 512 << 20), (64 << 30, 1 << 30)])
def test_how_much_is_kept_follows_the_computers_memory(
    total: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=total))
    assert KeptArrays().most_bytes == most


def test_a_whole_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    store = FrameStore(tmp_path)
    store.write("a", silent_frames(3.0))
    assert read_whole(store.path("a"), "a").duration_s == 3.0


@pytest.mark.parametrize(
    ("hurt", "said"),
    [
        (lambda found: {"arrays": {**found.arrays, "notes": found.arrays["notes"][:-1]}}, "not as long"),
        (lambda found: {"arrays": {n: a for n, a in found.arrays.items() if n != "notes"}}, "not as long"),
        (lambda found: {"scalars": {}}, "lacks its duration"),
    ],
)
def test_a_file_whose_arrays_do_not_fit_its_sound_is_damaged(
    hurt: Any, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FrameStore(tmp_path)
    store.write("a", silent_frames(3.0))
    verified = frame_store.verified

    def other(path: Path, sound_id: str) -> Verified:
        found = verified(path, sound_id)
        return replace(found, **hurt(found))

    monkeypatch.setattr(frame_store, "verified", other)
    assert "notes" in RATES_HZ
    with pytest.raises(DamagedFramesError, match=said):
        read_whole(store.path("a"), "a")


@pytest.mark.parametrize("step", [-1, 1])
def test_whatever_other_file_lies_there_is_another(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, files = FrameStore(tmp_path), HomeFiles()
    store.write("a", silent_frames(1.0))
    monkeypatch.setattr(HomeFiles, "look_again_s", 0.0)
    file = ArrayFile(store.path("a"), files)
    assert not file.is_another()
    own = files.identity(store.path("a"))
    assert isinstance(own, tuple)
    monkeypatch.setattr(files, "identity", lambda path: (*own[:-1], own[-1] + step))
    assert file.is_another()


def test_rows_on_disk_are_copied_only_where_a_copy_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_files, "WHOLE_BYTES", 0)
    store = FrameStore(tmp_path)
    store.write("a", silent_frames(1.0))
    rows = ArrayFile(store.path("a")).array("notes")
    assert isinstance(rows, RowsOnDisk)
    assert not np.asarray(rows).flags.writeable, "what was read, as it lies in memory"
    assert np.array(rows).flags.writeable
    assert np.asarray(rows, np.float32).dtype == np.float32


def test_of_some_columns_only_the_rows_are_read_that_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_files, "WHOLE_BYTES", 0)
    store, asked, read = FrameStore(tmp_path), list[Any](), ArrayFile.read
    store.write("a", silent_frames(3.0))

    def noted(*each: Any) -> np.ndarray:
        asked.append(each[1:])
        return read(*each)

    monkeypatch.setattr(ArrayFile, "read", noted)
    rows = ArrayFile(store.path("a")).array("notes")
    assert rows[2:5, 7].shape == (3,)
    assert asked == [("notes", 2, 5)]

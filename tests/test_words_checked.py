"""`reprise check` verifies what searches by words compare: the rows of each track, and the table of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from place import Place
from test_check import checked
from test_mending import ids

from index.analysis.window_descriptors import PROPERTIES
from index.core.moments import Grid
from index.store.row_table import RowTable
from index.store.table_check import fault_of
from index.store.track_arrays import TrackArrays
from index.store.window_store import PropertyStore


@pytest.fixture
def place(noise_place: Place) -> Iterator[Place]:
    yield noise_place
    noise_place.vectors.close()


def values(place: Place) -> np.ndarray:
    store = PropertyStore.of_home(place.home, Grid())
    return store.table(place.catalogue.tracks(), place.frames).values


def table(place: Place, name: str) -> Path:
    return next((place.home / "words" / "table").glob(f"*/{name}"))


def test_rows_of_a_track_that_are_not_of_its_frames_are_measured_anew(place: Place) -> None:
    before = values(place)
    files = sorted((place.home / "words" / "properties").rglob("*.npy"))
    np.save(files[0], np.zeros((3, len(PROPERTIES)), np.float16) + 7)
    files[1].write_bytes(files[1].read_bytes()[:100])
    files[2].unlink()
    stray = files[0].parents[1] / "ff" / ("f" * 20 + ".npy")
    stray.parent.mkdir()
    np.save(stray, np.zeros((3, len(PROPERTIES)), np.float16))
    found = checked(place)
    assert len(found.findings) == 4 and found.repaired == 0, found.findings
    mended = checked(place, repair=True)
    assert mended.whole and not stray.exists()
    assert checked(place).findings == []
    assert np.array_equal(np.sort(values(place), axis=0), np.sort(before, axis=0))


@pytest.mark.parametrize("name", ["rows", "tracks"])
@pytest.mark.parametrize("damage", ["cut", "zeroed", "swapped", "changed"])
def test_a_table_that_was_damaged_is_found_and_made_anew(place: Place, name: str, damage: str) -> None:
    before = values(place)
    file = table(place, name)
    content = bytearray(file.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "zeroed":
        content = bytearray(len(content))
    elif damage == "swapped":
        content = bytearray(np.random.default_rng(3).bytes(len(content)))
    else:
        content[20] ^= 7  # a value of a row; how many rows a track has
    file.write_bytes(content)
    found = checked(place)
    # What the list does not name is taken over by the next search: there is nothing wrong to be found.
    assert found.whole == (name == "tracks" and damage in ("cut", "zeroed")), found.findings
    assert checked(place, repair=True).whole
    assert checked(place).findings == []
    assert np.array_equal(np.sort(values(place), axis=0), np.sort(before, axis=0))


def test_a_table_that_holds_what_was_so_before_is_found(place: Place) -> None:
    first = ids(place)[0]
    store = PropertyStore.of_home(place.home, Grid())
    right = np.load(next((place.home / "words" / "properties").rglob(f"{first}.npy")))
    store.write(first, right + 1)
    values(place)
    store.write(first, right)
    table(place, "changed").write_bytes(b"")  # a program was killed before it noted that the track changed
    found = checked(place)
    assert any("table of words" in each for each in found.findings), found.findings
    assert checked(place, repair=True).whole
    assert checked(place).findings == []


def test_a_search_notices_rows_that_are_nobodys(place: Place) -> None:
    before = values(place)
    file = table(place, "rows")
    file.write_bytes(bytes(file.stat().st_size))
    assert np.array_equal(np.sort(values(place), axis=0), np.sort(before, axis=0))
    assert checked(place).findings == []


def test_tracks_longer_than_a_block_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("row_table", "table_check"):
        monkeypatch.setattr(f"index.store.{module}.BLOCK_ROWS", 8)
    kept = TrackArrays(tmp_path / "kept", "1")
    own = RowTable(tmp_path / "table", 3, np.float16)
    random = np.random.default_rng(0)
    with own.alone():
        for number, count in enumerate((5, 21, 3, 8, 40, 1)):
            rows = random.uniform(-1, 1, (count, 3)).astype(np.float16)
            rows[0, 0] = np.nan
            kept.write(f"{number}", rows)
            own.append([f"{number}"], [rows], 0)
        assert fault_of(own, kept) == ""
        kept.write("4", random.uniform(-1, 1, (40, 3)).astype(np.float16))
        kept.write("1", np.zeros((20, 3), np.float16))
        assert "2 of 6" in fault_of(own, kept)

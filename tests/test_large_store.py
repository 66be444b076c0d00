"""Known faults of the pinned Chroma with more than 10,000 windows: from there on its index lies in files of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.core.errors import StoreDamagedError
from index.store.damages import VECTORS, Damages
from index.store.vectors import VectorStore, window_ids

COUNT = 10_500
IDS = window_ids("a" * 20, COUNT)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((COUNT, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, rows: np.ndarray) -> Path:
    home = tmp_path_factory.mktemp("large")
    store = VectorStore(home, grace_s=1)
    store.upsert("many", IDS, rows)
    store.query("many", rows[:1], 1)
    store.close()
    ended(home)
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    shutil.copytree(made, home)
    yield home


def ended(home: Path) -> None:
    """Wait until the server has ended by itself."""
    until = time.monotonic() + 60
    while (home / "chroma" / "server.json").exists() and time.monotonic() < until:
        time.sleep(0.05)


def kill(home: Path) -> None:
    os.kill(json.loads((home / "chroma" / "server.json").read_text())["pid"], signal.SIGKILL)


def index_file(home: Path, name: str) -> Path:
    (file,) = (home / "chroma" / "store").rglob(name)
    return file


def found(store: VectorStore, rows: np.ndarray) -> float:
    """The share of some windows that find themselves."""
    chosen = np.random.default_rng(1).choice(COUNT, 200, replace=False)
    ids, _ = store.query("many", rows[chosen], 1)
    return float(np.mean([near == [IDS[own]] for own, near in zip(chosen, ids, strict=True)]))


def test_killed_while_present_ids_are_written_again_and_started_again(home: Path, rows: np.ndarray) -> None:
    store = VectorStore(home, grace_s=1)
    assert store.count("many") == COUNT
    threading.Timer(0.3, kill, (home,)).start()
    store.upsert("many", IDS, rows)
    kill(home)
    assert store.count("many") == COUNT
    assert np.allclose(store.get("many", IDS[::500]), rows[::500], atol=1e-6)
    assert found(store, rows) > 0.97
    store.close()


@pytest.mark.parametrize("name", ["header.bin", "index_metadata.pickle"])
def test_an_index_that_was_cut_is_said_noted_and_thrown_away(home: Path, rows: np.ndarray, name: str) -> None:
    file = index_file(home, name)
    os.truncate(file, file.stat().st_size // 2)
    store = VectorStore(home, grace_s=1)
    with pytest.raises(StoreDamagedError, match="check --repair"):
        store.query("many", rows[:1], 1)
    assert set(Damages(home).known()) == {VECTORS}
    store.reset()
    assert store.collections() == []
    store.upsert("many", IDS[:50], rows[:50])
    assert store.query("many", rows[7:8], 1)[0] == [[IDS[7]]]
    store.close()


@pytest.mark.parametrize("name", ["link_lists.bin", "data_level0.bin"])
def test_an_index_that_was_cut_and_answers_is_whole_again_when_it_is_dropped(
    home: Path, rows: np.ndarray, name: str
) -> None:
    file = index_file(home, name)
    os.truncate(file, file.stat().st_size // 2)
    store = VectorStore(home, grace_s=1)
    try:
        share = found(store, rows)
        store.drop("many")
    except StoreDamagedError:
        share = 0.0
        store.reset()
    assert name != "data_level0.bin" or share < 0.9, "that its server answers says little"
    store.upsert("many", IDS[:200], rows[:200])
    assert store.query("many", rows[7:8], 1)[0] == [[IDS[7]]]
    store.close()


def test_an_index_that_grew_is_small_again_when_the_store_is_thrown_away(
    home: Path, rows: np.ndarray
) -> None:
    store = VectorStore(home, grace_s=1)
    before = index_file(home, "data_level0.bin").stat().st_size
    store.delete("many", IDS)
    store.upsert("many", IDS, rows)
    store.query("many", rows[:1], 1)
    grown = index_file(home, "data_level0.bin").stat().st_size
    assert grown > 1.3 * before, "if it does not grow any more, nothing has to be done about it any more"
    assert store.places_kept() > 1.3 * COUNT
    store.reset()
    store.upsert("many", IDS, rows)
    assert found(store, rows) > 0.97
    sizes = [file.stat().st_size for file in (home / "chroma" / "store").rglob("data_level0.bin")]
    assert sizes == [pytest.approx(before, rel=0.1)]
    assert store.places_kept() < 1.3 * COUNT
    store.close()

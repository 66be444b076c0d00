"""A large store's server is started before anybody asks it, and reads its indexes then."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import wiring
from app.settings import Settings
from app.wiring import open_assistant, open_library
from index.library import Library
from index.store import vector_process, vector_server, vectors
from index.store.vector_process import Server, announced, places
from index.store.vectors import VectorStore

WIDTHS = {"timbre": 3, "harmony": 5}
_PATIENCE_S = 60.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with some vectors, and no server any more."""
    with_some = VectorStore(tmp_path, grace_s=0.1)
    for name, width in WIDTHS.items():
        with_some.upsert(name, ["a:00000"], np.ones((1, width), np.float32))
    with_some.close()
    ended(tmp_path)
    return tmp_path


def ended(home: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while announced(home / "chroma") is not None:
        assert time.monotonic() < until
        time.sleep(0.05)


def begun(home: Path) -> Server:
    until = time.monotonic() + _PATIENCE_S
    while (server := announced(home / "chroma")) is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    return server


def waking() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "waking"]


def test_the_server_of_a_large_store_is_started_beside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "LARGE", 0)
    store = VectorStore(home, grace_s=0.1)
    store.wake()
    server = begun(home)
    assert store.count("timbre") == 1
    assert announced(home / "chroma") == server, "the one that was started"
    store.close()
    ended(home)


def test_a_small_store_is_not_woken(home: Path) -> None:
    store = VectorStore(home, grace_s=0.1)
    store.wake()
    assert not waking()
    assert announced(home / "chroma") is None


def test_who_has_let_go_wakes_nothing(home: Path) -> None:
    store = VectorStore(home, grace_s=0.1)
    store.close()
    store._connection.wake()
    assert announced(home / "chroma") is None


def test_it_is_started_before_the_library_is_opened(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_server, "LARGE", 0)
    opened = list[bool]()

    def noted(settings: Settings) -> Library:
        opened.append(bool(waking()) or announced(home / "chroma") is not None)
        return open_library(settings)

    monkeypatch.setattr(wiring, "open_library", noted)
    assistant = open_assistant(Settings(home=home, model="builtin"), remember=False)
    assert opened == [True]
    server = begun(home)
    store = VectorStore(home, grace_s=0.1)
    assert store.count("timbre") == 1 and announced(home / "chroma") == server
    store.close()
    assistant.library.close()
    vector_server.Attachment(home / "chroma").end()


def test_no_server_is_started_for_a_store_that_is_small_or_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring.wake_vectors(Settings(home=home))
    monkeypatch.setattr(vector_server, "LARGE", 0)
    wiring.wake_vectors(Settings(home=home, chroma_url="http://chroma.example"))
    assert not waking()


def test_every_index_is_read_once_by_the_server_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, asked, ask = VectorStore(home, grace_s=0.1), list[tuple[Any, Any]](), vector_process._asked
    store.count("timbre")
    server = begun(home)

    def noted(server: Server, path: str, content: Any = None, *patience_s: float) -> Any:
        answer = ask(server, path, content, *patience_s)
        if content:
            asked.append((content, answer["ids"]))
        return answer

    monkeypatch.setattr(vector_process, "_asked", noted)
    vector_process._read_ahead(server, home / "chroma" / "store")
    store.close()
    assert sorted(len(content["query_embeddings"][0]) for content, _ in asked) == sorted(WIDTHS.values())
    assert all(ids == [["a:00000"]] for _, ids in asked)
    vector_process._read_ahead(
        Server("127.0.0.1", 9, 0, "none"), home
    )  # one that is gone is told to who asks it


def test_what_an_index_on_disk_lacks_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_process, "_UNWRITTEN", (100, 100))
    on_disk, ids = tmp_path / "chroma" / "store", [f"a:{number:05d}" for number in range(130)]
    rows = np.random.default_rng(1).standard_normal((len(ids), 4)).astype(np.float32)
    store = VectorStore(tmp_path, grace_s=0.1)
    for name in WIDTHS:
        store.upsert(name, ids, rows)
    store.close()
    ended(tmp_path)
    assert places(on_disk) < len(WIDTHS) * len(ids)
    store = VectorStore(tmp_path, grace_s=0.1)
    assert [each[0] for each in store.query("timbre", rows, 1)[0]] == ids, (
        "it is read before, as it was written"
    )
    store.close()
    ended(tmp_path)
    assert places(on_disk) < len(WIDTHS) * len(ids)
    store = VectorStore(tmp_path, grace_s=0.1)
    store.collections()
    vector_process._read_ahead(begun(tmp_path), on_disk)
    until = time.monotonic() + _PATIENCE_S
    while places(on_disk) < len(WIDTHS) * len(ids):
        assert time.monotonic() < until
        time.sleep(0.05)
    for name in WIDTHS:
        assert [each[0] for each in store.query(name, rows, 1)[0]] == ids
    store.close()


def test_places_are_counted_of_all_collections(tmp_path: Path) -> None:
    assert places(tmp_path / "none") == 0
    for name, count in (("one", 3), ("other", 4)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "length.bin").write_bytes(bytes(4 * count))
    assert places(tmp_path) == 7


@pytest.mark.parametrize("there", [True, False])
def test_an_assistant_wakes_the_store_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    woken = list[VectorStore]()

    def noted(store: VectorStore) -> None:
        woken.append(store)

    monkeypatch.setattr(VectorStore, "wake", noted)
    if there:
        (tmp_path / "chroma" / "store").mkdir(parents=True)
    settings = Settings(home=tmp_path, model="builtin")
    library = open_library(settings)
    open_assistant(settings, library, remember=False)
    library.close()
    assert len(woken) == there
    assert (tmp_path / "chroma").exists() == there

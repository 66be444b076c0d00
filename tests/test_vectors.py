"""The vector store: what it finds, and the life of its server under several processes and sudden deaths."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest

from index.core.errors import StoreDamagedError, StoreUnavailableError
from index.store import vector_connection
from index.store.vector_process import ALONE, announced, try_lock
from index.store.vectors import VectorStore, open_vectors, window_id, window_ids


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def server_pid(home: Path) -> int:
    return int(json.loads((home / "chroma" / "server.json").read_text())["pid"])


def wait_until_gone(pid: int, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[VectorStore]:
    store = VectorStore(home, grace_s=1)
    yield store
    store.close()


def test_the_nearest_come_first(store: VectorStore) -> None:
    rng = np.random.default_rng(0)
    vectors = unit(rng.standard_normal((2500, 24)))
    ids = window_ids("a" * 20, 2500)
    store.upsert("nearest", ids, vectors)
    assert store.count("nearest") == 2500
    queries = unit(vectors[[3, 2400]] + 0.02 * rng.standard_normal((2, 24)))
    found, similarities = store.query("nearest", queries, 50)
    truth = queries @ vectors.T
    for row in range(2):
        best = np.argsort(-truth[row])[:50]
        assert len(set(found[row]) & {ids[i] for i in best}) >= 48
        assert found[row][0] == ids[[3, 2400][row]]
        assert np.allclose(similarities[row, 0], truth[row].max(), atol=1e-4)
        assert (np.diff(similarities[row]) <= 1e-6).all()


def test_short_answers_are_padded(store: VectorStore) -> None:
    store.upsert("short", ["t:00000", "t:00001"], unit(np.eye(2, 8)))
    found, similarities = store.query("short", unit(np.eye(1, 8)), 5)
    assert found == [["t:00000", "t:00001"]]
    assert np.allclose(similarities, [[1, 0, -1, -1, -1]], atol=1e-5)
    assert store.query("empty", np.ones((1, 8), np.float32), 3)[0] == [[]]
    assert store.query("empty", np.zeros((0, 8), np.float32), 3)[0] == []


def test_upsert_replaces_and_delete_forgets(store: VectorStore) -> None:
    vectors = unit(np.random.default_rng(1).standard_normal((1200, 8)))
    ids = window_ids("b" * 20, 1200)
    store.upsert("change", ids, vectors)
    store.upsert("change", ids[:3], vectors[3:6])
    assert store.count("change") == 1200
    assert np.allclose(store.get("change", [ids[5], ids[2], ids[0]]), vectors[[5, 5, 3]], atol=1e-6)
    assert sorted(store.ids("change")) == sorted(ids)
    store.delete("change", [*ids[:1100], "not:00001"])
    assert sorted(store.ids("change")) == sorted(ids[1100:])
    assert "change" in store.collections()
    with pytest.raises(KeyError):
        store.get("change", [ids[0]])
    assert window_id("b", 7) == "b:7"
    assert len(window_id("b" * 20, 999)) == 24, "a longer one takes half as much memory again, twice"


def test_a_wrong_width_is_one_clear_error(store: VectorStore) -> None:
    store.upsert("width", ["t:00000"], np.ones((1, 8), np.float32))
    with pytest.raises(StoreUnavailableError, match="refused"):
        store.upsert("width", ["t:00001"], np.ones((1, 9), np.float32))


def test_attaching_to_a_running_server_is_quick(store: VectorStore, home: Path) -> None:
    store.count("nearest")
    start = time.perf_counter()
    second = VectorStore(home, grace_s=1)
    second.count("nearest")
    assert time.perf_counter() - start < 2  # 0.05 s on a machine that has nothing else to do
    second.close()


CLIENT = """
import sys, time
import numpy as np
from pathlib import Path
from index.store import vector_connection
from index.store.vectors import VectorStore
home, name = Path(sys.argv[1]), sys.argv[2]
store = VectorStore(home, grace_s=1)
rng = np.random.default_rng(int(name))
for round in range(5):
    ids = [f"{name}:{round * 40 + i:05d}" for i in range(40)]
    store.upsert("many", ids, rng.standard_normal((40, 16)).astype(np.float32))
    store.query("many", rng.standard_normal((1, 16)).astype(np.float32), 10)
print("done", flush=True)
time.sleep(float(sys.argv[3]))
"""


def client(home: Path, name: int, linger_s: float = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLIENT, str(home), str(name), str(linger_s)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_several_processes_start_one_server_and_share_it(tmp_path: Path) -> None:
    clients = [client(tmp_path, name) for name in range(3)]
    assert [each.communicate(timeout=60)[0] for each in clients] == ["done\n"] * 3
    store = VectorStore(tmp_path, grace_s=1)
    assert store.count("many") == 600
    pid = server_pid(tmp_path)
    owners = [
        p for p in psutil.process_iter(["cmdline"]) if str(tmp_path / "chroma") in (p.info["cmdline"] or [])
    ]
    assert [owner.pid for owner in owners] == [pid]
    store.close()
    assert wait_until_gone(pid)
    assert not (tmp_path / "chroma" / "server.json").exists()
    again = VectorStore(tmp_path, grace_s=1)
    assert again.count("many") == 600  # what was written is there after the server's end
    again.close()


def test_a_killed_client_does_not_keep_the_server(tmp_path: Path) -> None:
    killed = client(tmp_path, 1, linger_s=60)
    assert killed.stdout is not None and killed.stdout.readline() == "done\n"
    pid = server_pid(tmp_path)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    assert wait_until_gone(pid)


def test_a_killed_server_is_replaced_and_loses_nothing(tmp_path: Path) -> None:
    store = VectorStore(tmp_path, grace_s=1)
    vectors = unit(np.random.default_rng(2).standard_normal((300, 16)))
    store.upsert("kept", window_ids("c", 300), vectors)
    first = server_pid(tmp_path)
    os.kill(first, signal.SIGKILL)
    assert store.query("kept", vectors[7:8], 1)[0] == [["c:7"]]
    assert server_pid(tmp_path) != first
    assert store.count("kept") == 300
    store.close()


def test_a_stale_address_is_not_believed(tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    folder.mkdir()
    (folder / "server.json").write_text(json.dumps({"host": "127.0.0.1", "port": 9, "pid": os.getpid()}))
    store = VectorStore(tmp_path, grace_s=1)
    assert store.count("any") == 0
    store.close()


def test_the_copy_of_a_home_never_uses_the_server_of_the_other(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    with closing(VectorStore(home, grace_s=1)) as store:
        store.upsert("few", window_ids("a" * 20, 3), unit(np.eye(3)))
        shutil.copytree(home, copy)
        with (copy / "chroma" / "server.lock").open("a") as starting:
            assert try_lock(starting, ALONE)  # as a server does that is not yet announced
            assert announced(home / "chroma") is not None
            assert announced(copy / "chroma") is None
        with closing(VectorStore(copy, grace_s=1)) as other:
            other.upsert("few", window_ids("b" * 20, 2), unit(np.eye(3)[:2]))
            assert (other.count("few"), store.count("few")) == (5, 3)


def test_a_home_may_be_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = VectorStore(Path("home"), grace_s=1)
    store.upsert("here", window_ids("c", 2), np.eye(2, dtype=np.float32))
    assert store.count("here") == 2
    store.close()


def test_a_server_elsewhere(store: VectorStore, home: Path) -> None:
    store.upsert("shared", ["t:00000"], np.ones((1, 4), np.float32))
    port = json.loads((home / "chroma" / "server.json").read_text())["port"]
    elsewhere = open_vectors(home / "unused", f"http://127.0.0.1:{port}")
    assert elsewhere.count("shared") == 0, "what is the library's own is found with its token only"
    elsewhere.upsert("shared", ["t:00001"], np.ones((1, 4), np.float32))
    assert list(elsewhere.ids("shared")) == ["t:00001"] and list(store.ids("shared")) == ["t:00000"]
    assert not (home / "unused").exists()
    nobody = open_vectors(home / "unused", "http://127.0.0.1:9")
    with pytest.raises(StoreUnavailableError, match="REPRISE_CHROMA_URL"):
        nobody.count("shared")


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no signals that stop a process")
def test_a_server_that_does_not_answer_any_more_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_connection, "_ANSWER_S", 3.0)
    store = VectorStore(tmp_path, grace_s=1)
    rows = unit(np.random.default_rng(0).standard_normal((5, 8)))
    store.upsert("some", window_ids("a" * 20, 5), rows)
    stuck = server_pid(tmp_path)
    os.kill(stuck, signal.SIGSTOP)
    monkeypatch.setattr(vector_connection, "_ANSWER_S", 60.0)  # for the one that takes its place
    assert store.count("some") == 5
    assert server_pid(tmp_path) != stuck
    assert wait_until_gone(stuck)
    store.close()


def test_what_the_own_server_fails_with_while_it_is_entered_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import chromadb
    from chromadb.errors import InternalError

    def failing(**_: object) -> None:
        raise InternalError("a row cannot be decoded")

    monkeypatch.setattr(chromadb, "HttpClient", failing)
    store = VectorStore(tmp_path, grace_s=1)
    with pytest.raises(StoreDamagedError):
        store.count("some")
    store.close()

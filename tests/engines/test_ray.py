"""Adding on a Ray cluster of this machine: the same library, whatever node is lost."""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from fake_analyser import FakeAnalyser
from place import Place

from bench.ray_cluster import RayNode, at_work
from index.core.errors import LibraryError, WeightsError
from index.ingest.ingest import AddReport
from index.ingest.progress import Progress
from index.ingest.requests import LookAt
from index.workers import ray_pool
from index.workers.analyse_file import Refused
from index.workers.ray_pool import RayWorkers

pytest.importorskip("ray", reason="engines: Ray is not installed")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where Ray has its sockets: their names may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def head(folder: Path) -> Iterator[RayNode]:
    """The first node of a cluster; `ray start` waits for nobody, so that it is waited for here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAKE_SLEEP_S", "0.2")
        node = RayNode(folder)
        until = time.monotonic() + 120
        while True:
            try:
                RayWorkers(node.address, FakeAnalyser, folder / "log").__exit__(None, None, None)
            except LibraryError:
                assert time.monotonic() < until, (folder / "started.log").read_text()
                time.sleep(0.5)
            else:
                break
        yield node
        node.kill()


def music(folder: Path, count: int) -> Path:
    folder.mkdir()
    random = np.random.default_rng(1)
    for number in range(count):
        soundfile.write(folder / f"{number:02d}.wav", 0.1 * random.standard_normal(8000 * 3), 8000)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "home", kept_days=30)
    yield place
    place.vectors.close()


def test_nothing_is_lost_or_twice_when_a_node_is_lost_and_another_joins(
    head: RayNode, folder: Path, place: Place, tmp_path: Path
) -> None:
    songs = music(tmp_path / "music", 8)
    soundfile.write(songs / "dies.wav", np.full(24000, 0.1), 8000)
    lost = RayNode(folder, head)

    joined: list[RayNode] = []

    def trouble() -> None:
        while len(place.catalogue.windows()) < 2:
            time.sleep(0.05)
        lost.kill()
        joined.append(RayNode(folder, head))

    thread = threading.Thread(target=trouble, daemon=True)
    thread.start()
    report = place.add(songs, ray=head.address)
    thread.join(60)
    assert not thread.is_alive(), "a node was lost while it added"
    assert (report.added, [Path(each.path).name for each in report.failed]) == (8, ["dies.wav"])
    assert [each.done for each in place.told] == sorted(each.done for each in place.told)
    place.check_whole()

    joined[0].kill()
    place.remove(songs / "00.wav")
    again = place.add(songs, ray=head.address)
    assert (again.added, again.came_back, again.unchanged) == (0, 1, 7), (
        "what is kept at home is not heard again"
    )
    place.check_whole()


def added_while_workers_end(
    head: RayNode, place: Place, songs: Path, seed: int, most: int
) -> tuple[AddReport, int]:
    """Add a folder while workers are ended, at most so many; how many those were."""
    rng, ended, over = np.random.default_rng(seed), list[int](), threading.Event()

    def trouble() -> None:
        while not over.wait(float(rng.uniform(0.0, 0.6))) and len(ended) < most:
            for each in at_work(head)[:1]:
                with contextlib.suppress(psutil.Error):
                    each.kill()
                    ended.append(each.pid)

    thread = threading.Thread(target=trouble, daemon=True)
    thread.start()
    report = place.add(songs, ray=head.address)
    over.set()
    thread.join(60)
    return report, len(ended)


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_or_twice_when_workers_end_at_random_moments(
    head: RayNode, place: Place, tmp_path: Path, seed: int
) -> None:
    """`bench.ray_kills` does this thirty times."""
    report, ended = added_while_workers_end(head, place, music(tmp_path / "music", 8), seed, 3)
    assert ended, "a worker was ended while it had a task"
    assert (report.added, report.failed) == (8, ())
    place.check_whole()


def test_a_file_whose_workers_end_again_and_again_is_told_and_taken_up_later(
    head: RayNode, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    songs = music(tmp_path / "music", 4)
    monkeypatch.setattr(ray_pool, "_RETRIES", 0)
    report, ended = added_while_workers_end(head, place, songs, 1, 1)
    assert ended == 1 and report.added == 3
    assert [each.reason for each in report.failed] == [
        "the cluster lost 1 of its workers while they had it; add it again"
    ]
    report = place.add(songs, ray=head.address)
    assert (report.added, report.unchanged, report.failed) == (1, 3, ())
    place.check_whole()


class StopsAtTwo(list[Progress]):
    """Ctrl-C, when two files are done."""

    stopped = False

    def append(self, told: Progress) -> None:
        super().append(told)
        if told.done >= 2 and not self.stopped:
            self.stopped = True
            handler = signal.getsignal(signal.SIGINT)
            assert callable(handler)
            handler(signal.SIGINT, None)


def test_it_is_interrupted_in_order_and_goes_on(head: RayNode, place: Place, tmp_path: Path) -> None:
    songs = music(tmp_path / "music", 6)
    place.told = StopsAtTwo()
    report = place.add(songs, ray=head.address)
    assert report.interrupted and 2 <= report.added < 6
    place.check_whole()
    place.told = []
    report = place.add(songs, ray=head.address)
    assert not report.interrupted and report.added + report.unchanged == 6
    place.check_whole()


def test_what_a_node_cannot_do_is_refused_with_what_to_do(
    head: RayNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RayWorkers(head.address, FakeAnalyser, tmp_path / "log") as pool:
        answer = pool.ask(LookAt(tmp_path / "away.wav"), 60.0).result(120)
        assert isinstance(answer, Refused) and "has to be there on every node" in answer.reason
        assert pool.count >= 1
    monkeypatch.setattr(ray_pool, "_origins", lambda: "another network")
    with RayWorkers(head.address, FakeAnalyser, tmp_path / "log") as pool:
        answer = pool.ask(LookAt(tmp_path / "away.wav"), 60.0).result(120)
        assert isinstance(answer, Refused) and "another version of Reprise" in answer.reason


def test_a_cluster_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LibraryError, match=r"cluster at 127\.0\.0\.1:9 cannot be reached"):
        RayWorkers("127.0.0.1:9", FakeAnalyser, tmp_path / "log")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="make ray"):
        RayWorkers("auto", FakeAnalyser, tmp_path / "log")

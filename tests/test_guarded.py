"""Work in processes of its own: what ends one of them is a sentence, and ends nothing else."""

from __future__ import annotations

import contextlib
import copy
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from hurt_requests import Does, parts

from index.core.errors import AmbiguousTrackError, AudioReadError, ClipTooShortError, ReadingEndedError
from index.core.options import LibraryOptions
from index.workers.ears import Ears
from index.workers.guard import Guard, Watching
from index.workers.messages import Setup


@pytest.fixture
def guard(tmp_path):
    guard = Guard(Setup(parts, memory_bytes=600_000_000), tmp_path / "logs" / "guarded.log", most=2)
    yield guard
    guard.close()


def run(guard, what, number=0.0, name="clip.mp3"):
    return guard.run(Does(what, number), Path(name))


def test_a_process_that_dies_is_one_sentence_and_the_next_request_gets_another(guard):
    first = run(guard, "pid")
    assert first != os.getpid()
    with pytest.raises(ReadingEndedError) as ended:
        run(guard, "dies")
    assert str(ended.value).startswith(
        "Reading clip.mp3 ended the process that read it, with signal 11: nothing else is lost."
    )
    assert isinstance(ended.value, AudioReadError)
    assert run(guard, "pid") != first


def test_a_process_is_kept_warm(guard):
    assert run(guard, "pid") == run(guard, "pid")


def test_one_that_died_while_it_had_nothing_to_do_is_replaced_without_a_word(guard):
    pid = run(guard, "pid")
    psutil.Process(pid).kill()
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)
    assert run(guard, "pid") != pid


def test_one_that_takes_too_much_memory_is_ended(guard):
    with pytest.raises(ReadingEndedError, match=r"because it needed more than 0\.6 GB of memory") as ended:
        run(guard, "eats")
    assert str(ended.value).endswith("Bring a shorter part of it, or a copy with a lower sample rate.")
    assert run(guard, "counts", 2) == "done"


def test_our_errors_travel_as_they_are(guard):
    with pytest.raises(AudioReadError, match=r"a\.wav could not be read: it is a spoon") as read:
        run(guard, "refuses")
    assert (read.value.path, read.value.reason) == ("a.wav", "it is a spoon")
    with pytest.raises(ClipTooShortError) as short:
        run(guard, "is_short")
    assert short.value.duration_s == 0.5
    again = copy.copy(AmbiguousTrackError("x", ["Pavane", "Aria"]))
    assert str(again) == "“x” may be “Pavane” or “Aria”: which one?" and again.nearest == ("Pavane", "Aria")


def test_a_bug_is_a_sentence_and_its_traceback_is_in_the_log(guard, caplog):
    with pytest.raises(AudioReadError, match="a mistake of ours, ZeroDivisionError: of a bug"):
        run(guard, "errs")
    assert "hurt_requests.py" in caplog.text


def test_what_is_printed_gets_not_among_the_answers(guard, tmp_path):
    assert run(guard, "prints") == "still understood"
    assert "and native code" in (tmp_path / "logs" / "guarded.log").read_text("utf-8")


def test_it_is_told_how_far_it_is(guard):
    told = []
    asked = guard.ask(Does("counts", 5), "a.wav")
    with pytest.raises(StopIteration) as over:
        while True:
            if (news := next(asked)) is not None:
                told.append(news)
    assert told == [0, 1, 2, 3, 4] and over.value.value == "done"


def test_leaving_ends_the_work_and_keeps_a_process_that_listens(guard):
    pid = run(guard, "pid")
    asked = guard.ask(Does("tells_for_ever"), "a.wav")
    next(asked)
    asked.close()
    assert run(guard, "pid") == pid


def test_leaving_ends_a_process_that_does_not_listen(guard):
    pid = run(guard, "pid")
    asked = guard.ask(Does("sleeps", 60), "a.wav")
    next(asked)
    started = time.monotonic()
    asked.close()
    assert time.monotonic() - started < 30, "not the whole minute"
    assert run(guard, "pid") != pid


def test_whoever_watches_may_end_it_in_the_same_thread_alone(tmp_path):
    watching = Watching()
    guard = Guard(Setup(parts), tmp_path / "log", most=2, watching=watching)

    class StoppedError(Exception):
        pass

    def stop(news):
        raise StoppedError

    with contextlib.closing(guard):
        others = []
        other = threading.Thread(target=lambda: others.append(run(guard, "sleeps", 0.5)))
        with watching.by(stop):
            other.start()
            with pytest.raises(StoppedError):
                run(guard, "sleeps", 60)
        other.join(30)
        assert others == ["slept"]
        assert run(guard, "counts", 1) == "done"


def test_more_requests_than_processes_wait_for_each_other(guard):
    pids = []
    threads = [threading.Thread(target=lambda: pids.append(run(guard, "pid"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(pids) == 6 and len(set(pids)) <= 2


OWNER = """
import sys
from pathlib import Path
from hurt_requests import Does, parts
from index.core.options import LibraryOptions
from index.workers.ears import Ears
from index.workers.guard import Guard
from index.workers.messages import Setup
guard = Guard(Setup(parts), Path(sys.argv[1]), most=1)
print(guard.run(Does("pid"), "a"), flush=True)
guard.run(Does("sleeps", 60), "a")
"""


def test_they_end_with_their_owner_however_that_ends(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    worker = psutil.Process(pid)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert worker.wait(timeout=20) is None or not worker.is_running()


@pytest.mark.parametrize(("embedder", "gigabytes"), [("musicnn", r"1\.3"), ("clap", r"3\.1")])
def test_who_listens_with_another_network_may_take_what_torch_takes(tmp_path, embedder, gigabytes):
    ears = Ears(LibraryOptions(tmp_path, embedder=embedder))
    try:
        with pytest.raises(ReadingEndedError, match=f"because it needed more than {gigabytes} GB of memory"):
            run(ears.listeners, "eats")
    finally:
        ears.close()

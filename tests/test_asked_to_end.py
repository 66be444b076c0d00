"""A run of tests that is asked to end does so, also where the signal is taken for a user's wish."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import os, signal
from index.system.interrupt import interruptible

def test_before():
    pass

def test_during(tmp_path, signal_myself):
    with interruptible() as stop:
        {send}(signal.{name})
    assert {verdict}

def test_after():
    pass
"""


def ran(tmp_path: Path, send: str, name: str, verdict: str) -> subprocess.CompletedProcess[str]:
    """A run of three tests, in the second of which a signal is sent."""
    (tmp_path / "test_three.py").write_text(TESTS.format(send=send, name=name, verdict=verdict))
    here = Path(__file__).parent
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "asked_to_end",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
    ]
    return subprocess.run(
        [*command, "--rootdir", str(tmp_path), "--basetemp", str(tmp_path / "temp"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("name", "verdict"), [("SIGTERM", "not stop.is_set()"), ("SIGINT", "stop.is_set()")])
def test_a_signal_to_the_run_ends_it_and_is_named(tmp_path: Path, name: str, verdict: str) -> None:
    done = ran(tmp_path, "(lambda number: os.kill(os.getpid(), number))", name, verdict)
    assert done.returncode == 130, done.stdout + done.stderr
    assert f"asked to end ({name}) during test_three.py::test_during" in done.stdout
    ended = "2 passed" if name == "SIGINT" else "1 failed, 1 passed"
    assert ended in done.stdout, "the test itself came to its end"
    assert "KeyError" not in done.stdout + done.stderr


def test_a_signal_that_a_test_sends_itself_ends_nothing(tmp_path: Path) -> None:
    done = ran(tmp_path, "signal_myself", "SIGINT", "stop.is_set()")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    twice = "(lambda number: (signal_myself(number), stop.clear(), os.kill(os.getpid(), number)))"
    assert ran(tmp_path, twice, "SIGINT", "stop.is_set()").returncode == 130, "one of them was the user's"

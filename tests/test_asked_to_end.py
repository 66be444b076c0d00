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

def test_during():
    with interruptible() as stop:
        os.kill(os.getpid(), signal.{name})
    assert {verdict}

def test_after():
    pass
"""


@pytest.mark.parametrize(("name", "verdict"), [("SIGTERM", "not stop.is_set()"), ("SIGINT", "stop.is_set()")])
def test_a_signal_to_the_run_ends_it_and_is_named(tmp_path: Path, name: str, verdict: str) -> None:
    (tmp_path / "test_three.py").write_text(TESTS.format(name=name, verdict=verdict))
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
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stdout + done.stderr
    assert f"asked to end ({name}) during test_three.py::test_during" in done.stdout

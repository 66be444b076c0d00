"""How long Reprise takes to be there: its help, a second `make run`, the page, a warm turn of the planner."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from app.page_server import free_port
from app.settings import Settings
from app.wiring import open_assistant
from bench.browser import chromium, chromium_path, say, served
from bench.processes import proportional_mb, resident_mb, tree

ROOT = Path(__file__).resolve().parents[1]
WORDS = "find moments like {title} @ 0:20"
_PATIENCE_S = 120.0


def help_s(times: int = 5) -> dict[str, float]:
    """Seconds of `reprise --help`, the median; and of Python that does nothing."""
    program = str(Path(sys.executable).with_name("reprise"))
    return {
        "help_s": _median_s([program, "--help"], times),
        "python_s": _median_s([sys.executable, "-c", ""], times),
    }


def make_run_s(home: Path) -> float:
    """Seconds of `make run` until the page answers,
    everything being set up already; it is set up here if not.
    """
    subprocess.run(["make", "setup"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    port = free_port(8700)
    began = time.perf_counter()
    process = subprocess.Popen(
        ["make", "run", f"ARGS=--no-browser --port {port}"],
        cwd=ROOT,
        env={**os.environ, "REPRISE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while time.perf_counter() - began < _PATIENCE_S and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2):
                    return time.perf_counter() - began
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        return float("nan")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def page(home: Path, title: str) -> dict[str, Any]:
    """Seconds until the page can be read, and the memory of
    its process after a search; empty without a browser.
    """
    if not chromium_path():
        return {}
    with served(home) as address, chromium() as browser:
        servers = [
            each for each in tree(os.getpid()) if "streamlit" in each.cmdline() and "run" in each.cmdline()
        ]
        view = browser.new_page()
        began = time.perf_counter()
        view.goto(address)
        view.get_by_test_id("stChatInputTextArea").wait_for(timeout=1000 * _PATIENCE_S)
        opened_s = time.perf_counter() - began
        for number in range(2):
            say(view, WORDS.format(title=title))
            view.get_by_role("button", name="Why?").nth(5 * number).wait_for(timeout=1000 * _PATIENCE_S)
        time.sleep(2)
        return {
            "opened_s": opened_s,
            "page_rss_mb": sum(map(resident_mb, servers)),
            "page_pss_mb": sum(map(proportional_mb, servers)),
        }


def planner(home: Path, title: str, times: int = 5) -> dict[str, float]:
    """Seconds of a turn that searches: the first one of a process, and the median of those that follow."""
    settings = Settings(home=home, model="builtin")
    assistant = open_assistant(settings, remember=False)
    thread = assistant.new_thread()
    turns = []
    for _ in range(1 + times):
        began = time.perf_counter()
        for _event in assistant.turn(thread, WORDS.format(title=title)):
            pass
        turns.append(time.perf_counter() - began)
    assistant.library.close()
    return {
        "first_turn_s": turns[0],
        "warm_turn_s": statistics.median(turns[1:]),
        "process_mb": resident_mb(psutil.Process()),
    }


def _median_s(command: list[str], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)

"""How soon there is something to search: seconds from the page's opening until the first pieces are indexed.

    python -m bench.starters

Starts `reprise app` in a home of its own, which is empty, and ends it afterwards. The page counts as open when its
server answers.
"""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import psutil

from app.page_server import free_port
from demo.library import STARTERS

_PATIENCE_S = 600.0


def main() -> int:
    """Print the seconds."""
    with tempfile.TemporaryDirectory(prefix="reprise-starters-") as home:
        opened_s, ready_s, cpu_s = measure(Path(home))
    print(f"the page answered after {opened_s:.1f} s")
    print(f"{STARTERS} pieces could be searched {ready_s - opened_s:.1f} s later")
    print(f"processor time by then, all processes: {cpu_s:.1f} s on {os.cpu_count()} cores")
    return 0


def measure(home: Path) -> tuple[float, float, float]:
    """Seconds until the page answers, until the starters are indexed, and of processor time by then."""
    port = free_port(8700)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "app", "--no-browser", "--port", str(port)],
        env={**os.environ, "REPRISE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    opened_s = ready_s = float("nan")
    used: dict[int, float] = {}
    try:
        while time.perf_counter() - began < _PATIENCE_S and process.poll() is None:
            for each in _ours(home):
                used[each.pid] = max(used.get(each.pid, 0.0), _cpu_s(each))
            if math.isnan(opened_s) and _answers(port):
                opened_s = time.perf_counter() - began
            if indexed(home / "catalogue.sqlite") >= STARTERS:
                ready_s = time.perf_counter() - began
                break
            time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        for each in _ours(home):
            each.terminate()
        psutil.wait_procs(_ours(home), timeout=30)
    return opened_s, ready_s, sum(used.values())


def indexed(catalogue: Path) -> int:
    """Tracks in a library, by its database."""
    try:
        with closing(sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True, timeout=1)) as database:
            return int(database.execute("select count(*) from tracks").fetchone()[0])
    except sqlite3.Error:
        return 0


def _ours(home: Path) -> list[psutil.Process]:
    """The processes that work in the home."""
    found = []
    for each in psutil.process_iter():
        try:
            if each.environ().get("REPRISE_HOME") == str(home):
                found.append(each)
        except psutil.Error:
            continue
    return found


def _cpu_s(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.Error:
        return 0.0
    return used.user + used.system


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=0.2):
            return True
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())

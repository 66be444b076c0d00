"""Commands of our own that go on by themselves: `reprise add FOLDER` and `reprise demo`, started by the page.

They are detached: closing the page does not end them. What they say goes to a file in home/logs. How far the demo
library is can be told for whichever program makes it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.system.locks import is_held

if TYPE_CHECKING:
    from index.core.tracks import Track

LOGS_KEPT = 20
"""Of each command's logs; one that still runs and is older than these goes on writing to where nobody looks."""
_TAIL_BYTES = 4000
SURE_FROM = 8
"""Pieces of the demo library after which the time left can be told."""


@dataclass(frozen=True)
class Started:
    """A command that was started: `what` it does in a few words."""

    what: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def running(self) -> bool:
        """Whether it still goes on."""
        return self.process.poll() is None

    @property
    def refused(self) -> str:
        """Why it did nothing at all, in its own last words; empty while it runs and where it did its work."""
        code, said = self.process.poll(), self.said()
        if code in (None, 0) or (code == 1 and "Traceback" not in said):
            return ""
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return lines[-1] if lines else f"{self.what} ended with code {code}."

    def said(self) -> str:
        """The end of what it printed."""
        try:
            data = self.log.read_bytes()[-_TAIL_BYTES:]
        except FileNotFoundError:
            return ""
        return data.decode("utf-8", "replace")


def start(home: Path, what: str, *arguments: str) -> Started:
    """Start `reprise ARGUMENTS` on the library in `home`, detached; each has a log of its own."""
    logs = home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "REPRISE_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    (logs / f"{arguments[0]}.started").touch()
    handle, log = _new_log(logs, arguments[0])
    with os.fdopen(handle, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    return Started(what, process, log)


def _new_log(logs: Path, name: str) -> tuple[int, Path]:
    """A file that no other command writes to, opened; of older ones the newest few are kept."""
    older = sorted(logs.glob(f"{name}-*.log"), key=lambda log: log.name)
    for log in older[: max(0, len(older) - LOGS_KEPT + 1)]:
        log.unlink(missing_ok=True)
    prefix = f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-"
    handle, path = tempfile.mkstemp(".log", prefix, logs)
    return handle, Path(path)


@dataclass(frozen=True)
class DemoJob:
    """How far the demo library is."""

    done: int
    total: int
    eta_s: float | None
    """Estimated seconds left; None where that is not known yet."""


def demo_job(home: Path, tracks: Sequence[Track]) -> DemoJob | None:
    """How far the demo library is that is being made in `home`; None if nobody makes it."""
    folder = home / "demo"
    if not is_held(folder / ".lock"):
        return None
    from demo.pieces import pieces

    done = sum(Path(track.path).parent == folder for track in tracks)
    total = max(len(pieces()), done)
    began = _began(home)
    eta_s = (time.time() - began) / done * (total - done) if began and done >= SURE_FROM else None
    return DemoJob(done, total, eta_s)


def _began(home: Path) -> float | None:
    """When the page last started the demo's making, in seconds since 1970."""
    try:
        return (home / "logs" / "demo.started").stat().st_mtime
    except FileNotFoundError:
        return None

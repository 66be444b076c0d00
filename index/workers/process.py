"""One process that works for this one: started when it is needed, and again when it died.

What goes over to it, and comes back, is said in `index.workers.messages`.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from index.workers.limits import MEMORY_CODE
from index.workers.messages import Cancel, Failed, Request, Setup, Told, receive, send

LOOK_S = 0.2
"""How often whoever waits for an answer is told that it is not there yet."""
CANCELLED_S = 0.5
"""So long a process has to leave what it was at; then it is ended."""
FULL = 0.6
"""A process that keeps this share of the memory it may have is replaced by a new one."""
_AHEAD = 4
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class ProcessEndedError(Exception):
    """The process came to an end before it answered."""

    def __init__(self, code: int, memory_bytes: int) -> None:
        super().__init__(code)
        self.code = code
        self.memory_bytes = memory_bytes

    @property
    def how(self) -> str:
        """How it ended, in words."""
        if self.code == MEMORY_CODE:
            return f"because it needed more than {self.memory_bytes / 1e9:.1f} GB of memory"
        if self.code == -signal.SIGKILL:
            return "suddenly (was there enough memory?)"
        return f"with signal {-self.code}" if self.code < 0 else f"with code {self.code}"

    @property
    def advice(self) -> str:
        """What whoever brought the file can do; empty where that depends on the file."""
        too_much = self.code == MEMORY_CODE
        return "Bring a shorter part of it, or a copy with a lower sample rate." if too_much else ""


@dataclass
class _Running:
    process: subprocess.Popen[bytes]
    answers: queue.Queue[Any]
    """What it said; None when it is over."""


class GuardedProcess:
    """A process that works for one thread at a time. What it prints goes to the file `log`.

    `threads` bounds those of its libraries; 0 leaves it to them.
    """

    def __init__(self, setup: Setup, log: Path, threads: int = 1) -> None:
        self._setup = setup
        self._log = log
        self._threads = threads
        self._running: _Running | None = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def closed(self) -> bool:
        """Whether its owner has ended it for good."""
        return self._closed

    @property
    def pid(self) -> int | None:
        """Its number, while it runs."""
        running = self._running
        return running.process.pid if running else None

    def start(self) -> None:
        """Start it before anything is asked of it, so that the first answer comes sooner."""
        self._started()

    def ask(self, request: Request) -> Generator[Any, None, Any]:
        """Have a request worked at: yields what is told meanwhile, and None whenever nothing is; returns the answer.

        Leaving the iterator ends the work.

        Raises
        ------
        ProcessEndedError
        RepriseError
            Whatever the request itself raised.
        """
        running = self._asked(request)
        over = False
        try:
            while True:
                try:
                    message = running.answers.get(timeout=LOOK_S)
                except queue.Empty:
                    yield None
                    continue
                if isinstance(message, Told):
                    yield message.value
                    continue
                over = True
                if message is None:
                    raise ProcessEndedError(self._end(), self._setup.memory_bytes)
                if isinstance(message, Failed):
                    raise message.error
                if 0 < self._setup.memory_bytes * FULL < message.memory_bytes:
                    self._end()
                return message.value
        finally:
            if not over:
                self._leave(running)

    def close(self) -> None:
        """End it; whoever waits for it is told so, and no other is started."""
        self._closed = True
        self.kill()

    def kill(self) -> None:
        """End it; from any thread."""
        with self._lock:
            if self._running is not None:
                self._running.process.kill()

    def end(self) -> None:
        """End it, and have the next request start another."""
        self._end()

    def _asked(self, request: Request) -> _Running:
        """Hand a request over; a process that died while it had nothing to do is replaced."""
        for _ in range(2):
            running = self._started()
            assert running.process.stdin is not None
            if running.process.poll() is None:
                with suppress(BrokenPipeError):
                    send(running.process.stdin, request)
                    return running
            code = self._end()
        raise ProcessEndedError(code, self._setup.memory_bytes)

    def _started(self) -> _Running:
        with self._lock:
            if self._closed:
                raise ProcessEndedError(0, self._setup.memory_bytes)
            if self._running is None:
                search = os.pathsep.join(path for path in sys.path if path)
                few = dict.fromkeys(_THREADS, str(self._threads)) if self._threads else {}
                self._log.parent.mkdir(parents=True, exist_ok=True)
                with self._log.open("ab") as log:
                    process = subprocess.Popen(
                        [sys.executable, "-P", "-m", "index.workers.worker"],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=log,
                        env={**os.environ, **few, "PYTHONPATH": search},
                        start_new_session=True,  # Ctrl-C is for the owner
                    )
                assert process.stdin is not None and process.stdout is not None
                self._running = _Running(process, queue.Queue(_AHEAD))
                reading = (process.stdout, self._running.answers)
                threading.Thread(target=_read, args=reading, name=f"from-{process.pid}", daemon=True).start()
                with suppress(BrokenPipeError):  # it is over already; whoever asks is told so
                    send(process.stdin, self._setup)
            return self._running

    def _leave(self, running: _Running) -> None:
        """Have the process leave its work; it is ended where it does not listen."""
        ends = time.monotonic() + CANCELLED_S
        assert running.process.stdin is not None
        with suppress(OSError, ValueError):
            send(running.process.stdin, Cancel())
            while (left := ends - time.monotonic()) > 0:
                with suppress(queue.Empty):
                    if not isinstance(running.answers.get(timeout=left), Told):
                        if running.process.poll() is None:
                            return
                        break
        self._end()

    def _end(self) -> int:
        """End the process for good; the code that it ended with by itself, if it did."""
        self.kill()
        with self._lock:
            running, self._running = self._running, None
        if running is None:
            return 0
        code = running.process.wait()
        with suppress(queue.Empty):
            while running.answers.get(timeout=CANCELLED_S) is not None:
                pass
        for pipe in (running.process.stdin, running.process.stdout):
            assert pipe is not None
            with suppress(OSError):  # what was still to be written has nowhere to go
                pipe.close()
        return code


def _read(stream: IO[bytes], answers: queue.Queue[Any]) -> None:
    """Take over what the process says until it says nothing more."""
    try:
        while True:
            answers.put(receive(stream))
    except (EOFError, OSError, ValueError):
        answers.put(None)

"""Worker processes, one a core: they analyse files, and one that dies takes only its file with it."""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from index.worker import Analyses, Refused, receive, send

_MEMORY_A_WORKER = 700_000_000
_MEMORY_WITH_TORCH = 2_500_000_000
_FILES_A_WORKER = 400
"""Then another process takes its place, so that memory that was lost bit by bit comes back."""
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


def default_workers(torch: bool = False) -> int:
    """One a core that this process may use, fewer where memory is short; with `torch` each has a network of that."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = _MEMORY_WITH_TORCH if torch else _MEMORY_A_WORKER
    return max(1, min(cores, psutil.virtual_memory().available // memory))


class Workers:
    """A fixed number of workers; leaving the context ends them, whatever they are at.

    What they print goes to the file `log`.
    """

    def __init__(self, count: int, make_analyser: Callable[[], Analyses], log: Path) -> None:
        self.count = count
        self._workers = [_Worker(make_analyser, log) for _ in range(count)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count, "worker")

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def ask(self, request: Any, limit_s: float) -> Future[Any]:
        """Ask something as soon as a worker is free; a worker that takes longer than `limit_s` is ended.

        The answer is what the request's `run` gives in the worker, or Refused.
        """
        return self._threads.submit(self._ask, request, limit_s)

    def _ask(self, request: Any, limit_s: float) -> Any:
        worker = self._idle.get()
        try:
            answer = worker.ask(request, limit_s)
        finally:
            self._idle.put(worker)
        if isinstance(answer, Refused) and answer.trace:
            path = getattr(request, "path", "")
            logging.getLogger("reprise.worker").error("%s: %s\n%s", path, answer.reason, answer.trace)
        return answer


class _Worker:
    """One worker, in a process that is started when it is needed, and again when it died."""

    def __init__(self, make_analyser: Callable[[], Analyses], log: Path) -> None:
        self._make_analyser = make_analyser
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._files = 0
        self._closed = False
        self._lock = threading.Lock()

    def ask(self, request: Any, limit_s: float) -> Any:
        """Have the process answer a request."""
        if self._files >= _FILES_A_WORKER:
            self._end()
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._kill()

        timer = threading.Timer(limit_s, stop)
        timer.daemon = True
        timer.start()
        try:
            process = self._started()
            assert process.stdin is not None and process.stdout is not None
            send(process.stdin, request)
            answer = receive(process.stdout)
        except (EOFError, OSError):
            code = self._end()
            if late.is_set():
                return Refused(f"its analysis was stopped after {limit_s / 60:.0f} minutes")
            return Refused(f"the process that analysed it ended {_how(code)}", f"{self._log} may say where")
        finally:
            timer.cancel()
        self._files += 1
        return answer

    def close(self) -> None:
        """End the process; whoever waits for it is told so, and no other is started."""
        self._closed = True
        self._kill()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise EOFError
            if self._process is None:
                search = os.pathsep.join(path for path in sys.path if path)
                with self._log.open("ab") as log:
                    self._process = subprocess.Popen(
                        [sys.executable, "-P", "-X", "faulthandler", "-m", "index.worker"],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=log,
                        env={**os.environ, **_ONE_THREAD, "PYTHONPATH": search},
                        start_new_session=True,  # Ctrl-C is for the owner
                    )
                self._files = 0
                assert self._process.stdin is not None
                send(self._process.stdin, self._make_analyser)
            return self._process

    def _kill(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def _end(self) -> int:
        """End the process for good; the code that it ended with by itself, if it did."""
        self._kill()
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return 0
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except OSError:
                continue  # what was still to be written has nowhere to go
        return code


def _how(code: int) -> str:
    if code == -signal.SIGKILL:
        return "suddenly (was there enough memory?)"
    return f"with signal {-code}" if code < 0 else f"with code {code}"

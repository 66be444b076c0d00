"""Worker processes, one a core: they analyse files, and one that dies takes only its file with it."""

from __future__ import annotations

import logging
import os
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from index.core.errors import RepriseError
from index.workers.analyse_file import Analyses, Refused
from index.workers.messages import Setup, WorkFaultError
from index.workers.process import GuardedProcess, ProcessEndedError

_MEMORY_A_WORKER = 700_000_000
_MEMORY_WITH_TORCH = 2_500_000_000
_FILES_A_WORKER = 400
"""Then another process takes its place, so that memory that was lost bit by bit comes back."""


def default_workers(torch: bool = False) -> int:
    """One a core that this process may use, fewer where memory is short; with `torch` each has a network of that."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = _MEMORY_WITH_TORCH if torch else _MEMORY_A_WORKER
    return max(1, min(cores, psutil.virtual_memory().available // memory))


class Workers:
    """A fixed number of workers; leaving the context ends them, whatever they are at.

    What they print goes to the file `log`, behind what others printed before.
    """

    def __init__(self, count: int, make_analyser: Callable[[], Analyses], log: Path) -> None:
        self.count = count
        self._workers = [OneWorker(make_analyser, log) for _ in range(count)]
        self._idle: queue.SimpleQueue[OneWorker] = queue.SimpleQueue()
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


class OneWorker:
    """One worker: a process, and how long it may take for an answer."""

    def __init__(self, make_analyser: Callable[[], Analyses], log: Path) -> None:
        self._process = GuardedProcess(Setup(make_analyser, nice=5), log)  # the page's searches come first
        self._log = log
        self._files = 0

    def ask(self, request: Any, limit_s: float) -> Any:
        """Have the process answer a request."""
        if self._files >= _FILES_A_WORKER:
            self._process.end()
            self._files = 0
        self._files += 1
        late = time.monotonic() + limit_s
        asked = self._process.ask(request)
        try:
            while True:
                next(asked)
                if time.monotonic() > late:
                    asked.close()
                    return Refused(f"its analysis was stopped after {limit_s / 60:.0f} minutes")
        except StopIteration as answered:
            return answered.value
        except ProcessEndedError as ended:
            if self._process.closed:
                return Refused("adding was stopped")
            return Refused(f"the process that analysed it ended {ended.how}", f"{self._log} may say where")
        except WorkFaultError as fault:
            reason = f"an error of ours, {fault.said.splitlines()[0]} (logs/reprise.log says more)"
            return Refused(reason, fault.trace)
        except RepriseError as error:
            return Refused(str(error).rstrip("."))

    def close(self) -> None:
        """End the process; whoever waits for it is told so, and no other is started."""
        self._process.close()

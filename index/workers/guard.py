"""The guard: a few processes that take requests about users' files, started when they are needed and kept warm."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from index.core.errors import AudioReadError, ReadingEndedError
from index.workers.messages import Request, Setup, WorkFaultError
from index.workers.process import LOOK_S, GuardedProcess, ProcessEndedError

Watch = Callable[[Any], None]
"""Called with each progress report of a request, and with None several times a second; raising ends the work."""


class Watching:
    """Who watches what is run, in each thread and in what it starts with its context."""

    def __init__(self) -> None:
        self._watch: ContextVar[Watch | None] = ContextVar("watch", default=None)

    @contextmanager
    def by(self, watch: Watch) -> Iterator[None]:
        """Watch until this is left."""
        token = self._watch.set(watch)
        try:
            yield
        finally:
            self._watch.reset(token)

    def tell(self, told: Any) -> None:
        """Tell whoever watches; what it raises ends the work."""
        if (watch := self._watch.get()) is not None:
            watch(told)

    def through(self, steps: Generator[Any, None, Any]) -> Any:
        """Run steps to their end, reporting each; returns their result."""
        try:
            while True:
                self.tell(next(steps))
        except StopIteration as over:
            return over.value
        finally:
            steps.close()


class Guard:
    """Works at requests in at most so many processes; may be used from several threads."""

    def __init__(
        self, setup: Setup, log: Path, most: int, threads: int = 1, watching: Watching | None = None
    ) -> None:
        self._setup = setup
        self._log = log
        self._most = most
        self._threads = threads
        self._all: list[GuardedProcess] = []
        self._idle: list[GuardedProcess] = []
        self._free = threading.Condition()
        self._watching = watching or Watching()
        self._logger = logging.getLogger("reprise.guarded")

    def ask(self, request: Request, path: Path | str) -> Generator[Any, None, Any]:
        """Run a request about a file: yields its progress reports, None in between; returns the answer.

        Raises
        ------
        ReadingEndedError
            If the process that worked at it came to an end. The next request gets another.
        RepriseError
            Whatever the request itself raised.
        """
        process = yield from self._taken()
        try:
            return (yield from process.ask(request))
        except ProcessEndedError as ended:
            self._logger.exception("%s ended: %s; %s may say where", request, ended.how, self._log)
            raise ReadingEndedError(path, ended.how, ended.advice) from ended
        except WorkFaultError as fault:
            self._logger.exception("%s: %s\n%s", request, fault.said, fault.trace)
            reason = f"a mistake of ours, {fault.said.splitlines()[0]} (logs/reprise.log says more)"
            raise AudioReadError(path, reason) from fault
        finally:
            with self._free:
                self._idle.append(process)
                self._free.notify()

    def run(self, request: Request, path: Path | str) -> Any:
        """The answer to a request; a watcher is notified of its progress, and may end it."""
        return self._watching.through(self.ask(request, path))

    def warm(self) -> None:
        """Start a process now, where none is: the first answer comes sooner."""
        with self._free:
            if self._all:
                return
            process = self._another()
            self._idle.append(process)
        process.start()

    def pids(self) -> list[int]:
        """The processes that run."""
        return [pid for each in list(self._all) if (pid := each.pid) is not None]

    def close(self) -> None:
        """End all processes, whatever they are at."""
        for process in list(self._all):
            process.close()

    def _taken(self) -> Generator[None, None, GuardedProcess]:
        """A process for one request; the one that was used last, which is the warmest."""
        while True:
            with self._free:
                if self._idle:
                    return self._idle.pop()
                if len(self._all) < self._most:
                    return self._another()
                self._free.wait(LOOK_S)
            yield None

    def _another(self) -> GuardedProcess:
        process = GuardedProcess(self._setup, self._log, self._threads)
        self._all.append(process)
        return process

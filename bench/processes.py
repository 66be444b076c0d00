"""What a program and all the processes that it starts need: memory and processor time, watched from outside."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

import psutil

_LOOK_S = 0.5
_SHARED_EVERY = 4
"""Every so many looks the shared pages are told apart, which takes longer."""


@dataclass
class Watch:
    """Watches a process and its children while its context lasts."""

    pid: int
    rss_mb: list[tuple[float, float]] = field(default_factory=list)
    """(seconds, MB): resident memory of all processes, pages that several share counted in each."""
    pss_mb: list[tuple[float, float]] = field(default_factory=list)
    """The same, shared pages counted once; empty where the system cannot tell."""

    def __enter__(self) -> Watch:
        self._ended = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def peak_rss_mb(self) -> float:
        """The most resident memory at one time."""
        return max((value for _, value in self.rss_mb), default=0.0)

    @property
    def peak_pss_mb(self) -> float:
        """The same, shared pages counted once."""
        return max((value for _, value in self.pss_mb), default=0.0)

    @property
    def growth_mb(self) -> float:
        """Peak of the last quarter less the peak of the second one: how much a long run adds."""
        if not self.rss_mb:
            return 0.0
        end = self.rss_mb[-1][0]

        def peak(low: float, high: float) -> float:
            return max((value for at, value in self.rss_mb if low * end <= at <= high * end), default=0.0)

        return peak(0.75, 1.0) - peak(0.25, 0.5)

    def _look(self) -> None:
        looks = 0
        while not self._ended.wait(_LOOK_S):
            at_s = time.monotonic() - self._began
            processes = tree(self.pid)
            self.rss_mb.append((at_s, sum(resident_mb(each) for each in processes)))
            if looks % _SHARED_EVERY == 0:
                shared = sum(proportional_mb(each) for each in processes)
                if shared:
                    self.pss_mb.append((at_s, shared))
            looks += 1


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it; empty where it has ended."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def resident_mb(process: psutil.Process) -> float:
    """Resident memory; 0 where the process has ended."""
    with suppress(psutil.Error):
        return float(process.memory_info().rss / 1e6)
    return 0.0


def proportional_mb(process: psutil.Process) -> float:
    """Resident memory, each shared page divided by those who share it; 0 where that is not known."""
    with suppress(psutil.Error, AttributeError):
        return float(process.memory_full_info().pss / 1e6)
    return 0.0


def cpu_s(process: psutil.Process) -> float:
    """Processor time so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""Long arrays are worked on by two threads: numpy lets others run while it computes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache

_SECOND = "second half"
_LONG = 1 << 19
"""Below so many rows a second thread takes longer to begin than it helps."""


def in_parts(rows: int, at_once: int, work: Callable[[slice], None]) -> None:
    """Call `work` for parts of so many rows, which it must be able to do side by side; of many rows in two threads."""
    parts = [slice(first, min(first + at_once, rows)) for first in range(0, rows, at_once)]

    def several(some: Sequence[slice]) -> None:
        for part in some:
            work(part)

    if rows < _LONG or threading.current_thread().name.startswith(_SECOND):
        several(parts)
        return
    half = len(parts) // 2
    other = _second(os.getpid()).submit(several, parts[half:])
    try:
        several(parts[:half])
    finally:
        wait([other])  # it works on the same arrays
    other.result()


@lru_cache(maxsize=1)
def _second(_: int) -> ThreadPoolExecutor:
    """The other thread of this process: to begin one takes longer than to hand something to it."""
    return ThreadPoolExecutor(1, _SECOND)

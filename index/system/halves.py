"""Long arrays are worked on by two threads: numpy lets others run while it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

_LONG = 1 << 19
"""Below so many rows a second thread takes longer to begin than it helps."""


def in_parts(rows: int, at_once: int, work: Callable[[slice], None]) -> None:
    """Call `work` for parts of so many rows, which it must be able to do side by side; of many rows in two threads."""
    parts = [slice(first, min(first + at_once, rows)) for first in range(0, rows, at_once)]

    def several(some: Sequence[slice]) -> None:
        for part in some:
            work(part)

    if rows < _LONG:
        several(parts)
        return
    half = len(parts) // 2
    with ThreadPoolExecutor(1, "second half") as pool:
        other = pool.submit(several, parts[half:])
        several(parts[:half])
        other.result()

"""What a process may take: how much memory, and how much of the processor's time."""

from __future__ import annotations

import os
import sys
import threading
import time

MEMORY_CODE = 77
"""The code that a process ends with when it needs more memory than it may have."""
_WATCH_S = 0.05
_ADDRESSES_BYTES, _ADDRESSES_TIMES = 6_000_000_000, 8
"""Address space beyond the memory, or so many times as much: libraries map far more than they use, torch most."""


def limit(nice: int, memory_bytes: int) -> None:
    """Bound what this process takes: a watch on its memory, and a bound that the system keeps."""
    if hasattr(os, "nice") and nice:
        os.nice(nice)
    try:
        import resource
    except ImportError:  # not a Unix
        pass
    else:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory_bytes and sys.platform == "linux":
            most = max(memory_bytes + _ADDRESSES_BYTES, memory_bytes * _ADDRESSES_TIMES)
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
    if memory_bytes:
        threading.Thread(target=_watch, args=(memory_bytes,), daemon=True).start()


def _watch(most_bytes: int) -> None:
    """End this process when it takes too much: whatever native code is at cannot be told to stop."""
    while True:
        if resident_bytes() > most_bytes:
            print(f"more than {most_bytes} bytes of memory", file=sys.stderr, flush=True)
            os._exit(MEMORY_CODE)
        time.sleep(_WATCH_S)


def resident_bytes() -> int:
    """How much memory this process keeps."""
    import psutil

    return int(psutil.Process().memory_info().rss)

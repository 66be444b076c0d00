"""Which files and folders can be read just now, asked in passing: a share that is silent holds nobody up."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Collection

FRESH_S = 5.0
"""How long an answer is good."""
_FIRST_S, _LATER_S = 0.5, 0.02
"""How long the first who asks waits for the answer; later ones get the one before, if it takes longer."""


class Presence:
    """Looks whether files are there, in a thread of its own; at most one at a time, however long it takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looking: threading.Thread | None = None
        self._there: frozenset[str] | None = None
        self._looked_at: frozenset[str] = frozenset()
        self._until = 0.0

    def of(self, paths: Collection[str]) -> frozenset[str]:
        """Those of the files that can be read, as far as that is known by now."""
        if not paths:
            return frozenset()
        with self._lock:
            busy = self._looking is not None and self._looking.is_alive()
            if not busy and time.monotonic() >= self._until:
                self._looking = threading.Thread(target=self._look, args=(tuple(paths),), daemon=True)
                self._looking.start()
            looking = self._looking
        if looking is not None:
            looking.join(_FIRST_S if self._there is None else _LATER_S)
        return (self._there or frozenset()).intersection(paths)

    def gone(self, paths: Collection[str]) -> frozenset[str]:
        """Those of which it is known by now that nothing can be read; what was not looked at yet is not gone."""
        return (self._looked_at - (self._there or frozenset())).intersection(paths)

    def _look(self, paths: Collection[str]) -> None:
        there = frozenset(path for path in paths if _is_readable(path))
        self._there, self._looked_at = there, frozenset(paths)
        self._until = time.monotonic() + FRESH_S


def _is_readable(path: str) -> bool:
    """Whether a file is one of which something can be read, and a folder one that holds anything.

    Where a disk fails, its names may still be there; where nothing is mounted, an empty folder may be.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 (paths of other systems stay as they are)
        if stat.S_ISDIR(mode):
            with os.scandir(path) as entries:
                return next(entries, None) is not None
        if not stat.S_ISREG(mode):
            return False
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return bool(file.read(1))
    except (OSError, ValueError):
        return False

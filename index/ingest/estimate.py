"""How long adding takes: by the seconds of sound in the files that are left, not by their number."""

from __future__ import annotations

import time
from collections.abc import Mapping


class Estimate:
    """How long the rest takes: the seconds of files that were looked at are known, others are told by their size."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        """`sizes`: bytes of each file, by path."""
        self._sizes = sizes
        self._started = time.monotonic()
        self._analysed_s = 0.0
        self._guess_s: dict[str, float] = {}
        self._read_bytes = 0
        self._left_bytes = sum(sizes.values())
        self._left_s = 0.0

    def promised(self, path: str, length_s: float) -> None:
        """What the header of a file promises, in seconds; 0 where it promises nothing."""
        if path not in self._guess_s and path in self._sizes:
            self._guess_s[path] = length_s
            self._left_s += length_s
            self._left_bytes -= self._sizes[path]
            self._read_bytes += self._sizes[path]

    def of(self, path: str) -> float:
        """Seconds of sound in a file, by its header; 0 where it was not looked at, or promises nothing."""
        return self._guess_s.get(path, 0.0)

    def finished(self, path: str, audio_s: float) -> None:
        """A file is done, of which so many seconds were analysed."""
        if path in self._guess_s:
            self._left_s -= self._guess_s[path]
        elif path in self._sizes:
            self._left_bytes -= self._sizes[path]
        self._analysed_s += audio_s

    def eta_s(self) -> float | None:
        """Seconds until all is done; None before anything was analysed."""
        elapsed_s = time.monotonic() - self._started
        if not self._analysed_s or elapsed_s < 1:
            return None
        promised_s = sum(self._guess_s.values())
        by_size = self._left_bytes * promised_s / self._read_bytes if self._read_bytes else 0.0
        return (self._left_s + by_size) * elapsed_s / self._analysed_s

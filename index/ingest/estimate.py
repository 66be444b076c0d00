"""How long adding takes: by the seconds of sound in the files that are left, not by their number."""

from __future__ import annotations

import time
from collections.abc import Mapping

from index.audio.reading import estimate_duration_s

_SAMPLED = 40


class Estimate:
    """How long the rest takes: seconds of sound are read from some headers, the others told by their size."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        """`sizes`: bytes of each file, by path."""
        self._sizes = sizes
        self._started = time.monotonic()
        self._analysed_s = 0.0
        self._guess_s: dict[str, float] = {}
        self._left_bytes = sum(sizes.values())
        self._left_s = 0.0
        paths = list(sizes)
        for path in paths[:: max(1, len(paths) // _SAMPLED)][:_SAMPLED]:
            self.of(path)

    def of(self, path: str) -> float:
        """Seconds of sound in a file, by its header."""
        if path not in self._guess_s:
            self._guess_s[path] = estimate_duration_s(path)
            self._left_s += self._guess_s[path]
            self._left_bytes -= self._sizes[path]
        return self._guess_s[path]

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
        read_bytes = sum(self._sizes[path] for path in self._guess_s)
        by_size = self._left_bytes * sum(self._guess_s.values()) / read_bytes if read_bytes else 0.0
        return (self._left_s + by_size) * elapsed_s / self._analysed_s

"""How far a check that was stopped had come."""

from __future__ import annotations

import json
import time
from pathlib import Path

from index.system.files import write_durably

_NOTED_S = 10.0
_SAME_RUN_S = 86400.0


class Seen:
    """Which tracks a check that was stopped had found in order."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._noted = time.monotonic()
        self._ids: set[str] = set()
        try:
            if time.time() - file.stat().st_mtime < _SAME_RUN_S:
                self._ids = set(json.loads(file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            self._ids = set()

    def has(self, track_id: str) -> bool:
        """Whether a track was in order."""
        return track_id in self._ids

    def add(self, track_id: str) -> None:
        """A track is in order."""
        self._ids.add(track_id)
        if time.monotonic() - self._noted > _NOTED_S:
            self._write()

    def end(self, *, whole: bool) -> None:
        """Forget all after a whole check; keep it for the next one else."""
        if whole:
            self._file.unlink(missing_ok=True)
        else:
            self._write()

    def _write(self) -> None:
        self._noted = time.monotonic()
        write_durably(self._file, json.dumps(sorted(self._ids)).encode())

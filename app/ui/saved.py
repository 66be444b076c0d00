"""Moments saved with a click: a list on disk, and the same as a playlist. Knows no Streamlit."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from index.history import History
from index.moments import Hit
from index.playlist_files import write_playlist
from index.system.files import write_durably

NAME = "Saved moments"


class Saved:
    """Saved moments, oldest first."""

    def __init__(self, home: Path, history: History) -> None:
        self._file = home / "saved.json"
        self._playlist = home / "playlists" / f"{NAME}.m3u8"
        self._history = history
        self._lock = threading.Lock()

    def hits(self) -> list[Hit]:
        """What is saved."""
        try:
            return [Hit.from_record(record) for record in json.loads(self._file.read_text(encoding="utf-8"))]
        except FileNotFoundError:
            return []

    def has(self, hit: Hit) -> bool:
        """Whether this moment is saved."""
        return any(_same(hit, other) for other in self.hits())

    def toggle(self, hit: Hit) -> bool:
        """Save a moment, or take it out if it was saved; whether it is saved now."""
        with self._lock:
            before = self.hits()
            after = [other for other in before if not _same(hit, other)]
            if added := len(after) == len(before):
                after.append(hit)
            self._write(after)
            if added:
                self._history.record("liked", [hit.moment])
            else:
                self._history.take_back("liked", hit.moment)
            return added

    def _write(self, hits: list[Hit]) -> None:
        write_durably(self._file, json.dumps([hit.as_record() for hit in hits]).encode())
        write_playlist(self._playlist, "m3u8", NAME, hits)


def _same(one: Hit, other: Hit) -> bool:
    return one.moment.overlap(other.moment) > 0.95

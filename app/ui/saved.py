"""Moments saved with a click: a list on disk, and the same as a playlist. Knows no Streamlit."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from index.moments import Hit
from index.taste import Taste


class Saved:
    """Saved moments, oldest first."""

    def __init__(self, home: Path) -> None:
        self._file = home / "saved.json"
        self._playlist = home / "playlists" / "Saved moments.m3u8"
        self._taste = Taste(home)
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
                self._taste.record("liked", [hit.moment])
            else:
                self._taste.take_back("liked", hit.moment)
            return added

    def playlist(self) -> str:
        """The saved moments as a playlist that starts and stops at the second."""
        from tools.make_playlist import m3u8

        return m3u8("Saved moments", self.hits())

    def _write(self, hits: list[Hit]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".part")
        partial.write_text(json.dumps([hit.as_record() for hit in hits]), encoding="utf-8")
        partial.replace(self._file)
        self._playlist.parent.mkdir(parents=True, exist_ok=True)
        self._playlist.write_text(self.playlist(), encoding="utf-8")


def _same(one: Hit, other: Hit) -> bool:
    return one.moment.overlap(other.moment) > 0.95

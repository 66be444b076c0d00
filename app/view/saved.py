"""Moments saved with a click: a list on disk, and the same as a playlist. Knows no Streamlit."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from app.agent.memory.kept import readable
from app.log import at_home
from index.catalogue.history import History
from index.core.errors import RepriseError
from index.core.hits import Hit
from index.playlists.files import write_playlist
from index.system.files import write_durably

NAME = "Saved moments"


class SavedError(RepriseError):
    """The list of saved moments cannot be read."""


class Saved:
    """Saved moments, oldest first. What another version wrote and this one cannot read is kept as it is."""

    def __init__(self, home: Path, history: History) -> None:
        self._file = home / "saved.json"
        self._playlist = home / "playlists" / f"{NAME}.m3u8"
        self._history = history
        self._lock = threading.Lock()

    def hits(self) -> list[Hit]:
        """What is saved, as far as this version can read it.

        Raises
        ------
        SavedError
            If the file is not one of ours; it is left as it is.
        """
        return readable(self._records())

    def unread(self) -> int:
        """How many were saved by another version in a way that this one cannot read."""
        records = self._records()
        return len(records) - len(readable(records))

    def has(self, hit: Hit) -> bool:
        """Whether this moment is saved."""
        try:
            return any(_same(hit, other) for other in self.hits())
        except SavedError:
            return False

    def toggle(self, hit: Hit) -> bool:
        """Save a moment, or take it out if it was saved; whether it is saved now."""
        with self._lock:
            before = self._records()
            after = [
                record for record in before if not any(_same(hit, other) for other in readable([record]))
            ]
            if added := len(after) == len(before):
                after.append(hit.as_record())
            self._write(after)
            if added:
                self._history.record("liked", [hit.moment])
            else:
                self._history.take_back("liked", hit.moment)
            return added

    def _records(self) -> list[Any]:
        try:
            records = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise SavedError(f"{at_home(self._file)} cannot be read; move it away to begin anew.") from error
        if not isinstance(records, list):
            raise SavedError(f"{at_home(self._file)} is not a list of moments; move it away to begin anew.")
        return records

    def _write(self, records: list[Any]) -> None:
        write_durably(self._file, json.dumps(records).encode())
        write_playlist(self._playlist, "m3u8", NAME, readable(records))


def _same(one: Hit, other: Hit) -> bool:
    return one.moment.overlap(other.moment) > 0.95

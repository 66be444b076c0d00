"""What the user said of sounds that were taken for one recording: that they are two."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import select

from index.catalogue.database import Database, lasting
from index.catalogue.rows import set_setting
from index.catalogue.tables import SettingRow

_KEY = "apart"


@lasting
class Apart:
    """Pairs of sounds that are never one recording, in a catalogue's database; a track's id is a sound, too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, sound: str, others: Iterable[str]) -> None:
        """From now on a sound is another recording than each of the others."""
        with self._database.write() as connection:
            for other in others:
                first, second = sorted((sound, other))
                set_setting(connection, f"{_KEY}:{first}:{second}", str(time.time()))

    def pairs(self) -> set[frozenset[str]]:
        """All pairs."""
        query = select(SettingRow.key).where(SettingRow.key.startswith(f"{_KEY}:"))
        with self._database.read() as connection:
            return {frozenset(key.split(":")[1:]) for key in connection.scalars(query)}

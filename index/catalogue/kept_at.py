"""In which bucket what was measured of a library's tracks is kept: a mistyped address is noticed by it."""

from __future__ import annotations

from index.catalogue.database import Database, lasting
from index.catalogue.rows import set_setting, setting
from index.catalogue.summary import held_tracks

_KEY = "store_url"


@lasting
class KeptAt:
    """The address of the bucket that music was last added to, in a catalogue's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def before(self, url: str) -> str:
        """Another address than this one, at which the tracks that there are have been kept; else empty."""
        with self._database.read() as connection:
            noted = setting(connection, _KEY) or ""
            return noted if noted != url and held_tracks(connection) else ""

    def note(self, url: str) -> None:
        """Music was added at this address."""
        with self._database.read() as connection:
            noted = setting(connection, _KEY) or ""
        if noted != url:
            with self._database.write() as connection:
                set_setting(connection, _KEY, url)

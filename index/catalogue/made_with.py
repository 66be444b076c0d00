"""What an index was made with: its networks, frames and windows, as one name. All of it is made with the same."""

from __future__ import annotations

from index.catalogue.database import Database, lasting
from index.catalogue.rows import fold_missing, set_setting, setting
from index.catalogue.summary import held_tracks
from index.core.errors import FingerprintError, OutdatedIndexError
from index.core.options import same_but_for_version


@lasting
class MadeWith:
    """The fingerprint of an index's settings, in its catalogue's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def fingerprint(self) -> str:
        """What the index was made with; empty before the first track."""
        with self._database.read() as connection:
            return setting(connection, "fingerprint") or ""

    def check(self, current: str) -> None:
        """Raise FingerprintError if the index was made with other settings than the current ones."""
        indexed = self.fingerprint()
        if indexed in ("", current) or not self._binds():
            return
        if same_but_for_version(indexed, current):
            raise OutdatedIndexError
        raise FingerprintError(indexed, current)

    def claim(self, current: str) -> None:
        """Note what the index is made with from now on, before the first track is added."""
        self.check(current)
        with self._database.write() as connection:
            set_setting(connection, "fingerprint", current)
            fold_missing(connection)

    def adopt(self, current: str) -> None:
        """Note that an index of another version is of this one now. FingerprintError where it cannot be."""
        indexed = self.fingerprint()
        if indexed and not same_but_for_version(indexed, current) and self._binds():
            raise FingerprintError(indexed, current)
        with self._database.write() as connection:
            set_setting(connection, "fingerprint", current)

    def _binds(self) -> bool:
        """Whether there are tracks that were made with it."""
        with self._database.read() as connection:
            return bool(held_tracks(connection))

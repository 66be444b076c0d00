"""The folders that the user gave: where Reprise may write a playlist, once the user has said yes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import delete, insert, select

from index.catalogue.database import Database, lasting
from index.catalogue.tables import FolderRow, PathRow


@lasting
class Folders:
    """The folders that were given to be added, in a catalogue's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, paths: Iterable[Path]) -> None:
        """Note those of the paths that are folders."""
        given = {os.path.abspath(path) for path in paths if Path(path).is_dir()}  # noqa: PTH100 (keeps links)
        new = given - set(self._noted())
        if new:
            with self._database.write() as connection:
                for path in sorted(new):
                    connection.execute(delete(FolderRow).where(FolderRow.path == path))
                    connection.execute(insert(FolderRow).values(path=path, added_at=time.time()))

    def forget(self, path: Path) -> None:
        """A folder, and those below it, are not the library's any more."""
        gone = Path(os.path.abspath(path))  # noqa: PTH100
        with self._database.write() as connection:
            for noted in list(connection.scalars(select(FolderRow.path))):
                if Path(noted).is_relative_to(gone):
                    connection.execute(delete(FolderRow).where(FolderRow.path == noted))

    def named(self) -> list[Path]:
        """The folders that were named, in order; none where an older version added them."""
        return [Path(path) for path in sorted(self._noted())]

    def given(self) -> list[Path]:
        """The folders, in order. Where none was noted (by an older version): those that files of tracks lie in."""
        noted = self._noted()
        if not noted:
            with self._database.read() as connection:
                noted = list({str(Path(path).parent) for path in connection.scalars(select(PathRow.path))})
        return [Path(path) for path in sorted(noted)]

    def hold(self, path: Path) -> bool:
        """Whether a path lies inside one of the folders, links followed."""
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(os.path.realpath(folder)) for folder in self.given())

    def _noted(self) -> list[str]:
        with self._database.read() as connection:
            return list(connection.scalars(select(FolderRow.path)))

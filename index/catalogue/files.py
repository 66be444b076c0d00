"""What is noted of files beside what they hold: whether they can be reached, their stamps, their drives."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, delete, insert, select, update

from index.catalogue.database import Database, lasting
from index.catalogue.rows import PLACES, count_up, finish, leave
from index.catalogue.tables import MountRow, PathRow, TrackRow
from index.catalogue.values import KnownFile, Noted, Stamp, Unreachable
from index.core.checks import check_span
from index.core.errors import UnknownTrackError


@lasting
class Files:
    """The files of a library's tracks, in its catalogue's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unreachable(self) -> list[Unreachable]:
        """Files that cannot be reached, by path."""
        query = (
            select(PathRow.path, PathRow.unreachable_since)
            .where(PathRow.unreachable_since > 0)  # which the index answers
            .order_by(PathRow.path)
            .distinct()
        )
        with self._database.read() as connection:
            return [Unreachable(path, since or 0.0) for path, since in connection.execute(query)]

    def noted(self) -> list[Noted]:
        """Files of which something has to be said, by path."""
        query = (
            select(PathRow.path, PathRow.note)
            .where(PathRow.note.is_not(None), PathRow.note != "")
            .order_by(PathRow.path)
            .distinct()
        )
        with self._database.read() as connection:
            return [Noted(path, note) for path, note in connection.execute(query) if note]

    def out_of_reach(self, paths: Iterable[str]) -> None:
        """Note that files cannot be reached, from now on or from when that was noted first."""
        now = time.time()
        with self._database.write() as connection:
            changed = []
            for path in paths:
                here = (PathRow.path == path) & PathRow.unreachable_since.is_(None)
                if connection.execute(update(PathRow).where(here).values(unreachable_since=now)).rowcount:
                    changed.append(path)
            _tell_of_others(connection, changed)

    def reached(self, paths: Iterable[str]) -> None:
        """Note that files can be reached."""
        paths = list(paths)
        with self._database.write() as connection:
            for path in paths:
                connection.execute(update(PathRow).where(PathRow.path == path).values(unreachable_since=None))
            _tell_of_others(connection, paths)

    def restamp(self, path: str, stamp: Stamp, sound: str) -> None:
        """Note that a file holds what it held, and how it looks now."""
        values = {**asdict(stamp), "sound": sound, "unreachable_since": None}
        with self._database.write() as connection:
            connection.execute(update(PathRow).where(PathRow.path == path).values(**values))

    def respell(self, old: str, new: str) -> None:
        """A file's name is spelled in another way."""
        with self._database.write() as connection:
            ids = set(connection.scalars(select(PathRow.track_id).where(PathRow.path == old)))
            connection.execute(update(PathRow).where(PathRow.path == old).values(path=new))
            count_up(connection, ids)

    def hold(self, path: str, places: Sequence[KnownFile]) -> list[str]:
        """A file holds what these places say, of tracks that are there, and nothing else.

        Returns
        -------
        list of str
            Ids of tracks that no file holds any more; they are taken out.

        Raises
        ------
        UnknownTrackError
            If one of the tracks is not there.
        """
        now = time.time()
        ids = {each.track_id for each in places}
        for each in places:
            check_span(each.start_s, each.end_s)
        with self._database.write() as connection:
            there = set(connection.scalars(select(TrackRow.id).where(TrackRow.id.in_(ids))))
            for absent in sorted(ids - there):
                raise UnknownTrackError(absent)
            left = leave(connection, path)
            for each in places:
                row = asdict(replace(each, path=path))
                connection.execute(insert(PathRow).values(**row, added_at=now))
            return finish(connection, left, changed=True, touched=ids)

    def mounts(self) -> list[str]:
        """Where drives were mounted that files of tracks lie on."""
        with self._database.read() as connection:
            return list(connection.scalars(select(MountRow.path).order_by(MountRow.path)))

    def note_mounts(self, mounts: Collection[str]) -> None:
        """Note where drives are mounted."""
        new = set(mounts) - set(self.mounts())
        if not new:
            return
        with self._database.write() as connection:
            for path in sorted(new):
                connection.execute(delete(MountRow).where(MountRow.path == path))
                connection.execute(insert(MountRow).values(path=path, seen_at=time.time()))

    def of_sounds(self) -> dict[str, tuple[KnownFile, ...]]:
        """What a file of a sound holds, by the hash of the sound: of the file that was noted first."""
        found: dict[str, list[KnownFile]] = {}
        query = PLACES.where(PathRow.sound.is_not(None))
        query = query.order_by(PathRow.sound, PathRow.added_at, PathRow.path, PathRow.start_s)
        with self._database.read() as connection:
            for row in connection.execute(query):
                place = KnownFile(*row)
                held = found.setdefault(str(place.sound), [])
                if not held or held[0].path == place.path:
                    held.append(place)
        return {sound: tuple(held) for sound, held in found.items()}


def _tell_of_others(connection: Connection, paths: Collection[str]) -> None:
    """Where tracks of these files have others, too, another one may be their first now."""
    told: set[str] = set()
    for path in paths:
        ids = select(PathRow.track_id).where(PathRow.path == path)
        others = select(PathRow.track_id).where(PathRow.track_id.in_(ids), PathRow.path != path)
        told.update(connection.scalars(others))
    if told:
        count_up(connection, told)

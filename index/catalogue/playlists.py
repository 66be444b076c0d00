"""The playlists that were made: their names and moments, so that they can be written again in another format."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, count
from typing import Any

from sqlalchemy import delete, insert, select

from index.catalogue.database import Database, lasting
from index.catalogue.tables import PlaylistRow
from index.core.checks import check_moment, check_track
from index.core.errors import QueryError, RecordError
from index.core.moments import Moment, TrackMoment
from index.core.records import read_record
from index.core.tracks import Track

_LOG = logging.getLogger("reprise.catalogue")


@dataclass(frozen=True)
class Item:
    """A moment of a playlist."""

    track: Track
    moment: Moment


@dataclass(frozen=True)
class Playlist:
    """A playlist as it was made."""

    name: str
    made_at: float
    """Seconds since 1970."""
    items: tuple[Item, ...]


@lasting
class Playlists:
    """The playlists of a library, in its catalogue's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, name: str, items: Sequence[TrackMoment]) -> str:
        """Keep a playlist, and return its name: one of other moments that has it stays, and this is "Night 2".

        Raises
        ------
        QueryError
            If a value of it is no sane number.
        """
        for item in items:
            check_track(item.track)
            check_moment(item.moment)
        records = [{"track": asdict(item.track), "moment": asdict(item.moment)} for item in items]
        with self._database.write() as connection:
            name = _numbered(name, items, connection.execute(select(PlaylistRow.__table__)).all())
            connection.execute(delete(PlaylistRow).where(PlaylistRow.name == name))
            connection.execute(
                insert(PlaylistRow).values(name=name, made_at=time.time(), moments=json.dumps(records))
            )
        return name

    def name_for(self, name: str, items: Sequence[TrackMoment]) -> str:
        """The name that a playlist kept now would get."""
        with self._database.read() as connection:
            return _numbered(name, items, connection.execute(select(PlaylistRow.__table__)).all())

    def all(self) -> list[Playlist]:
        """All playlists, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(PlaylistRow.__table__).order_by(PlaylistRow.made_at.desc())
            ).all()
        return [Playlist(row.name, row.made_at, _items(row.name, row.moments)) for row in rows]

    def names(self) -> tuple[str, ...]:
        """The names of all playlists, the newest first; what is in them is not read."""
        with self._database.read() as connection:
            return tuple(connection.scalars(select(PlaylistRow.name).order_by(PlaylistRow.made_at.desc())))

    def find(self, name: str) -> Playlist | None:
        """The newest playlist of this name, whatever its capitals."""
        wanted = name.strip().casefold()
        return next((each for each in self.all() if each.name.casefold() == wanted), None)


def _numbered(name: str, items: Sequence[TrackMoment], kept: Iterable[Any]) -> str:
    """A name, with a number where other moments are kept under it already, whatever its capitals."""
    known = {row.name.casefold(): row for row in kept}
    moments = [item.moment for item in items]

    def is_other(name: str) -> bool:
        row = known.get(name.casefold())
        return row is not None and [item.moment for item in _items(row.name, row.moments)] != moments

    numbered = chain([name], (f"{name} {number}" for number in count(2)))
    free = next(each for each in numbered if not is_other(each))
    return known[free.casefold()].name if free.casefold() in known else free


def _items(name: str, text: str) -> tuple[Item, ...]:
    """The items of a playlist; those that cannot be read are passed over, and that is logged."""
    try:
        records = json.loads(text)
    except ValueError:
        records = None
    items = []
    for record in records if isinstance(records, list) else [None]:
        try:
            items.append(_item(record))
        except (RecordError, QueryError) as error:
            _LOG.warning("playlist %s: %s", name, error)
    return tuple(items)


def _item(record: Any) -> Item:
    if not isinstance(record, Mapping):
        raise RecordError("playlist's item", "it is damaged")
    return Item(read_record(Track, record.get("track")), read_record(Moment, record.get("moment")))

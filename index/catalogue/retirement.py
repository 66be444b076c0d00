"""Tracks that left: what is kept of them for a while, so that they can come back as they were."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from index.catalogue.database import Database, lasting
from index.catalogue.tables import RetiredRow
from index.catalogue.values import KnownFile, Retired, is_title


@lasting
class Retirement:
    """The tracks that left a library, in its catalogue's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Retired]:
        """The tracks that left, by id."""
        query = select(RetiredRow.__table__)
        with self._database.read() as connection:
            return {row.track_id: _retired(row) for row in connection.execute(query)}

    def count(self) -> int:
        """How many tracks have left."""
        with self._database.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(RetiredRow)) or 0)

    def drop(self, track_ids: Iterable[str]) -> None:
        """Keep nothing more of tracks."""
        with self._database.write() as connection:
            for track_id in track_ids:
                connection.execute(delete(RetiredRow).where(RetiredRow.track_id == track_id))


def retire(connection: Connection, row: Mapping[str, Any], places: Sequence[KnownFile]) -> None:
    """Keep the row of a track that leaves, and where it was."""
    connection.execute(delete(RetiredRow).where(RetiredRow.track_id == row["id"]))
    sound = next((each.sound for each in places if each.sound), None)
    connection.execute(
        insert(RetiredRow).values(
            track_id=row["id"],
            sound=sound,
            track=json.dumps(dict(row)),
            paths=json.dumps([asdict(each) for each in places]),
            gone_at=time.time(),
        )
    )


def _retired(row: Any) -> Retired:
    try:
        title = str(json.loads(row.track).get("title", ""))
    except (ValueError, AttributeError):
        title = ""
    return Retired(row.track_id, row.sound, title, row.gone_at, _begins_s(row))


def _begins_s(row: Any) -> dict[str, float]:
    try:
        places = json.loads(row.paths)
        found = {
            each["sound"]: float(each.get("start_s", 0.0))
            for each in places
            if each.get("sound")
            and not is_title(row.track_id, each["sound"], each.get("start_s", 0.0), each.get("end_s"))
        }
    except (ValueError, AttributeError, TypeError, KeyError):
        return {}
    return found if places else {row.sound: 0.0} if row.sound else {}

"""The listening history: what was played to its end, skipped, saved, liked and disliked.

It can be switched off, looked at and forgotten, and nothing of it leaves the machine. What it says of taste is
computed in index/recommend/taste.py.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select

from index.catalogue.database import Database, lasting
from index.catalogue.tables import EventRow, SettingRow
from index.core.checks import check_date, check_moment, sane_date, sane_number
from index.core.errors import QueryError
from index.core.moments import Moment

Kind = Literal["finished", "skipped", "saved", "liked", "disliked"]
WORTH: Mapping[str, float] = {"finished": 1.0, "skipped": -1.0, "saved": 2.0, "liked": 3.0, "disliked": -3.0}
"""What an event says: below 0 it speaks against the moment."""
Switch = Literal["history", "taste", "hour", "conversation"]
"""What can be switched off: remembering, and what recommendations lean on."""
SWITCHES: tuple[Switch, ...] = ("history", "taste", "hour", "conversation")

_REMEMBERED = 1000
_SAME_S = 0.5
_MOVED = "taste.sqlite moved"


@dataclass(frozen=True)
class Event:
    """Something that was done with a moment."""

    kind: Kind
    moment: Moment
    at_s: float
    """Seconds since 1970."""


@lasting
class History:
    """The events of one library, in its catalogue's database."""

    def __init__(self, database: Database, home: Path | None = None) -> None:
        self._database = database
        self._old = home / "taste.sqlite" if home else None

    # What can be switched off ----------------------------------------------------------------------

    def on(self, switch: Switch) -> bool:
        """Whether something is switched on; all is, until somebody switches it off."""
        with self._database.read() as connection:
            return _value(connection, f"switch {switch}") != "off"

    def switch(self, switch: Switch, on: bool) -> None:
        """Switch something on or off."""
        if switch not in SWITCHES:
            raise ValueError(f"there are the switches {', '.join(SWITCHES)}, not {switch}")
        with self._database.write() as connection:
            _put(connection, f"switch {switch}", "on" if on else "off")

    # Events ----------------------------------------------------------------------------------------

    def record(self, kind: Kind, moments: Sequence[Moment], at_s: float | None = None) -> None:
        """Note that something was done with moments; nothing is noted while that is switched off.

        Raises
        ------
        QueryError
            If a time is no sane number.
        """
        if kind not in WORTH:
            raise ValueError(f"an event is {', '.join(WORTH)}, not {kind}")
        if not moments or not self.on("history"):
            return
        now = time.time() if at_s is None else at_s
        check_date(now)
        for each in moments:
            check_moment(each)
        rows = [
            {
                "kind": kind,
                "track_id": each.track_id,
                "start_s": each.start_s,
                "end_s": each.end_s,
                "at_s": now,
            }
            for each in moments
        ]
        with self._database.write() as connection:
            connection.execute(insert(EventRow), rows)

    def take_back(self, kind: Kind, moment: Moment) -> None:
        """Forget that something was done with a moment; nothing happens if it was never noted."""
        with self._database.write() as connection:
            connection.execute(delete(EventRow).where(EventRow.kind == kind, _at(moment)))

    def has(self, kind: Kind, moment: Moment) -> bool:
        """Whether something was done with a moment."""
        with self._database.read() as connection:
            query = select(EventRow.id).where(EventRow.kind == kind, _at(moment)).limit(1)
            return connection.scalar(query) is not None

    def events(self) -> list[Event]:
        """The newest events, newest first; none that says what cannot be (an older version kept those, too)."""
        self._take_over()
        query = (
            select(EventRow.kind, EventRow.track_id, EventRow.start_s, EventRow.end_s, EventRow.at_s)
            .order_by(EventRow.at_s.desc(), EventRow.id.desc())
            .limit(_REMEMBERED)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [event for row in rows if (event := _event(row)) is not None]

    def counts(self) -> Counter[str]:
        """How many events of each kind are remembered."""
        self._take_over()
        query = select(EventRow.kind, func.count()).group_by(EventRow.kind)
        with self._database.read() as connection:
            return Counter({row[0]: row[1] for row in connection.execute(query)})

    def forget(self) -> None:
        """Forget everything."""
        self._take_over()
        with self._database.write() as connection:
            connection.execute(delete(EventRow))

    def _take_over(self) -> None:
        """The events that an older version kept in a file of their own, once."""
        if self._old is None or not self._old.exists():
            return
        try:
            with closing(sqlite3.connect(self._old)) as old:
                rows = old.execute("select kind, track_id, start_s, end_s, at_s from events").fetchall()
        except sqlite3.DatabaseError:
            rows = []
        names = ("kind", "track_id", "start_s", "end_s", "at_s")
        rows = [row for row in rows if all(sane_number(value) for value in row[2:])]
        with self._database.write() as connection:
            if _value(connection, _MOVED) is None and rows:
                connection.execute(insert(EventRow), [dict(zip(names, row, strict=True)) for row in rows])
            _put(connection, _MOVED, "yes")
        self._old.unlink(missing_ok=True)


def _event(row: Row[str, str, float, float, float]) -> Event | None:
    if row.kind not in WORTH or not sane_date(row.at_s):
        return None
    try:
        return Event(row.kind, Moment(row.track_id, row.start_s, row.end_s), row.at_s)
    except (QueryError, TypeError):
        return None


def _at(moment: Moment) -> ColumnElement[bool]:
    near = func.abs(EventRow.start_s - moment.start_s) < _SAME_S
    return and_(EventRow.track_id == moment.track_id, near)


def _value(connection: Connection, key: str) -> str | None:
    return connection.scalar(select(SettingRow.value).where(SettingRow.key == key))


def _put(connection: Connection, key: str, value: str) -> None:
    connection.execute(delete(SettingRow).where(SettingRow.key == key))
    connection.execute(insert(SettingRow).values(key=key, value=value))

"""The first time that a server is given for a library: what the catalogue in its home's file holds is copied there.

Without that the library would seem to be empty, and what was measured of its tracks to be left over. The file stays.
"""

from __future__ import annotations

import logging

from sqlalchemy import Connection, Integer, func, insert, select, text

from index.catalogue.tables import JobRow, Table

_AT_ONCE = 5000
_LOG = logging.getLogger("reprise.catalogue")


def take_over(there: Connection, here: Connection) -> int:
    """Copy every row of one catalogue to another, which is empty; in the transactions of both. How many tracks."""
    for table in Table.metadata.sorted_tables:
        if table.name == JobRow.__tablename__:
            continue
        for rows in there.execute(select(table)).mappings().partitions(_AT_ONCE):
            here.execute(insert(table), [dict(row) for row in rows])
        key = table.primary_key.columns[0]
        if key.autoincrement is True and isinstance(key.type, Integer):
            last = here.scalar(select(func.max(key)))
            if last is not None:
                named = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
                here.execute(named, {"table": table.name, "column": key.name, "last": last})
    tracks = int(here.scalar(select(func.count()).select_from(Table.metadata.tables["tracks"])) or 0)
    _LOG.info("%s tracks of the catalogue in the home were copied to the database", tracks)
    return tracks

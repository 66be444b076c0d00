"""A catalogue in a file of SQLite: how it is opened, so that several processes may use it at once."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

_BUSY_S = 30


def sqlite_url(path: Path) -> str:
    """The address of a catalogue in a file; one that cannot be written to is opened for reading alone."""
    if path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return f"sqlite:///{reading_uri(path)}&uri=true"
    return f"sqlite:///{path}"


def reading_uri(path: Path) -> str:
    """The address of a SQLite database that is only read; nothing appears beside it for that.

    Where nobody has it open (there is no write-ahead log), SQLite need not guard against those who write.
    """
    nobody_writes = not path.with_name(f"{path.name}-wal").exists()
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if nobody_writes else ''}"


def sqlite_engine(url: str) -> Engine:
    """What opens connections to such a file."""
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare if "mode=ro" not in url else _prepare_reading)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin says
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_S * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")  # with WAL a killed process loses nothing
    until = time.monotonic() + _BUSY_S
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:  # another process is about to do the same
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _prepare_reading(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_S * 1000}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("reprise_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

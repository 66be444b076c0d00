"""SQLite files of a home: whether they are whole, and a copy of each as it was when it was last found so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from index.system.files import replacing

_COPY = ".last-good"
_BESIDE = ("-wal", "-shm")


def damage_of(file: Path, foreign: str = "") -> str:
    """What is wrong with a database; empty where nothing is, or it is not there.

    `foreign` names a table that only another database has: one that is whole may still be in the wrong place.
    """
    if not file.exists():
        return ""
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=30)
        ) as database:
            return _fault_in(database, foreign)
    except sqlite3.OperationalError as error:
        return "" if "locked" in str(error) else str(error)
    except sqlite3.DatabaseError as error:
        return str(error)


def _fault_in(database: sqlite3.Connection, foreign: str) -> str:
    """What is wrong with a database that can be opened."""
    said = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        return str(said).splitlines()[0]
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return "it is empty"
    if foreign in tables:
        return "another database lies in its place"
    loose = database.execute("PRAGMA foreign_key_check").fetchone()
    return f"a row of {loose[0]} belongs to nothing" if loose else ""


def keep_copy(file: Path) -> None:
    """Keep a copy of a whole database beside it, in place of the one before. OSError where there is no room."""
    if not file.exists():
        return
    try:
        with (
            replacing(file.with_name(file.name + _COPY)) as partial,
            closing(sqlite3.connect(file)) as source,
            closing(sqlite3.connect(partial)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
            target.close()
    except sqlite3.Error as error:
        raise OSError(f"{file} could not be copied: {error}") from error


def restore(file: Path) -> bool:
    """Set a damaged database aside and put the copy in its place; whether there was one."""
    copy = file.with_name(file.name + _COPY)
    for end in ("", *_BESIDE):
        part = file.with_name(file.name + end)
        if part.exists():
            part.replace(file.with_name(f"{file.name}.damaged{end}"))
    if not copy.exists() or damage_of(copy):
        return False
    with replacing(file) as partial:
        partial.write_bytes(copy.read_bytes())
    return True

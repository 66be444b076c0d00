"""Brings a catalogue up to the version that this program knows, when it is opened.

A catalogue that is up to date is only read. One that is older is copied first and upgraded in one transaction:
all of it, or nothing. A catalogue from before there were versions is taken for what it is, the oldest.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect, text

from index.core.errors import LibraryError

_HERE = Path(__file__).parent
_VERSION_TABLE = "alembic_version"


def known_versions() -> list[str]:
    """The versions of a catalogue, oldest first."""
    return sorted(path.stem[1:5] for path in (_HERE / "versions").glob("v[0-9]*.py"))


def up_to_date(connection: Connection, metadata: MetaData, name: str) -> bool:
    """Whether a catalogue is of this version and has all its tables; it is only read.

    Raises
    ------
    LibraryError
        If a newer version made it.
    """
    tables = set(inspect(connection).get_table_names())
    version = _version(connection, tables)
    if version is not None and version not in known_versions():
        raise LibraryError(
            f"The catalogue {name} was made by a newer Reprise (its version is {version}, "
            f"this program knows up to {known_versions()[-1]}): use that one, or another REPRISE_HOME."
        )
    return version == known_versions()[-1] and tables >= set(metadata.tables)


def bring_up(connection: Connection, metadata: MetaData, file: Path | None, name: str) -> bool:
    """Make a new catalogue, or upgrade an old one; inside a transaction that is alone in writing. Whether it is new.

    Parameters
    ----------
    file : where the catalogue is, to be copied before its first change; None for a database elsewhere
    """
    if up_to_date(connection, metadata, name):
        return False  # another process was faster
    tables = set(inspect(connection).get_table_names())
    newest = known_versions()[-1]
    if not tables & set(metadata.tables):
        metadata.create_all(connection)
        _stamp(connection, newest)
        return True
    if _version(connection, tables) != newest:
        if file is not None:
            copy_catalogue(file, file.with_name(f"{file.name}.before-{newest}"))
        _run(connection)
    metadata.create_all(connection)  # a table that was lost
    return False


def copy_catalogue(file: Path, copy: Path) -> None:
    """Copy a catalogue as it was committed last; the copy appears whole or not at all.

    Raises
    ------
    LibraryError
        If there is no room for it.
    """
    part = copy.with_name(f".{copy.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(copy)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise LibraryError(
            f"The catalogue {file} could not be copied before its upgrade: {error}."
        ) from error


def _run(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: Connection, tables: Iterable[str]) -> str | None:
    if _VERSION_TABLE not in tables:
        return None
    return connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}"))


def _stamp(connection: Connection, version: str) -> None:
    connection.execute(text(f"CREATE TABLE {_VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(
        text(f"INSERT INTO {_VERSION_TABLE} (version_num) VALUES (:version)"), {"version": version}
    )

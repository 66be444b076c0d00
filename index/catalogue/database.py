"""An open database, a file of SQLite or PostgreSQL: reading and writing transactions, errors as one sentence.

A server that is started again is waited for, as long as nothing was begun. What broke off in the middle did not
happen, and is done again (`lasting`); whether a commit happened during which the server was lost, it is asked.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from index.catalogue import postgres
from index.catalogue.migrations.running import bring_up, up_to_date
from index.catalogue.sqlite_file import sqlite_engine, sqlite_url
from index.catalogue.tables import Table
from index.catalogue.taking_over import take_over
from index.core.errors import BrokenOffError, DatabaseUnavailableError, LibraryError

PATIENCE_S = 10.0
"""How long a server that does not answer is waited for."""
_AGAIN = 6
_LOOK_S = 0.2
_LOG = logging.getLogger("reprise.catalogue")
Kind = TypeVar("Kind")


class Connections:
    """Transactions with a database, a file or one at a server, whatever tables it has."""

    def __init__(self, url: str, name: str, index_name: str = "") -> None:
        """Open it.

        Parameters
        ----------
        url : of SQLite or of PostgreSQL
        name : what it is called in messages
        index_name : what tells the tables of one index from others at the same server
        """
        self._name = name
        self._down_since: float | None = None
        self.place = ""
        """What tells this catalogue's locks from another's at the same server; empty for a file."""
        self.server: URL | None = postgres.server_url(url) if is_server(url) else None
        schema = postgres.schema_of(index_name)
        with self._explained():
            if self.server is None:
                self._engine = sqlite_engine(url)
                reading: dict[str, Any] = {}
                writing: dict[str, Any] = {"reprise_writes": True}
            else:
                self._engine = postgres.server_engine(self.server, schema)
                reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                writing = {"isolation_level": "READ COMMITTED"}
            self._reading = self._engine.execution_options(**reading)
            self._writing = self._engine.execution_options(**writing)
        if self.server is not None:
            with self.read() as connection:  # so that it is waited for
                self.place = postgres.place_of(connection)
            with self._explained():
                postgres.prepare(self._engine, schema)
                self.place = schema or self.place

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self._explained(), self._connected(self._reading) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is alone in writing; all of it happens, or nothing."""
        with self._explained(), self._connected(self._writing) as connection:
            if self.server is None:
                with connection.begin():
                    yield connection
                return
            transaction = connection.begin()
            try:
                postgres.alone(connection, f"writing {self.place}")
                yield connection
                number = postgres.number_of(connection)
            except BaseException:
                with suppress(SQLAlchemyError):
                    transaction.rollback()
                raise
            self._commit(transaction.commit, number)

    def _commit(self, commit: Callable[[], None], number: str | None) -> None:
        try:
            commit()
        except DBAPIError as error:
            if number is None or not error.connection_invalidated:
                raise
            _LOG.warning("the database went away while something was written; it is asked what became of it")
            if not postgres.was_committed(self._engine, number):
                raise

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _connected(self, engine: Engine) -> Connection:
        """A connection; a server that cannot be reached is waited for, all in all as long as there is patience."""
        while True:
            try:
                connection = engine.connect()
            except DBAPIError as error:
                if self.server is None or not postgres.is_away(error):
                    raise
                now = time.monotonic()
                if self._down_since is None:
                    self._down_since = now
                    _LOG.warning(
                        "the database %s does not answer; waiting for it", postgres.where(self.server)
                    )
                if now - self._down_since > PATIENCE_S:
                    raise
                time.sleep(_LOOK_S)
            else:
                self._down_since = None
                return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, ArgumentError, ModuleNotFoundError) as error:
            if self.server is not None:
                said = postgres.told(error, self.server)
                if isinstance(said, DatabaseUnavailableError) and self._down_since is None:
                    raise BrokenOffError(str(said)) from error
                raise said from error
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            if "disk is full" in reason:
                raise LibraryError(
                    f"There is no room left on the disk for {self._name}: make some, then do the same again; "
                    "nothing that was there is lost."
                ) from error
            raise LibraryError(f"The catalogue {self._name} cannot be used: {reason}.") from error


class Database(Connections):
    """The database of one index: a file, or tables at a server."""

    def __init__(
        self,
        url: str,
        name: str,
        file: Path | None = None,
        index_name: str = "",
        before: Callable[[], Database | None] = lambda: None,
    ) -> None:
        """Open it; it is made, or brought up to this version, where that is needed.

        Parameters
        ----------
        url, name, index_name : as Connections have them
        file : where the database is, if it is one file: it is copied before it is upgraded
        before : opens the catalogue that a new one at a server goes on from
        """
        super().__init__(url, name, index_name)
        with self.read() as connection:
            current = up_to_date(connection, Table.metadata, name)
        if not current:
            with self.write() as connection:
                made = bring_up(connection, Table.metadata, file, name)
                if made and (old := before()) is not None:
                    with closing(old), old.read() as there:
                        take_over(there, connection)


def is_server(url: str) -> bool:
    """Whether an address in the settings is one of a server, and not of a file."""
    return bool(url) and not url.startswith("sqlite")


def lasting(kind: type[Kind]) -> type[Kind]:
    """A class whose public methods are one transaction each: one that broke off is done again."""
    for name, method in list(vars(kind).items()):
        if isinstance(method, FunctionType) and not name.startswith("_"):
            setattr(kind, name, _again(method))
    return kind


def _again(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def again(*args: Any, **kwargs: Any) -> Any:
        args = tuple(list(each) if isinstance(each, Iterator) else each for each in args)
        for _ in range(_AGAIN - 1):
            try:
                return method(*args, **kwargs)
            except BrokenOffError:
                _LOG.warning("the database went away in the middle of %s; it is done again", method.__name__)
        return method(*args, **kwargs)

    return again


def open_database(home: Path, url: str = "", index_name: str = "") -> Database:
    """The database of an index: the file in its folder, or the one at `url`, where `index_name` tells it apart."""
    file = home / "catalogue.sqlite"
    if is_server(url):

        def before() -> Database | None:
            return Database(sqlite_url(file), str(file), file) if file.exists() else None

        return Database(url, "of this library", index_name=index_name, before=before)
    if url:
        return Database(url, "of this library")
    return Database(sqlite_url(file), str(file), file)

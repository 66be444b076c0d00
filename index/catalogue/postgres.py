"""A catalogue in PostgreSQL: how it is reached, what its refusals mean, and what happened to a lost commit.

Nothing here is imported, and no package of it is needed, unless a database's address is set.
"""

from __future__ import annotations

import hashlib
import re
import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from index.core.errors import DatabaseUnavailableError, LibraryError
from index.system.parts import need

SETTING = "REPRISE_DATABASE_URL"
_CONNECT_S = 5
_LOCK_MS = 60_000
_STATUS_S = 20.0
_NOT_NOW = (
    "57P01", "57P02", "57P03", "57P05", "53300", "08000", "08001", "08003", "08004", "08006",
)  # fmt: skip
"""States after which it may go well a little later: shutting down, starting up, no connection left."""


def server_url(given: str) -> URL:
    """The address of a PostgreSQL server, to be reached by psycopg.

    Raises
    ------
    LibraryError
        If it is none. What was given is not repeated: there may be a password in it.
    """
    wanted = f"{SETTING} cannot be used: it wants a database's address, as postgresql://user:password@host:5432/name"
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise LibraryError(f"{wanted}; what is set cannot be read as one.") from None
    if url.drivername.partition("+")[0] not in ("postgresql", "postgres"):
        raise LibraryError(f"{wanted}, not one of “{url.drivername}”.")
    return url.set(drivername="postgresql+psycopg")


def server_engine(url: URL, schema: str = "") -> Engine:
    """What opens connections to a server; `schema` is where the tables are, if not where the server says."""
    need("postgres", SETTING)
    arguments = {"connect_timeout": _CONNECT_S, "application_name": "reprise", "keepalives_idle": 30}
    arguments = {name: value for name, value in arguments.items() if name not in url.query}
    engine = create_engine(
        url, pool_pre_ping=True, pool_size=5, max_overflow=20, pool_timeout=30, connect_args=arguments
    )
    if schema:

        def enter(connection: Any, _: Any) -> None:
            before, connection.autocommit = connection.autocommit, True
            connection.execute(f'SET search_path TO "{schema}"')
            connection.autocommit = before

        event.listen(engine, "connect", enter, insert=True)
    return engine


def schema_of(index_name: str) -> str:
    """Where the tables of an index are; empty for the main one, whose place is the server's own default."""
    return f"reprise_{re.sub(r'[^a-z0-9]+', '_', index_name.lower())}"[:60] if index_name else ""


def prepare(engine: Engine, schema: str) -> None:
    """Make the schema where it is missing; LibraryError where texts of all scripts cannot be kept."""
    with engine.begin() as connection:
        encoding = str(connection.scalar(text("SHOW server_encoding")))
        if encoding != "UTF8":
            raise LibraryError(
                f"The database {where(engine.url)} keeps texts as {encoding}: make one with ENCODING 'UTF8'."
            )
        if schema:
            alone(connection, "schema")
            named = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
            if connection.scalar(named, {"name": schema}) is None:
                connection.execute(text(f'CREATE SCHEMA "{schema}"'))


def key_of(what: str) -> int:
    """The number of a lock, of 64 bits, by what it is for."""
    return int.from_bytes(hashlib.blake2b(what.encode(), digest_size=8).digest(), "big", signed=True)


def place_of(connection: Connection) -> str:
    """What tells this catalogue's locks from another's in the same database."""
    return str(connection.scalar(text("SELECT current_schema()")))


def alone(connection: Connection, what: str) -> None:
    """Wait until no other transaction is alone with this; it ends with the transaction."""
    connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_MS}"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key_of(f"reprise {what}")})


def number_of(connection: Connection) -> str | None:
    """The transaction's number; None where it changed nothing."""
    found = connection.scalar(text("SELECT pg_current_xact_id_if_assigned()::text"))
    return None if found is None else str(found)


def was_committed(engine: Engine, number: str) -> bool:
    """Whether a transaction happened during whose commit the server was lost; it is asked once it answers.

    Raises
    ------
    DatabaseUnavailableError
        If it does not answer.
    """
    until = time.monotonic() + _STATUS_S
    asked = text("SELECT pg_xact_status(CAST(:number AS xid8))")
    while True:
        try:
            with engine.begin() as connection:
                status = connection.scalar(asked, {"number": number})
            if status != "in progress":
                return bool(status == "committed")
        except SQLAlchemyError as error:
            if not is_away(error) or time.monotonic() > until:
                raise told(error, engine.url) from error
        if time.monotonic() > until:
            raise DatabaseUnavailableError(away(engine.url))
        time.sleep(0.1)


def is_away(error: Exception) -> bool:
    """Whether a server cannot be reached just now, so that waiting may help."""
    if not isinstance(error, DBAPIError):
        return False
    original: Any = error.orig
    state = getattr(original, "sqlstate", None)
    if error.connection_invalidated or (state and state in _NOT_NOW):
        return True
    said = str(original).lower()
    soon = ("refused", "timeout", "timed out", "starting up", "shutting down", "closed the connection",
            "recovery", "too many", "terminating", "no such file", "unreachable", "lost")  # fmt: skip
    return type(original).__name__ == "OperationalError" and state is None and any(w in said for w in soon)


def where(url: URL) -> str:
    """A database's name and place, without who asks and their password."""
    host = url.host or url.query.get("host") or "this machine"
    return f"“{url.database or url.username}” at {host}{f':{url.port}' if url.port else ''}"


def told(error: Exception, url: URL) -> LibraryError:
    """A failure as one sentence, in which there is no password."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None) or ""
    said = str(original).strip()
    for states, words, sentence in _REFUSALS:
        if state in states or (not state and any(each in said for each in words)):
            lacking = re.search(r"permission denied for [^\n.:]+", said)
            return LibraryError(
                sentence.format(
                    where=where(url),
                    host=url.host,
                    user=url.username or "of this system",
                    setting=SETTING,
                    lacking=lacking[0] if lacking else "permission denied",
                )
            )
    if is_away(error):
        return DatabaseUnavailableError(away(url))
    return LibraryError(f"The database {where(url)} cannot be used: {_plain(said, url)}.")


_REFUSALS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        ("28P01", "28000"),
        ("authentication failed", "no password supplied"),
        "The database {where} refused the user “{user}”: are the name and the password in {setting} right?",
    ),
    (
        ("3D000",),
        ('" does not exist',),
        "There is no database {where}: create it (createdb), or mend the name in {setting}.",
    ),
    (
        ("42501",),
        ("permission denied",),
        "The user “{user}” lacks a right in the database {where} ({lacking}): make it the database's owner, "
        "or GRANT it that.",
    ),
    (
        (),
        ("could not translate host name", "failed to resolve host", "not known"),
        "There is no machine called {host}, where the database should be: is {setting} right?",
    ),
    (
        ("53100",),
        (),
        "There is no room left where the database {where} is: make some, then do the same again; nothing that "
        "was there is lost.",
    ),
    (("55P03",), (), "The database {where} is busy with another program's work: try again."),
)
"""What a server refuses for: its states, else words of its message, and the sentence for the user."""


def away(url: URL) -> str:
    """The sentence for a server that does not answer."""
    return (
        f"The database {where(url)} does not answer: is it running, and is {SETTING} right? "
        "Nothing that was there is lost."
    )


def _plain(said: str, url: URL) -> str:
    first = said.splitlines()[0].rstrip(".") if said else "it does not say why"
    return first.replace(url.password, "…") if isinstance(url.password, str) and url.password else first

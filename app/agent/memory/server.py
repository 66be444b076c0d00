"""Conversations in PostgreSQL, for several pages on several machines: LangGraph's checkpoints, and their names.

A turn holds a lease of its conversation, a row that it renews while it goes on. It outlives a server that is
started again, and runs out where the page that took the turn died; who lost it writes nothing more.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from app.agent.memory.conversations import NAME_LENGTH, Memory, Thread
from app.agent.memory.search_text import said
from app.agent.memory.server_saver import open_saver
from index.catalogue.database import Connections, lasting
from index.core.errors import DatabaseUnavailableError, RecordError
from index.system.parts import need
from index.text.titles import fold

_LEASE_S = 15.0
_RENEW_S = 3.0
_LOOK_S = 0.3
_TABLES = (
    "CREATE TABLE IF NOT EXISTS threads (id TEXT PRIMARY KEY, name TEXT NOT NULL, "
    "updated_at DOUBLE PRECISION NOT NULL, turns INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS said_words (id TEXT PRIMARY KEY, updated_at DOUBLE PRECISION NOT NULL, "
    "text TEXT NOT NULL, folded TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS turn_leases (thread_id TEXT PRIMARY KEY, holder TEXT NOT NULL, "
    "until TIMESTAMPTZ NOT NULL)",
)


class Lease:
    """The hold of one turn on its conversation."""

    def __init__(self) -> None:
        self.holder = uuid.uuid4().hex
        self.lost = False
        self._renewed = time.monotonic()

    def renewed(self) -> None:
        """It holds anew from now on."""
        self._renewed = time.monotonic()

    @property
    def sure(self) -> bool:
        """Whether nobody else can have taken it."""
        return not self.lost and time.monotonic() - self._renewed < _LEASE_S - 1


@lasting
class ServerMemory(Memory):
    """The conversations at a server; safe for several threads, processes and machines."""

    def __init__(self, database: Connections) -> None:
        need("postgres", "REPRISE_DATABASE_URL")
        assert database.server is not None
        self._database = database
        self._leases: dict[str, Lease] = {}
        self._locks = None
        with database.write() as connection:
            for statement in _TABLES:
                connection.execute(text(statement))
        self.saver = open_saver(database.server, self._check)  # type: ignore[assignment]

    def close(self) -> None:
        """Close all connections."""
        self.saver.conn.close()
        self._database.close()

    def threads(self) -> list[Thread]:
        """All conversations, newest first."""
        query = text("SELECT id, name, updated_at, turns FROM threads ORDER BY updated_at DESC")
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [Thread(row[0], row[1], datetime.fromtimestamp(row[2], UTC), row[3]) for row in rows]

    def _saying(self, word: str) -> set[str]:
        with self._database.read() as connection:
            query = text("SELECT id FROM said_words WHERE strpos(folded, :word) > 0")
            return set(connection.scalars(query, {"word": word}))

    def _said(self, thread_id: str) -> str:
        with self._database.read() as connection:
            query = text("SELECT text FROM said_words WHERE id = :id")
            return str(connection.scalar(query, {"id": thread_id}) or "")

    def _read_new(self, threads: list[Thread]) -> None:
        with self._database.read() as connection:
            rows = connection.execute(text("SELECT id, updated_at FROM said_words")).all()
        known = {row[0]: row[1] for row in rows}
        for thread in threads:
            at = thread.updated_at.timestamp()
            if abs(known.get(thread.id, 0.0) - at) <= 1e-4:
                continue
            try:
                words = said(self.state(thread.id).get("messages") or ()).replace("\0", "\ufffd")
            except RecordError:
                continue  # it still has its name
            with self._database.write() as connection:
                connection.execute(
                    text(
                        "INSERT INTO said_words VALUES (:id, :at, :words, :folded) ON CONFLICT (id) DO UPDATE SET "
                        "updated_at = excluded.updated_at, text = excluded.text, folded = excluded.folded"
                    ),
                    {"id": thread.id, "at": at, "words": words, "folded": fold(words)},
                )

    def exists(self, thread_id: str) -> bool:
        """Whether a conversation has had a turn."""
        with self._database.read() as connection:
            query = text("SELECT 1 FROM threads WHERE id = :id")
            return connection.scalar(query, {"id": thread_id}) is not None

    def turned(self, thread_id: str, words: str, *, again: bool = False) -> None:
        """Note that a turn was taken, or taken again; the first words name the conversation."""
        name = " ".join(words.replace("\0", " ").split())[:NAME_LENGTH] or "A clip"
        given = {"id": thread_id, "name": name, "now": datetime.now(UTC).timestamp(), "more": int(not again)}
        with self._database.write() as connection:
            connection.execute(
                text(
                    "INSERT INTO threads VALUES (:id, :name, :now, 1) ON CONFLICT (id) DO UPDATE SET "
                    "updated_at = excluded.updated_at, turns = threads.turns + :more"
                ),
                given,
            )
        self.saver.prune([thread_id])

    def rename(self, thread_id: str, name: str) -> None:
        """Give a conversation another name."""
        given = {"id": thread_id, "name": " ".join(name.replace("\0", " ").split())[:200]}
        with self._database.write() as connection:
            connection.execute(text("UPDATE threads SET name = :name WHERE id = :id"), given)

    def delete(self, thread_id: str) -> None:
        """Forget a conversation."""
        self.saver.delete_thread(thread_id)
        with self._database.write() as connection:
            for table in ("threads", "said_words"):
                connection.execute(text(f"DELETE FROM {table} WHERE id = :id"), {"id": thread_id})

    # Turns -----------------------------------------------------------------------------------------

    @contextmanager
    def alone(self, thread_id: str, timeout_s: float) -> Iterator[bool]:
        """Be the only one, of all pages, to take a turn; false if another one takes too long."""
        lease = Lease()
        until = time.monotonic() + timeout_s
        while not self._take(thread_id, lease):
            if time.monotonic() > until:
                yield False
                return
            time.sleep(_LOOK_S)
        lease.renewed()
        over = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(thread_id, lease, over), daemon=True)
        self._leases[thread_id] = lease
        renewing.start()
        try:
            yield True
        finally:
            over.set()
            renewing.join()
            self._leases.pop(thread_id, None)
            self.give_back(thread_id, lease.holder)

    def is_taken(self, thread_id: str) -> bool:
        """Whether any page takes a turn of a conversation just now."""
        with self._database.read() as connection:
            query = text("SELECT 1 FROM turn_leases WHERE thread_id = :id AND until > now()")
            return connection.scalar(query, {"id": thread_id}) is not None

    def _take(self, thread_id: str, lease: Lease) -> bool:
        """Take a lease that nobody holds, or hold it for longer."""
        with self._database.write() as connection:
            return _leased(connection, thread_id, lease.holder)

    def _renew(self, thread_id: str, lease: Lease, over: threading.Event) -> None:
        while not over.wait(_RENEW_S):
            asked = time.monotonic()
            try:
                if not self._take(thread_id, lease):
                    lease.lost = True
                    return
            except DatabaseUnavailableError:
                continue  # it is asked again; until then `sure` says how long the lease holds
            if time.monotonic() - asked < _RENEW_S:
                lease.renewed()

    def give_back(self, thread_id: str, holder: str) -> None:
        """The turn is over."""
        given = {"id": thread_id, "holder": holder}
        with self._database.write() as connection:
            query = text("DELETE FROM turn_leases WHERE thread_id = :id AND holder = :holder")
            connection.execute(query, given)

    def _check(self, thread_id: str) -> None:
        """Raise where the turn that wants to write may not be the only one any more."""
        lease = self._leases.get(thread_id)
        if lease is None or lease.sure:
            return
        if lease.lost or not self._take(thread_id, lease):
            lease.lost = True
            raise DatabaseUnavailableError(
                "The database was away for so long that another page may have gone on with this conversation: "
                "look at it, and ask again if that is still needed."
            )
        lease.renewed()


def _leased(connection: Connection, thread_id: str, holder: str) -> bool:
    query = text(
        "INSERT INTO turn_leases VALUES (:id, :holder, clock_timestamp() + :s * interval '1 second') "
        "ON CONFLICT (thread_id) DO UPDATE SET holder = excluded.holder, until = excluded.until "
        "WHERE turn_leases.holder = excluded.holder OR turn_leases.until < clock_timestamp() RETURNING holder"
    )
    given = {"id": thread_id, "holder": holder, "s": _LEASE_S}
    return connection.scalar(query, given) is not None

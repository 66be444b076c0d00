"""Conversations that survive a reload and a restart: LangGraph's checkpoints, and their names beside them.

Only the newest checkpoint of a conversation is kept: each holds all messages, so the older ones only cost
room. What was said is kept once more as plain folded text, brought up to date when somebody searches.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.agent.memory.search_text import excerpt, said
from index.core.errors import RecordError
from index.text.titles import fold

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

NAME_LENGTH = 60
_BUSY_S = 30.0
_LOOK_S = 0.1


@dataclass(frozen=True)
class Thread:
    """One conversation."""

    id: str
    name: str
    updated_at: datetime
    turns: int
    excerpt: str = ""
    """Of a search: what was said around the words that were looked for."""


class Memory:
    """The conversations in one SQLite file; safe for several threads and processes."""

    def __init__(self, path: Path | None) -> None:
        """Open `path`; None keeps everything in memory only."""
        from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
        from langgraph.checkpoint.sqlite import SqliteSaver

        self._locks = path.with_name("turns") if path else None
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            path or ":memory:", check_same_thread=False, timeout=_BUSY_S, isolation_level=None
        )
        if path:
            with suppress(OSError):
                path.chmod(0o600)  # an older version made it as the system would have it
        self.saver: SqliteSaver = SqliteSaver(self._connection, serde=JsonPlusSerializer())
        self.saver.setup()
        with self.saver.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS threads "
                "(id TEXT PRIMARY KEY, name TEXT NOT NULL, updated_at REAL NOT NULL, turns INTEGER NOT NULL)"
            )
            cursor.execute("DROP TABLE IF EXISTS said")  # of older versions: looked through from end to end
            cursor.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS said_words USING fts5 "
                "(id UNINDEXED, updated_at UNINDEXED, text UNINDEXED, folded, tokenize = 'trigram')"
            )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @staticmethod
    def new_id() -> str:
        """A name for a new conversation."""
        return uuid.uuid4().hex[:16]

    def threads(self) -> list[Thread]:
        """All conversations, newest first."""
        with self.saver.cursor(transaction=False) as cursor:
            rows = cursor.execute(
                "SELECT id, name, updated_at, turns FROM threads ORDER BY updated_at DESC"
            ).fetchall()
        return [Thread(row[0], row[1], datetime.fromtimestamp(row[2], UTC), row[3]) for row in rows]

    def search(self, text: str) -> list[Thread]:
        """Conversations in whose name, words, answers or titles all words of `text` stand, newest first.

        Accents and capitals do not matter, and a word may be the beginning of another.
        """
        wanted = fold(text).split()
        threads = self.threads()
        self._read_new(threads)
        saying = {word: self._saying(word) for word in wanted}
        found = []
        for thread in threads:
            name = fold(thread.name)
            if all(word in name or thread.id in saying[word] for word in wanted):
                found.append(replace(thread, excerpt=excerpt(self._said(thread.id), wanted)))
        return found

    def _saying(self, word: str) -> set[str]:
        """The conversations in which a folded word stands. By trigrams, so that no word needs a space before it."""
        with self.saver.cursor(transaction=False) as cursor:
            rows = cursor.execute(
                "SELECT id FROM said_words WHERE folded LIKE ? AND instr(folded, ?)", (f"%{word}%", word)
            ).fetchall()
        return {row[0] for row in rows}

    def _said(self, thread_id: str) -> str:
        with self.saver.cursor(transaction=False) as cursor:
            row = cursor.execute("SELECT text FROM said_words WHERE id = ?", (thread_id,)).fetchone()
        return row[0] if row else ""

    def _read_new(self, threads: list[Thread]) -> None:
        """Keep as text what was said in turns since the last search."""
        with self.saver.cursor(transaction=False) as cursor:
            known = dict(cursor.execute("SELECT id, updated_at FROM said_words").fetchall())
        for thread in threads:
            at = thread.updated_at.timestamp()
            if abs(known.get(thread.id, 0.0) - at) > 1e-4:
                try:
                    messages = self.state(thread.id).get("messages") or ()
                except RecordError:
                    continue  # it still has its name
                with self.saver.cursor() as cursor:
                    text = said(messages)
                    row = (thread.id, at, text, fold(text))
                    cursor.execute("DELETE FROM said_words WHERE id = ?", (thread.id,))
                    cursor.execute("INSERT INTO said_words VALUES (?, ?, ?, ?)", row)

    @contextmanager
    def alone(self, thread_id: str, timeout_s: float) -> Iterator[bool]:
        """Be the only one, of all programs on this computer, to take a turn; false if another one takes too long."""
        import portalocker

        if self._locks is None:
            yield True
            return
        self._locks.mkdir(exist_ok=True)
        until = time.monotonic() + timeout_s
        with (self._locks / f"{fold_id(thread_id)}.lock").open("a") as file:
            while True:
                try:
                    portalocker.lock(file, portalocker.LOCK_EX | portalocker.LOCK_NB)
                    break
                except (portalocker.LockException, OSError):
                    if time.monotonic() > until:
                        yield False
                        return
                    time.sleep(_LOOK_S)
            yield True

    def is_taken(self, thread_id: str) -> bool:
        """Whether any program takes a turn of a conversation just now."""
        from index.system.locks import is_held

        return self._locks is not None and is_held(self._locks / f"{fold_id(thread_id)}.lock")

    def state(self, thread_id: str) -> dict[str, Any]:
        """What is kept of a conversation; empty where nothing is.

        Raises
        ------
        RecordError
            If it is damaged.
        """
        try:
            kept = self.saver.get_tuple({"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}})
            return dict(kept.checkpoint["channel_values"]) if kept else {}
        except (TypeError, ValueError, KeyError, AttributeError, ImportError) as error:
            raise RecordError("conversation", "it is damaged; begin a new one") from error

    def exists(self, thread_id: str) -> bool:
        """Whether a conversation has had a turn."""
        with self.saver.cursor(transaction=False) as cursor:
            return cursor.execute("SELECT 1 FROM threads WHERE id = ?", (thread_id,)).fetchone() is not None

    def turned(self, thread_id: str, words: str, *, again: bool = False) -> None:
        """Note that a turn was taken, or taken again; the first words name the conversation."""
        name = " ".join(words.split())[:NAME_LENGTH] or "A clip"
        now = datetime.now(UTC).timestamp()
        with self.saver.cursor() as cursor:
            cursor.execute(
                "INSERT INTO threads VALUES (?, ?, ?, 1) "
                "ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, turns = turns + ?",
                (thread_id, name, now, int(not again)),
            )
            for table in ("checkpoints", "writes"):
                cursor.execute(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < "
                    "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)",
                    (thread_id, thread_id),
                )

    def rename(self, thread_id: str, name: str) -> None:
        """Give a conversation another name."""
        with self.saver.cursor() as cursor:
            cursor.execute(
                "UPDATE threads SET name = ? WHERE id = ?", (" ".join(name.split())[:200], thread_id)
            )

    def delete(self, thread_id: str) -> None:
        """Forget a conversation."""
        self.saver.delete_thread(thread_id)
        with self.saver.cursor() as cursor:
            cursor.execute("DELETE FROM threads WHERE id = ?", (thread_id,))
            cursor.execute("DELETE FROM said_words WHERE id = ?", (thread_id,))
        if self._locks:
            (self._locks / f"{fold_id(thread_id)}.lock").unlink(missing_ok=True)


def fold_id(thread_id: str) -> str:
    """The id as a file's name: it may come out of a page's address."""
    return "".join(char for char in thread_id if char.isalnum())[:64] or "none"

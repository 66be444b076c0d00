"""Conversations that survive a reload and a restart: LangGraph's checkpoints, and their names beside them.

Only the newest checkpoint of a conversation is kept: each holds all messages, so the older ones only cost
room.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

NAME_LENGTH = 60
_BUSY_S = 30.0


@dataclass(frozen=True)
class Thread:
    """One conversation."""

    id: str
    name: str
    updated_at: datetime
    turns: int


class Memory:
    """The conversations in one SQLite file; safe for several threads and processes."""

    def __init__(self, path: Path | None) -> None:
        """Open `path`; None keeps everything in memory only."""
        from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
        from langgraph.checkpoint.sqlite import SqliteSaver

        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            path or ":memory:", check_same_thread=False, timeout=_BUSY_S, isolation_level=None
        )
        self.saver: SqliteSaver = SqliteSaver(self._connection, serde=JsonPlusSerializer())
        self.saver.setup()
        with self.saver.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS threads "
                "(id TEXT PRIMARY KEY, name TEXT NOT NULL, updated_at REAL NOT NULL, turns INTEGER NOT NULL)"
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

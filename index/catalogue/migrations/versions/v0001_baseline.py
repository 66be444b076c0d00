"""The catalogue as it was before it had versions: whatever an older one lacks of that is made.

Tables and columns are named here once more, on purpose: what a version was does not change when the tables do.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Make the tables and columns that are missing."""
    there = sa.inspect(op.get_bind())
    tables = set(there.get_table_names())
    for name, columns in _TABLES.items():
        if name not in tables:
            op.create_table(name, *columns())
            continue
        have = {column["name"] for column in there.get_columns(name)}
        for wanted in columns():
            if wanted.name not in have:
                op.add_column(name, _filled(wanted))
    for table, column in _INDEXED:
        fresh = table not in tables
        indexed = set() if fresh else {index["name"] for index in there.get_indexes(table)}
        if f"ix_{table}_{column}" not in indexed:
            op.create_index(f"ix_{table}_{column}", table, [column])


def _filled(column: sa.Column) -> sa.Column:
    """The column with a value for the rows that are there."""
    numbers = isinstance(column.type, (sa.Float, sa.Integer))
    default = None if column.nullable else sa.text("0" if numbers else "''")
    return sa.Column(column.name, column.type, nullable=column.nullable, server_default=default)


def _text(name: str, *, key: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(), primary_key=key, nullable=False)


def _id(name: str, *, key: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(20), primary_key=key, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Float(), nullable=nullable)


def _count(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _big(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _key(name: str, *, counts_up: bool) -> sa.Column:
    return sa.Column(name, sa.Integer(), primary_key=True, autoincrement=counts_up, nullable=False)


def _tracks() -> Sequence[sa.Column]:
    words = [_text(name) for name in ("title", "artist", "composer", "album", "genre")]
    numbers = [_count("year", nullable=True), _number("duration_s"), _count("windows")]
    return [
        _id("id", key=True),
        *words,
        *numbers,
        _number("loudness_lufs", nullable=True),
        _number("added_at"),
    ]


def _paths() -> Sequence[sa.Column]:
    track = sa.Column("track_id", sa.String(20), sa.ForeignKey("tracks.id"), nullable=False)
    return [_text("path", key=True), track, _big("size"), _big("mtime_ns"), _number("added_at")]


def _jobs() -> Sequence[sa.Column]:
    counts = [_count(name) for name in ("done", "total", "failed")]
    times = [_number("started_at"), _number("heartbeat_at")]
    return [
        _key("pid", counts_up=False),
        _text("folder"),
        *counts,
        _number("audio_s"),
        _number("eta_s", nullable=True),
        _text("current"),
        *times,
    ]


def _events() -> Sequence[sa.Column]:
    kind = sa.Column("kind", sa.String(12), nullable=False)
    times = [_number(name) for name in ("start_s", "end_s", "at_s")]
    return [_key("id", counts_up=True), kind, _id("track_id"), *times]


def _sung_lines() -> Sequence[sa.Column]:
    vector = sa.Column("vector", sa.LargeBinary(), nullable=False)
    times = [_number("start_s"), _number("end_s")]
    return [_key("id", counts_up=True), _id("track_id"), *times, _text("text"), _text("words"), vector]


_TABLES = {
    "tracks": _tracks,
    "paths": _paths,
    "unfinished": lambda: [_id("track_id", key=True), _count("windows")],
    "failures": lambda: [_text("path", key=True), _text("reason"), _number("failed_at")],
    "jobs": _jobs,
    "folders": lambda: [_text("path", key=True), _number("added_at")],
    "playlists": lambda: [_text("name", key=True), _number("made_at"), _text("moments")],
    "events": _events,
    "lyrics": lambda: [
        _id("track_id", key=True),
        _text("language"),
        _text("network"),
        _text("problem"),
        _number("written_at"),
    ],
    "sung_lines": _sung_lines,
    "settings": lambda: [_text("key", key=True), _text("value")],
}
_INDEXED = (("paths", "track_id"), ("events", "track_id"), ("events", "at_s"), ("sung_lines", "track_id"))

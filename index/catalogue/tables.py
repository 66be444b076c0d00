"""The catalogue's tables (SQLAlchemy), the same in SQLite and in PostgreSQL."""

from __future__ import annotations

import math
from typing import Annotated, Any

from sqlalchemy import BigInteger, Float, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

_TO_DATABASE = {0xDC80 + i: 0x10FE80 + i for i in range(128)}
_FROM_DATABASE = {there: here for here, there in _TO_DATABASE.items()}


class PlainText(TypeDecorator[str]):
    """A text, in the order of its characters. PostgreSQL keeps no NUL: there it becomes a replacement character."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        """What the column is: of no language, as SQLite's are."""
        return dialect.type_descriptor(String(collation="C") if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """To the database."""
        return value.replace("\0", "\ufffd") if value and dialect.name == "postgresql" else value


class PathText(PlainText):
    """A path. Bytes of a name that are no valid text (Python's lone surrogates) become private characters."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """To the database."""
        plain = super().process_bind_param(value, dialect)
        return plain if plain is None or plain.isascii() else plain.translate(_TO_DATABASE)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        """From the database."""
        return value if value is None or value.isascii() else value.translate(_FROM_DATABASE)


class FiniteFloat(TypeDecorator[float]):
    """A number. Infinity and what is no number never enter the catalogue."""

    impl = Float
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Any) -> float | None:
        """To the database."""
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{value} is no number that can be kept")
        return value


Number = Annotated[float, "finite"]
"""A column's number; finite."""


class Table(DeclarativeBase):
    """Root of all tables."""

    type_annotation_map = {Number: FiniteFloat, str: PlainText}  # noqa: RUF012 (SQLAlchemy reads it from the class)


class TrackRow(Table):
    """One sound, by a hash of it. It has a row only when all of it is in the library."""

    __tablename__ = "tracks"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    title: Mapped[str]
    artist: Mapped[str]
    composer: Mapped[str]
    album: Mapped[str]
    genre: Mapped[str]
    year: Mapped[int | None]
    duration_s: Mapped[Number]
    windows: Mapped[int]
    loudness_lufs: Mapped[Number | None]
    added_at: Mapped[Number]
    order_key: Mapped[str | None]
    """The words of author and title, by which tracks are ordered; NULL is worked out when it is read."""
    folded: Mapped[str | None]
    """The words of all tags (`index.catalogue.folded`)."""


class ChangeRow(Table):
    """When a track came, left, or got other tags or files last: readers look at nothing else again."""

    __tablename__ = "changes"

    track_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    generation: Mapped[int] = mapped_column(index=True)


class PathRow(Table):
    """A file that holds a track, or several one after the other, as it was when it was looked at last."""

    __tablename__ = "paths"

    path: Mapped[str] = mapped_column(PathText, primary_key=True)
    start_s: Mapped[Number] = mapped_column(primary_key=True)
    """Where the track begins in the file; below 0 where the file begins later than the track."""
    end_s: Mapped[Number | None]
    """Where it ends in the file; NULL is the file's end."""
    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id"), index=True)
    sound: Mapped[str | None] = mapped_column(String(20), index=True)
    """The hash of the file's sound; NULL until somebody asks."""
    size: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    ctime_ns: Mapped[int | None] = mapped_column(BigInteger)
    added_at: Mapped[Number]
    unreachable_since: Mapped[Number | None] = mapped_column(index=True)
    note: Mapped[str | None] = mapped_column(PathText)
    """What has to be said of it: "read to 0:05 of 0:10"."""


class RetiredRow(Table):
    """A track that left: its row and its paths as JSON. Its frames are kept for a while."""

    __tablename__ = "retired"

    track_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    sound: Mapped[str | None] = mapped_column(String(20), index=True)
    track: Mapped[str]
    paths: Mapped[str]
    gone_at: Mapped[Number]


class MountRow(Table):
    """Where a file system was mounted that files of tracks lie on."""

    __tablename__ = "mounts"

    path: Mapped[str] = mapped_column(PathText, primary_key=True)
    seen_at: Mapped[Number]


class UnfinishedRow(Table):
    """A track that is not in the library, but may have left frames or vectors: it was begun, or taken out."""

    __tablename__ = "unfinished"

    track_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    windows: Mapped[int]


class FailureRow(Table):
    """A file that could not be added, and why."""

    __tablename__ = "failures"

    path: Mapped[str] = mapped_column(PathText, primary_key=True)
    reason: Mapped[str] = mapped_column(PathText)
    failed_at: Mapped[Number]


class JobRow(Table):
    """What a process is adding."""

    __tablename__ = "jobs"

    pid: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    folder: Mapped[str] = mapped_column(PathText)
    done: Mapped[int]
    total: Mapped[int]
    failed: Mapped[int]
    audio_s: Mapped[Number]
    eta_s: Mapped[Number | None]
    current: Mapped[str] = mapped_column(PathText)
    started_at: Mapped[Number]
    heartbeat_at: Mapped[Number]


class FolderRow(Table):
    """A folder that the user gave to be added."""

    __tablename__ = "folders"

    path: Mapped[str] = mapped_column(PathText, primary_key=True)
    added_at: Mapped[Number]


class PlaylistRow(Table):
    """A playlist that was made; its moments as JSON, with all that was known of their tracks."""

    __tablename__ = "playlists"

    name: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[Number]
    moments: Mapped[str]


class EventRow(Table):
    """Something that was done with a moment: played to its end, skipped, saved, liked, disliked."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(12))
    track_id: Mapped[str] = mapped_column(String(20), index=True)
    start_s: Mapped[Number]
    end_s: Mapped[Number]
    at_s: Mapped[Number] = mapped_column(index=True)


class LyricsRow(Table):
    """A track whose words were written down, or could not be."""

    __tablename__ = "lyrics"

    track_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    language: Mapped[str]
    network: Mapped[str]
    problem: Mapped[str]
    written_at: Mapped[Number]


class SungLineRow(Table):
    """A line that is sung or spoken; its words with their times as JSON, its place by the text network as bytes."""

    __tablename__ = "sung_lines"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    track_id: Mapped[str] = mapped_column(String(20), index=True)
    start_s: Mapped[Number]
    end_s: Mapped[Number]
    text: Mapped[str]
    words: Mapped[str]
    vector: Mapped[bytes]


class SettingRow(Table):
    """A named value that belongs to the library: its fingerprint, its generation, what is switched off."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]

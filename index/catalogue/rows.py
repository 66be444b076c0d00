"""Rows of tracks and files, read and changed inside a transaction of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from math import isfinite

from sqlalchemy import Connection, and_, delete, insert, select, update

from index.catalogue.retirement import retire
from index.catalogue.tables import FailureRow, PathRow, RetiredRow, SettingRow, TrackRow, UnfinishedRow
from index.catalogue.values import KnownFile, NewTrack
from index.core.checks import sane_duration
from index.core.moments import Track
from index.text.titles import words

_TRACK = ("id", "title", "artist", "composer", "album", "genre", "year", "duration_s")
_TOUCHING_S = 0.05
PLACES = select(*(getattr(PathRow, field.name) for field in fields(KnownFile)))


def read_tracks(connection: Connection) -> tuple[Track, ...]:
    """Every track that a file holds, by author and title; its file is the first that can be reached."""
    held: dict[str, list[KnownFile]] = {}
    in_order = PLACES.order_by(PathRow.unreachable_since.is_not(None), PathRow.added_at, PathRow.path)
    for row in connection.execute(in_order):
        held.setdefault(row.track_id, []).append(KnownFile(**row._mapping))
    first = {track_id: places[0] for track_id, places in held.items()}
    tracks = [
        Track(
            path=first[row.id].path,
            start_s=first[row.id].start_s,
            end_s=first[row.id].end_s,
            also=tuple(
                dict.fromkeys(each.path for each in held[row.id][1:] if each.path != first[row.id].path)
            ),
            **{name: row._mapping[name] for name in _TRACK},
        )
        for row in connection.execute(select(TrackRow.__table__))
        if row.id in first and sane_duration(row.duration_s)
    ]
    return tuple(sorted(tracks, key=lambda track: (words(track.author), words(track.title), track.path)))


def put_track(connection: Connection, new: NewTrack, now: float) -> None:
    """Write the row of a track, a new one or one that is there."""
    values = {name: getattr(new.track, name) for name in _TRACK}
    values["loudness_lufs"] = new.loudness_lufs if isfinite(new.loudness_lufs) else None
    values["windows"] = new.windows
    if not connection.execute(update(TrackRow).where(TrackRow.id == new.track.id).values(**values)).rowcount:
        connection.execute(insert(TrackRow).values(**values, added_at=now))
    connection.execute(delete(UnfinishedRow).where(UnfinishedRow.track_id == new.track.id))
    connection.execute(delete(RetiredRow).where(RetiredRow.track_id == new.track.id))


def remember(connection: Connection, track_id: str, windows: int) -> None:
    """Note that a track that is not in the library may have remains."""
    connection.execute(delete(UnfinishedRow).where(UnfinishedRow.track_id == track_id))
    connection.execute(insert(UnfinishedRow).values(track_id=track_id, windows=windows))


def leave(connection: Connection, path: str, *, beside: KnownFile | None = None) -> list[KnownFile]:
    """A file holds nothing any more, or only what lies beside a new place; what it held."""
    held = [KnownFile(**row._mapping) for row in connection.execute(PLACES.where(PathRow.path == path)).all()]
    gone = [each for each in held if beside is None or not _side_by_side(each, beside)]
    for each in gone:
        here = and_(PathRow.path == path, PathRow.start_s == each.start_s)
        connection.execute(delete(PathRow).where(here))
    connection.execute(delete(FailureRow).where(FailureRow.path == path))
    return gone


def _side_by_side(one: KnownFile, other: KnownFile) -> bool:
    """Whether two places are of the same sound and do not overlap."""
    if one.sound is None or one.sound != other.sound:
        return False
    first, second = sorted((one, other), key=lambda place: place.start_s)
    return first.end_s is not None and first.end_s <= second.start_s + _TOUCHING_S


def finish(connection: Connection, left: Sequence[KnownFile], *, changed: bool) -> list[str]:
    """Take out those tracks of places that were left that no file holds, count the generation up."""
    ids = {each.track_id for each in left}
    held = (
        set(connection.scalars(select(PathRow.track_id).where(PathRow.track_id.in_(ids)))) if ids else set()
    )
    orphans = sorted(ids - held)
    for orphan in orphans:
        row = connection.execute(select(TrackRow.__table__).where(TrackRow.id == orphan)).one_or_none()
        remember(connection, orphan, row.windows if row else 0)
        if row is not None:
            retire(connection, dict(row._mapping), [each for each in left if each.track_id == orphan])
            connection.execute(delete(TrackRow).where(TrackRow.id == orphan))
    if changed:
        count_up(connection)
    return orphans


def count_up(connection: Connection) -> None:
    """Tell all readers that the tracks have changed."""
    set_setting(connection, "generation", str(int(setting(connection, "generation") or 0) + 1))


def setting(connection: Connection, key: str) -> str | None:
    """The value of a setting."""
    return connection.scalar(select(SettingRow.value).where(SettingRow.key == key))


def set_setting(connection: Connection, key: str, value: str) -> None:
    """Set a setting."""
    connection.execute(delete(SettingRow).where(SettingRow.key == key))
    connection.execute(insert(SettingRow).values(key=key, value=value))

"""Rows of tracks and files, read and changed inside a transaction of the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from math import isfinite

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from index.catalogue.folded import folded, order_key
from index.catalogue.retirement import retire
from index.catalogue.snapshot import Shelved
from index.catalogue.tables import (
    ChangeRow,
    FailureRow,
    PathRow,
    RetiredRow,
    SettingRow,
    TrackRow,
    UnfinishedRow,
)
from index.catalogue.values import KnownFile, NewTrack
from index.core.checks import sane_duration
from index.core.tracks import Track

AT_ONCE = 500
"""So many values are named in one question; databases have limits."""
_TRACK = ("id", "title", "artist", "composer", "album", "genre", "year", "duration_s")
_TOUCHING_S = 0.05
_ROWS = select(TrackRow.order_key, TrackRow.folded, *(getattr(TrackRow, name) for name in _TRACK))
_PLACED = select(PathRow.track_id, PathRow.path, PathRow.start_s, PathRow.end_s)
PLACES = select(*(getattr(PathRow, field.name) for field in fields(KnownFile)))


def read_tracks(connection: Connection, ids: Collection[str] | None = None) -> list[Shelved]:
    """Every track that a file holds, or those of some ids; a track's file is the first that can be reached."""
    places, tracks = _PLACED, _ROWS
    if ids is not None:
        places, tracks = places.where(PathRow.track_id.in_(ids)), tracks.where(TrackRow.id.in_(ids))
    held: dict[str, list[tuple[str, float, float | None]]] = {}
    in_order = places.order_by(PathRow.unreachable_since.is_not(None), PathRow.added_at, PathRow.path)
    for track_id, path, start_s, end_s in connection.execute(in_order).all():
        held.setdefault(track_id, []).append((path, start_s, end_s))
    found = []
    for key, folded_tags, *values in connection.execute(tracks).all():
        files = held.get(values[0])
        if files is None or not sane_duration(values[-1]):
            continue
        path, start_s, end_s = files[0]
        also = tuple(dict.fromkeys(each[0] for each in files[1:] if each[0] != path)) if files[1:] else ()
        tags = dict(zip(_TRACK, values, strict=True))
        track = Track(path=path, start_s=start_s, end_s=end_s, also=also, **tags)
        found.append(Shelved(key or order_key(track), path, track, folded_tags or folded(track)))
    return found


def changed_since(connection: Connection, generation: int) -> list[str]:
    """Ids of tracks that came, left, or have other tags or files since a generation."""
    query = select(ChangeRow.track_id).where(ChangeRow.generation > generation)
    return list(connection.scalars(query))


def put_track(connection: Connection, new: NewTrack, now: float) -> None:
    """Write the row of a track, a new one or one that is there."""
    values = {name: getattr(new.track, name) for name in _TRACK}
    values["loudness_lufs"] = new.loudness_lufs if isfinite(new.loudness_lufs) else None
    values["windows"] = new.windows
    values |= searched_by(new.track)
    if not connection.execute(update(TrackRow).where(TrackRow.id == new.track.id).values(**values)).rowcount:
        connection.execute(insert(TrackRow).values(**values, added_at=now))
    connection.execute(delete(UnfinishedRow).where(UnfinishedRow.track_id == new.track.id))
    connection.execute(delete(RetiredRow).where(RetiredRow.track_id == new.track.id))


def searched_by(track: Track) -> dict[str, str]:
    """What is kept of a track's tags to be searched and ordered by."""
    return {"order_key": order_key(track), "folded": folded(track)}


def fold_missing(connection: Connection) -> None:
    """Fold the tags of tracks that an older version wrote."""
    ids = list(connection.scalars(select(TrackRow.id).where(TrackRow.folded.is_(None))))
    here = TrackRow.__table__.c
    query = update(TrackRow.__table__).where(here.id == bindparam("track_id"))  # type: ignore[arg-type]
    query = query.values({here.order_key: bindparam("key"), here.folded: bindparam("words")})
    for first in range(0, len(ids), AT_ONCE):
        rows = read_tracks(connection, ids[first : first + AT_ONCE])
        if rows:
            found = [{"track_id": each.track.id, "key": each.key, "words": each.folded} for each in rows]
            connection.execute(query, found)


def remember(connection: Connection, track_id: str, windows: int) -> None:
    """Note that a track that is not in the library may have remains."""
    connection.execute(delete(UnfinishedRow).where(UnfinishedRow.track_id == track_id))
    connection.execute(insert(UnfinishedRow).values(track_id=track_id, windows=windows))


def leave(connection: Connection, path: str, *, beside: KnownFile | None = None) -> list[KnownFile]:
    """A file holds nothing any more, or only what lies beside a new place; what it held."""
    held = [KnownFile(*row) for row in connection.execute(PLACES.where(PathRow.path == path)).all()]
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


def finish(
    connection: Connection, left: Sequence[KnownFile], *, changed: bool, touched: Iterable[str] = ()
) -> list[str]:
    """Take out those tracks of places that were left that no file holds, count the generation up.

    `touched` are ids of other tracks that changed.
    """
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
        count_up(connection, ids.union(touched))
    return orphans


def count_up(connection: Connection, changed: Collection[str]) -> None:
    """Tell all readers that these tracks have changed."""
    generation = int(setting(connection, "generation") or 0) + 1
    set_setting(connection, "generation", str(generation))
    rows = [{"track_id": track_id, "generation": generation} for track_id in sorted(changed)]
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        ids = [row["track_id"] for row in some]
        connection.execute(delete(ChangeRow).where(ChangeRow.track_id.in_(ids)))
        connection.execute(insert(ChangeRow), some)


def setting(connection: Connection, key: str) -> str | None:
    """The value of a setting."""
    return connection.scalar(select(SettingRow.value).where(SettingRow.key == key))


def set_setting(connection: Connection, key: str, value: str) -> None:
    """Set a setting."""
    connection.execute(delete(SettingRow).where(SettingRow.key == key))
    connection.execute(insert(SettingRow).values(key=key, value=value))

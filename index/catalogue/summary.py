"""What a catalogue holds in numbers: counted by the database, which need not give out a single track for that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from index.catalogue.rows import read_tracks
from index.catalogue.tables import PathRow, TrackRow
from index.core.moments import LONGEST_S
from index.core.tracks import Track
from index.text.titles import names_in

_HELD = (
    select(PathRow.track_id).where(PathRow.track_id == TrackRow.id).exists(),
    TrackRow.duration_s > 0,
    TrackRow.duration_s <= LONGEST_S,
)
"""A track counts that a file holds, and whose length is one."""


@dataclass(frozen=True)
class Summary:
    """All tracks in numbers."""

    tracks: int
    duration_s: float
    windows: int
    composers: int
    artists: int
    year_from: int | None
    year_to: int | None
    in_several_files: int
    extremes: Mapping[str, Track]
    """The longest, shortest, oldest and newest track; none of age where no tags name a year."""


def held_tracks(connection: Connection) -> int:
    """How many tracks there are."""
    return int(connection.scalar(select(func.count()).select_from(TrackRow).where(*_HELD)) or 0)


def summary_of(connection: Connection) -> Summary:
    """All tracks in numbers, as they are now."""
    year = func.nullif(TrackRow.year, 0)
    ends = (func.min(TrackRow.duration_s), func.max(TrackRow.duration_s), func.min(year), func.max(year))
    numbers = select(func.count(), func.sum(TrackRow.duration_s), func.sum(TrackRow.windows), *ends)
    tracks, duration_s, windows, shortest, longest, oldest, newest = connection.execute(
        numbers.where(*_HELD)
    ).one()
    several = select(PathRow.track_id).group_by(PathRow.track_id)
    several = several.having(func.min(PathRow.path) != func.max(PathRow.path))
    in_several_files = connection.scalar(select(func.count()).select_from(several.subquery()))
    wanted = {
        "longest": TrackRow.duration_s == longest,
        "shortest": TrackRow.duration_s == shortest,
        "oldest": TrackRow.year == oldest,
        "newest": TrackRow.year == newest,
    }
    return Summary(
        tracks=int(tracks),
        duration_s=float(duration_s or 0.0),
        windows=int(windows or 0),
        composers=_names(connection, select(TrackRow.composer)),
        artists=_names(connection, select(TrackRow.artist)),
        year_from=oldest,
        year_to=newest,
        in_several_files=int(in_several_files or 0),
        extremes=_extremes(connection, wanted) if tracks else {},
    )


def _names(connection: Connection, query: Select[Any]) -> int:
    """How many different names there are in one tag, of which each may hold several."""
    tags: list[str] = list(connection.scalars(query.where(*_HELD).distinct()))
    return len({name for tag in tags for name in names_in(tag)})


def _extremes(connection: Connection, wanted: Mapping[str, ColumnElement[bool]]) -> dict[str, Track]:
    """The first track, by author, of which each condition is true."""
    first = select(TrackRow.id).where(*_HELD).order_by(TrackRow.order_key, TrackRow.id).limit(1)
    ids = {name: found for name, is_so in wanted.items() if (found := connection.scalar(first.where(is_so)))}
    tracks = {
        each.track.id: each.track for each in read_tracks(connection, list(dict.fromkeys(ids.values())))
    }
    return {name: tracks[track_id] for name, track_id in ids.items() if track_id in tracks}

"""The catalogue: which tracks there are, which files hold them, what failed, what is being added just now.

Any number of processes may use it at once. What it gives out are values; a generation that counts up with
every change of the tracks tells readers when to look again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from index.errors import FingerprintError
from index.filters import Filters
from index.folders import Folders
from index.history import History
from index.jobs import Job, Jobs
from index.lyrics import Lyrics
from index.matching import Match, admits, holding, named
from index.moments import Track
from index.playlists import Playlists
from index.tables import Database, FailureRow, PathRow, SettingRow, TrackRow, UnfinishedRow, sqlite_url
from index.titles import words

__all__ = ["Catalogue", "Failure", "Job", "KnownFile", "Match", "NewTrack"]

_TRACK = ("id", "title", "artist", "composer", "album", "genre", "year", "duration_s")


@dataclass(frozen=True)
class KnownFile:
    """A file of a track, as it was when it was added."""

    path: str
    track_id: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Failure:
    """A file that could not be added."""

    path: str
    reason: str
    failed_at: float = 0.0
    """Seconds since 1970."""


@dataclass(frozen=True)
class NewTrack:
    """A track with what else the catalogue keeps of it."""

    track: Track
    windows: int
    loudness_lufs: float


class Catalogue:
    """The catalogue of one home folder (SQLite), or the one at a database's URL."""

    def __init__(self, home: Path, url: str = "") -> None:
        name = "of this library" if url else str(home / "catalogue.sqlite")
        self._database = Database(url or sqlite_url(home / "catalogue.sqlite"), name)
        self.jobs = Jobs(self._database)
        self.playlists = Playlists(self._database)
        self.folders = Folders(self._database)
        self.lyrics = Lyrics(self._database)
        self.history = History(self._database, home)
        self._lock = threading.Lock()
        self._known: tuple[int, tuple[Track, ...]] = (-1, ())

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    # What is there ---------------------------------------------------------------------------------

    def generation(self) -> int:
        """A number that grows with every change of the tracks, by whichever process."""
        with self._database.read() as connection:
            return int(_setting(connection, "generation") or 0)

    def tracks(self, text: str = "", filters: Filters | None = None) -> list[Track]:
        """Tracks with all words of `text` in their tags that meet the filters on tags, by author and title.

        Filters on what is heard (key, tempo, instrument) are left to the search.
        """
        found = [track for track in self._all() if not filters or admits(track, filters)]
        return holding(text, found) if words(text) else found

    def track(self, track_id: str) -> Track | None:
        """The track with this id."""
        return next((track for track in self._all() if track.id == track_id), None)

    def find(self, name: str) -> list[Match]:
        """Tracks that a name may mean, closest first: an id, a path, a file's name, or a title, loosely."""
        name = name.strip()
        tracks = self._all()
        known = {track.id: track for track in tracks}
        if name in known:
            return [Match(known[name], 1.0)]
        by_path = self.by_path(name)
        return [Match(by_path, 1.0)] if by_path else named(name, tracks)

    def by_path(self, path: str) -> Track | None:
        """The track that a file holds, by its path: as added, or relative to the working directory."""
        if "\0" in path:
            return None
        paths = (path, os.path.abspath(path), os.path.realpath(path))  # noqa: PTH100
        with self._database.read() as connection:
            track_id = connection.scalar(select(PathRow.track_id).where(PathRow.path.in_(paths)))
        return self.track(track_id) if track_id else None

    def paths(self, track_id: str) -> list[str]:
        """All files that hold a track, the first one added first."""
        query = (
            select(PathRow.path).where(PathRow.track_id == track_id).order_by(PathRow.added_at, PathRow.path)
        )
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def files(self) -> dict[str, KnownFile]:
        """All files of all tracks, by path."""
        query = select(PathRow.path, PathRow.track_id, PathRow.size, PathRow.mtime_ns)
        with self._database.read() as connection:
            return {row.path: KnownFile(*row) for row in connection.execute(query)}

    def windows(self) -> dict[str, int]:
        """Number of windows of every track, by id."""
        with self._database.read() as connection:
            return {row.id: row.windows for row in connection.execute(select(TrackRow.id, TrackRow.windows))}

    def unfinished(self) -> dict[str, int]:
        """Tracks that are not in the library but may have remains, with their number of windows."""
        with self._database.read() as connection:
            query = select(UnfinishedRow.track_id, UnfinishedRow.windows)
            return {row.track_id: row.windows for row in connection.execute(query)}

    def failures(self) -> list[Failure]:
        """Files that could not be added, by path."""
        query = select(FailureRow.path, FailureRow.reason, FailureRow.failed_at).order_by(FailureRow.path)
        with self._database.read() as connection:
            return [Failure(*row) for row in connection.execute(query)]

    def job(self) -> Job | None:
        """What is being added now, in whichever process; None if nothing is."""
        return self.jobs.current()

    # Settings --------------------------------------------------------------------------------------

    def fingerprint(self) -> str:
        """What the index was made with; empty before the first track."""
        with self._database.read() as connection:
            return _setting(connection, "fingerprint") or ""

    def check_fingerprint(self, current: str) -> None:
        """Raise FingerprintError if the index was made with other settings than the current ones."""
        indexed = self.fingerprint()
        if indexed and indexed != current and self._all():
            raise FingerprintError(indexed, current)

    def claim_fingerprint(self, current: str) -> None:
        """Note what the index is made with from now on, before the first track is added."""
        self.check_fingerprint(current)
        with self._database.write() as connection:
            _set(connection, "fingerprint", current)

    # Changes: each is one transaction ------------------------------------------------------------------

    def begin(self, track_id: str, windows: int) -> None:
        """Note that frames and vectors of a track are about to be written; `put` ends that."""
        with self._database.write() as connection:
            _remember(connection, track_id, windows)

    def finish(self, track_ids: Iterable[str]) -> None:
        """Note that nothing remains of tracks that are not in the library."""
        with self._database.write() as connection:
            for track_id in track_ids:
                connection.execute(delete(UnfinishedRow).where(UnfinishedRow.track_id == track_id))

    def put(self, file: KnownFile, new: NewTrack | None = None) -> list[str]:
        """Note that a file holds a track, a new one or one that is there.

        Returns
        -------
        list of str
            Ids of tracks that no file holds any more; they are taken out.
        """
        now = time.time()
        with self._database.write() as connection:
            if new is not None:
                _put_track(connection, new, now)
            left = _leave(connection, file.path)
            connection.execute(insert(PathRow).values(**asdict(file), added_at=now))
            return _finish(connection, left - {file.track_id}, changed=True)

    def rename(self, track: Track) -> None:
        """Note other tags of a track that is there."""
        names = ("title", "artist", "composer", "album", "genre", "year")
        values = {name: getattr(track, name) for name in names}
        with self._database.write() as connection:
            connection.execute(update(TrackRow).where(TrackRow.id == track.id).values(**values))
            _finish(connection, set(), changed=True)

    def forget(self, paths: Iterable[str]) -> list[str]:
        """Take files out; ids of the tracks that no file holds any more, which are taken out too."""
        with self._database.write() as connection:
            left = {track_id for path in paths for track_id in _leave(connection, path)}
            return _finish(connection, left, changed=bool(left))

    def fail(self, path: str, reason: str) -> list[str]:
        """Note that a file could not be added; what it held before is not in it any more.

        Returns
        -------
        list of str
            Ids of tracks that no file holds any more; they are taken out.
        """
        with self._database.write() as connection:
            left = _leave(connection, path)
            connection.execute(insert(FailureRow).values(path=path, reason=reason, failed_at=time.time()))
            return _finish(connection, left, changed=bool(left))

    def _all(self) -> tuple[Track, ...]:
        with self._lock:
            with self._database.read() as connection:
                generation = int(_setting(connection, "generation") or 0)
                if generation == self._known[0]:
                    return self._known[1]
                tracks = _read_tracks(connection)
            self._known = (generation, tracks)
            return tracks


def _read_tracks(connection: Connection) -> tuple[Track, ...]:
    first: dict[str, str] = {}
    for path, track_id in connection.execute(
        select(PathRow.path, PathRow.track_id).order_by(PathRow.added_at, PathRow.path)
    ):
        first.setdefault(track_id, path)
    table = TrackRow.__table__
    tracks = [
        Track(path=first[row.id], **{name: row._mapping[name] for name in _TRACK})
        for row in connection.execute(select(table))
        if row.id in first
    ]
    return tuple(sorted(tracks, key=lambda track: (words(track.author), words(track.title), track.path)))


def _put_track(connection: Connection, new: NewTrack, now: float) -> None:
    values = {name: getattr(new.track, name) for name in _TRACK}
    values["loudness_lufs"] = new.loudness_lufs if isfinite(new.loudness_lufs) else None
    values["windows"] = new.windows
    if not connection.execute(update(TrackRow).where(TrackRow.id == new.track.id).values(**values)).rowcount:
        connection.execute(insert(TrackRow).values(**values, added_at=now))
    connection.execute(delete(UnfinishedRow).where(UnfinishedRow.track_id == new.track.id))


def _remember(connection: Connection, track_id: str, windows: int) -> None:
    connection.execute(delete(UnfinishedRow).where(UnfinishedRow.track_id == track_id))
    connection.execute(insert(UnfinishedRow).values(track_id=track_id, windows=windows))


def _leave(connection: Connection, path: str) -> set[str]:
    """A file holds nothing any more; the id of the track that it held."""
    held = set(connection.scalars(select(PathRow.track_id).where(PathRow.path == path)))
    connection.execute(delete(PathRow).where(PathRow.path == path))
    connection.execute(delete(FailureRow).where(FailureRow.path == path))
    return held


def _finish(connection: Connection, left: set[str], *, changed: bool) -> list[str]:
    """Take out those of the left tracks that no file holds, count the generation up."""
    held = (
        set(connection.scalars(select(PathRow.track_id).where(PathRow.track_id.in_(left)))) if left else set()
    )
    orphans = sorted(left - held)
    for orphan in orphans:
        windows = connection.scalar(select(TrackRow.windows).where(TrackRow.id == orphan))
        _remember(connection, orphan, windows or 0)
        connection.execute(delete(TrackRow).where(TrackRow.id == orphan))
    if changed:
        _set(connection, "generation", str(int(_setting(connection, "generation") or 0) + 1))
    return orphans


def _setting(connection: Connection, key: str) -> str | None:
    return connection.scalar(select(SettingRow.value).where(SettingRow.key == key))


def _set(connection: Connection, key: str, value: str) -> None:
    connection.execute(delete(SettingRow).where(SettingRow.key == key))
    connection.execute(insert(SettingRow).values(key=key, value=value))

"""The catalogue: which tracks there are, which files hold them, what failed, what is being added just now.

Any number of processes may use it at once. What it gives out are values; a generation that counts up with
every change of the tracks tells readers when to look again.
"""

from __future__ import annotations

import os
import threading
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from index.catalogue.files import Files
from index.catalogue.folders import Folders
from index.catalogue.history import History
from index.catalogue.jobs import Job, Jobs
from index.catalogue.lyrics import Lyrics
from index.catalogue.playlists import Playlists
from index.catalogue.retirement import Retirement
from index.catalogue.rows import (
    PLACES,
    finish,
    leave,
    put_track,
    read_tracks,
    remember,
    set_setting,
    setting,
)
from index.catalogue.tables import Database, FailureRow, PathRow, TrackRow, UnfinishedRow, sqlite_url
from index.catalogue.track_lookup import Match, admits, holding, named
from index.catalogue.values import Failure, KnownFile, NewTrack
from index.core.checks import check_span, check_track
from index.core.errors import FingerprintError, OutdatedIndexError, UnknownTrackError
from index.core.filters import Filters
from index.core.moments import Track
from index.core.options import same_but_for_version
from index.text.titles import words

__all__ = ["Catalogue", "Failure", "Job", "KnownFile", "Match", "NewTrack"]


class Catalogue:
    """The catalogue of one home folder (SQLite), or the one at a database's URL."""

    def __init__(self, home: Path, url: str = "") -> None:
        file = home / "catalogue.sqlite"
        if url:
            self._database = Database(url, "of this library")
        else:
            self._database = Database(sqlite_url(file), str(file), file)
        self.jobs = Jobs(self._database)
        self.files_of = Files(self._database)
        self.retired = Retirement(self._database)
        self.playlists = Playlists(self._database)
        self.folders = Folders(self._database)
        self.lyrics = Lyrics(self._database)
        self.history = History(self._database, home)
        self._lock = threading.Lock()
        self._known: tuple[int, tuple[Track, ...], dict[str, Track]] = (-1, (), {})

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    # What is there ---------------------------------------------------------------------------------

    def generation(self) -> int:
        """A number that grows with every change of the tracks, by whichever process."""
        with self._database.read() as connection:
            return int(setting(connection, "generation") or 0)

    def tracks(self, text: str = "", filters: Filters | None = None) -> list[Track]:
        """Tracks with all words of `text` in their tags that meet the filters on tags, by author and title.

        Filters on estimated properties (key, tempo, instrument) are left to the search.
        """
        found = [track for track in self._all() if not filters or admits(track, filters)]
        return holding(text, found) if words(text) else found

    def track(self, track_id: str) -> Track | None:
        """The track with this id."""
        return self._by_id().get(track_id)

    def find(self, name: str) -> list[Match]:
        """Tracks that a name may mean, closest first: an id, a path, a file's name, or a title, loosely."""
        name = name.strip()
        if exactly := self.track(name) or self.by_path(name):
            return [Match(exactly, 1.0)]
        return named(name, self._all())

    def by_path(self, path: str) -> Track | None:
        """The track that a file holds, by its path: as added, or relative to the working directory."""
        if "\0" in path:
            return None
        paths = (path, os.path.abspath(path), os.path.realpath(path))  # noqa: PTH100
        with self._database.read() as connection:
            query = select(PathRow.track_id).where(PathRow.path.in_(paths)).order_by(PathRow.start_s)
            track_id = connection.scalar(query.limit(1))
        if track_id is None and not path.isascii():
            wanted = {unicodedata.normalize("NFC", each) for each in paths}
            spelled = (
                each for each in self.places().items() if unicodedata.normalize("NFC", each[0]) in wanted
            )
            track_id = next((held[0].track_id for _, held in spelled), None)
        return self.track(track_id) if track_id else None

    def paths(self, track_id: str) -> list[str]:
        """All files that hold a track, the first one added first."""
        return list(dict.fromkeys(place.path for place in self.places_of(track_id)))

    def files(self) -> dict[str, KnownFile]:
        """All files of all tracks, by path; of a file with several tracks, the place of the first."""
        return {path: held[0] for path, held in self.places().items()}

    def places(self) -> dict[str, tuple[KnownFile, ...]]:
        """What each file holds, by path: usually one track; of a whole album in a file, its tracks in order."""
        found: dict[str, list[KnownFile]] = {}
        with self._database.read() as connection:
            for row in connection.execute(PLACES.order_by(PathRow.path, PathRow.start_s)):
                found.setdefault(row.path, []).append(KnownFile(**row._mapping))
        return {path: tuple(held) for path, held in found.items()}

    def places_of(self, track_id: str) -> list[KnownFile]:
        """Where a track is, the place noted first first."""
        query = PLACES.where(PathRow.track_id == track_id).order_by(PathRow.added_at, PathRow.path)
        with self._database.read() as connection:
            return [KnownFile(**row._mapping) for row in connection.execute(query)]

    def there(self, track: Track) -> Track:
        """The track in the first of its files that is there just now; as it was given where none is."""
        if Path(track.path).is_file():
            return track
        for place in self.places_of(track.id):
            if Path(place.path).is_file():
                return replace(track, path=place.path, start_s=place.start_s, end_s=place.end_s)
        return track

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
            return setting(connection, "fingerprint") or ""

    def check_fingerprint(self, current: str) -> None:
        """Raise FingerprintError if the index was made with other settings than the current ones."""
        indexed = self.fingerprint()
        if not indexed or indexed == current or not self._all():
            return
        if same_but_for_version(indexed, current):
            raise OutdatedIndexError
        raise FingerprintError(indexed, current)

    def take_over_fingerprint(self, current: str) -> None:
        """Note that an index of another version is of this one now. FingerprintError where it cannot be."""
        indexed = self.fingerprint()
        if indexed and not same_but_for_version(indexed, current) and self._all():
            raise FingerprintError(indexed, current)
        with self._database.write() as connection:
            set_setting(connection, "fingerprint", current)

    def claim_fingerprint(self, current: str) -> None:
        """Note what the index is made with from now on, before the first track is added."""
        self.check_fingerprint(current)
        with self._database.write() as connection:
            set_setting(connection, "fingerprint", current)

    # Changes: each is one transaction ------------------------------------------------------------------

    def begin(self, track_id: str, windows: int) -> None:
        """Note that frames and vectors of a track are about to be written; `put` ends that."""
        with self._database.write() as connection:
            remember(connection, track_id, windows)

    def finish(self, track_ids: Iterable[str]) -> None:
        """Note that nothing remains of tracks that are not in the library."""
        with self._database.write() as connection:
            for track_id in track_ids:
                connection.execute(delete(UnfinishedRow).where(UnfinishedRow.track_id == track_id))

    def put(self, file: KnownFile, new: NewTrack | None = None) -> list[str]:
        """Note that a file holds a track, a new one or one that is there.

        What else the file held stays only where it is of the same sound and lies beside it.

        Returns
        -------
        list of str
            Ids of tracks that no file holds any more; they are taken out.

        Raises
        ------
        UnknownTrackError
            If the track is not there, and is not given as a new one.
        """
        now = time.time()
        check_span(file.start_s, file.end_s)
        if new is not None:
            check_track(new.track, new.windows)
        with self._database.write() as connection:
            if new is not None:
                put_track(connection, new, now)
            if connection.scalar(select(TrackRow.id).where(TrackRow.id == file.track_id)) is None:
                raise UnknownTrackError(file.track_id)
            left = leave(connection, file.path, beside=file)
            connection.execute(insert(PathRow).values(**asdict(file), added_at=now))
            return finish(connection, left, changed=True)

    def rename(self, track: Track) -> None:
        """Note other tags of a track that is there."""
        names = ("title", "artist", "composer", "album", "genre", "year")
        values = {name: getattr(track, name) for name in names}
        with self._database.write() as connection:
            connection.execute(update(TrackRow).where(TrackRow.id == track.id).values(**values))
            finish(connection, [], changed=True)

    def forget(self, paths: Iterable[str]) -> list[str]:
        """Take files out; ids of the tracks that no file holds any more, which are taken out too."""
        with self._database.write() as connection:
            left = [each for path in paths for each in leave(connection, path)]
            return finish(connection, left, changed=bool(left))

    def heal(self, paths: Iterable[str]) -> None:
        """Files that could not be added are no failures any more; what they hold stays."""
        with self._database.write() as connection:
            for path in paths:
                connection.execute(delete(FailureRow).where(FailureRow.path == path))

    def fail(self, path: str, reason: str) -> list[str]:
        """Note that a file could not be added; what it held before is not in it any more.

        Returns
        -------
        list of str
            Ids of tracks that no file holds any more; they are taken out.
        """
        with self._database.write() as connection:
            left = leave(connection, path)
            connection.execute(insert(FailureRow).values(path=path, reason=reason, failed_at=time.time()))
            return finish(connection, left, changed=bool(left))

    def _all(self) -> tuple[Track, ...]:
        return self._now()[1]

    def _by_id(self) -> dict[str, Track]:
        return self._now()[2]

    def _now(self) -> tuple[int, tuple[Track, ...], dict[str, Track]]:
        """The tracks as they are now, and by id; read again only where they have changed."""
        with self._lock:
            with self._database.read() as connection:
                generation = int(setting(connection, "generation") or 0)
                if generation == self._known[0]:
                    return self._known
                tracks = read_tracks(connection)
            self._known = (generation, tracks, {track.id: track for track in tracks})
            return self._known

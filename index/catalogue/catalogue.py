"""The catalogue: which tracks there are, which files hold them, what failed, what is being added just now.

Any number of processes may use it at once. What it gives out are values; a generation that counts up with
every change of the tracks tells readers when to look again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from index.catalogue.apart import Apart
from index.catalogue.database import lasting, open_database
from index.catalogue.files import Files
from index.catalogue.folders import Folders
from index.catalogue.history import History
from index.catalogue.jobs import Job, Jobs
from index.catalogue.kept_at import KeptAt
from index.catalogue.lyrics import Lyrics
from index.catalogue.made_with import MadeWith
from index.catalogue.playlists import Playlists
from index.catalogue.retirement import Retirement
from index.catalogue.rows import (
    AT_ONCE,
    PLACES,
    changed_since,
    count_up,
    finish,
    leave,
    put_track,
    read_tracks,
    remember,
    searched_by,
    setting,
)
from index.catalogue.snapshot import NOTHING, Snapshot
from index.catalogue.spellings import spellings
from index.catalogue.summary import Summary, held_tracks, summary_of
from index.catalogue.tables import FailureRow, PathRow, TrackRow, UnfinishedRow
from index.catalogue.track_lookup import Match, admitted, holding, named
from index.catalogue.values import Failure, KnownFile, NewTrack
from index.core.checks import check_span, check_track
from index.core.errors import UnknownTrackError
from index.core.filters import Filters
from index.core.tracks import Track
from index.text.titles import words

__all__ = ["Catalogue", "Failure", "Job", "KnownFile", "Match", "NewTrack"]


@lasting
class Catalogue:
    """The catalogue of one home folder (SQLite), or the one at a database's URL."""

    def __init__(self, home: Path, url: str = "", index_name: str = "") -> None:
        self._database = open_database(home, url, index_name)
        self.jobs = Jobs(self._database)
        self.files_of = Files(self._database)
        self.made_with = MadeWith(self._database)
        self.retired = Retirement(self._database)
        self.apart = Apart(self._database)
        self.kept_at = KeptAt(self._database)
        self.playlists = Playlists(self._database)
        self.folders = Folders(self._database)
        self.lyrics = Lyrics(self._database)
        self.history = History(self._database, home)
        self._lock = threading.Lock()
        self._known = NOTHING
        self._summary: tuple[int, Summary] | None = None

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
        now = self._now()
        tracks, texts = now.tracks, now.folded
        if filters:
            places = admitted(tracks, texts, filters)
            tracks, texts = tuple(tracks[at] for at in places), tuple(texts[at] for at in places)
        return holding(text, tracks, texts) if words(text) else list(tracks)

    def track(self, track_id: str) -> Track | None:
        """The track with this id."""
        if self._known is not NOTHING:
            return self._now().by_id.get(track_id)
        if not track_id.isascii():
            return None
        with self._database.read() as connection:  # who asks for one track need not know all
            return next((each.track for each in read_tracks(connection, [track_id])), None)

    def is_empty(self) -> bool:
        """Whether there is no track."""
        return not self.summary().tracks

    def summary(self) -> Summary:
        """What there is in numbers; worked out once for each generation."""
        with self._lock, self._database.read() as connection:
            generation = int(setting(connection, "generation") or 0)
            if self._summary is None or self._summary[0] != generation:
                self._summary = (generation, summary_of(connection))
            return self._summary[1]

    def find(self, name: str) -> list[Match]:
        """Tracks that a name may mean, closest first: an id, a path, a file's name, or a title, loosely."""
        name = name.strip()
        if exactly := self.track(name) or self.by_path(name):
            return [Match(exactly, 1.0)]
        now = self._now()
        return named(name, now.tracks, now.folded)

    def by_path(self, path: str) -> Track | None:
        """The track that a file holds, by its path: as added, or relative to the working directory."""
        if "\0" in path:
            return None
        paths = (path, os.path.abspath(path), os.path.realpath(path))  # noqa: PTH100
        spelled = dict.fromkeys(each for one in paths for each in (one, *spellings(one)))
        with self._database.read() as connection:
            query = select(PathRow.path, PathRow.track_id).where(PathRow.path.in_(spelled))
            held = {
                row.path: row.track_id for row in connection.execute(query.order_by(PathRow.start_s.desc()))
            }
        track_id = next((held[each] for each in spelled if each in held), None)
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
                found.setdefault(row.path, []).append(KnownFile(*row))
        return {path: tuple(held) for path, held in found.items()}

    def places_of(self, track_id: str) -> list[KnownFile]:
        """Where a track is, the place noted first first."""
        query = PLACES.where(PathRow.track_id == track_id).order_by(PathRow.added_at, PathRow.path)
        with self._database.read() as connection:
            return [KnownFile(*row) for row in connection.execute(query)]

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

    def lengths_s(self) -> dict[str, float]:
        """How long every track is, by id."""
        with self._database.read() as connection:
            found = connection.execute(select(TrackRow.id, TrackRow.duration_s))
            return {row.id: row.duration_s for row in found}

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
            return finish(connection, left, changed=True, touched=[file.track_id])

    def rename(self, track: Track) -> None:
        """Note other tags of a track that is there."""
        names = ("title", "artist", "composer", "album", "genre", "year")
        values = {name: getattr(track, name) for name in names} | searched_by(track)
        with self._database.write() as connection:
            connection.execute(update(TrackRow).where(TrackRow.id == track.id).values(**values))
            count_up(connection, [track.id])

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

    def _now(self) -> Snapshot:
        """The tracks as they are now; only those are read that have changed since they were read last."""
        with self._lock:
            with self._database.read() as connection:
                generation = int(setting(connection, "generation") or 0)
                if generation == self._known.generation:
                    return self._known
                self._known = self._brought_up(connection, generation)
            return self._known

    def _brought_up(self, connection: Connection, generation: int) -> Snapshot:
        if self._known is not NOTHING and self._known.generation < generation:
            changed = changed_since(connection, self._known.generation)
            if len(changed) <= AT_ONCE:
                now = self._known.updated(generation, changed, read_tracks(connection, changed))
                if len(now.tracks) == held_tracks(connection):
                    return now
        return Snapshot.of(generation, read_tracks(connection))

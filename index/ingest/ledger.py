"""What a run of adding writes into a library, and what it counts by that."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from index.audio.tags import Tags
from index.catalogue.catalogue import Failure, KnownFile, NewTrack
from index.core.errors import LibraryError
from index.core.tracks import Track
from index.ingest.absent import Absent
from index.ingest.holdings import Holdings
from index.ingest.progress import Counts
from index.ingest.recordings import OtherFile, Recordings
from index.ingest.reporting import Reporting
from index.ingest.requests import Looked
from index.ingest.stores import Stores
from index.ingest.task import Task
from index.workers.analyse_file import Analysed

_LOG = logging.getLogger("reprise.add")


@dataclass(frozen=True)
class Kept:
    """A track that was kept."""

    place: KnownFile
    came_back: bool
    """Whether it had left the library, and is there again."""
    heard_s: float
    """Seconds analysed; 0 where it was made from frames that were kept."""


class Ledger:
    """Keeps the stores, what is known of them, and the counts of one run in step."""

    def __init__(
        self, stores: Stores, held: Holdings, absent: Absent, counts: Counts, progress: Reporting
    ) -> None:
        self.stores = stores
        self.held = held
        self.counts = counts
        self.recordings = Recordings(stores.frames, stores.catalogue.lengths_s, stores.catalogue.apart.pairs)
        self._catalogue = stores.catalogue
        self._absent = absent
        self._progress = progress

    def finished(self, path: str, heard_s: float = 0.0) -> None:
        """A file is done, of which so many seconds were analysed."""
        self._progress.finished(path, heard_s)

    def keep(self, task: Task, tags: Tags, analysed: Analysed) -> Kept:
        """Keep a track that was analysed; what else its file held is gone."""
        frames = analysed.frames
        track = Track(task.track_id, task.path, **vars(tags), duration_s=frames.duration_s)
        new = NewTrack(track, len(self.stores.grid.spans(frames.duration_s)), frames.loudness_lufs)
        place = self._placed(task, analysed)
        came_back = task.track_id in self.held.retired
        self.gone(self.stores.keep(place, new, analysed))
        self.recordings.came(track.id, frames)
        heard_s = frames.duration_s if task.heard else 0.0
        self.counts.audio_s += heard_s
        return Kept(place, came_back, heard_s)

    def keep_whole(self, task: Task, analysed: Analysed) -> None:
        """Keep a file that is one track."""
        before = self.held.known.get(task.path)
        kept = self.keep(task, analysed.tags, analysed)
        self.held.hold(kept.place)
        if kept.came_back:
            self.counts.came_back += 1
        elif before is None or before[0].track_id == task.track_id:
            self.counts.added += 1
        else:
            self.counts.replaced += 1
        self.finished(task.path, kept.heard_s)

    def keep_beside(self, task: Task, analysed: Analysed, other: OtherFile) -> None:
        """Keep a file of a recording that is there as another file of it; what was measured of it is not needed."""
        task.track_id, task.start_s = other.track_id, other.offset_s
        self.hold(task.path, [self._placed(task, analysed)])
        track = self._catalogue.track(other.track_id)
        self.counts.other_files[task.path] = track.path if track else ""
        self.counts.audio_s += analysed.frames.duration_s
        self.finished(task.path, analysed.frames.duration_s)

    def recognise(self, task: Task, looked: Looked) -> None:
        """A file of a sound that is there: it was moved, is a copy, has other tags, or was only touched."""
        before = self.held.known.get(task.path)
        if before and all(each.track_id == task.track_id or each.sound == looked.sound for each in before):
            self._catalogue.files_of.restamp(task.path, task.stamp, looked.sound)
            self.held.restamped(task.path, task.stamp, looked.sound)
            if self._retag(task.track_id, task.path, looked.tags):
                self.counts.retagged += 1
            else:
                self.counts.unchanged += 1
        else:
            moved = self._absent.moved(task.track_id)
            model = self.held.places_of_sound(looked.sound) or (task.place(),)
            self.hold(task.path, [replace(task.place(), **_span(each)) for each in model])
            if moved:
                self.gone(self.stores.clear(self._catalogue.forget(moved)))
                self.held.forget(moved)
                self._retag(task.track_id, task.path, looked.tags)
                self.counts.moved += 1
            elif before is None:
                self.counts.duplicates += 1
            else:
                self.counts.replaced += 1
        self.finished(task.path)

    def hold(self, path: str, places: Sequence[KnownFile]) -> None:
        """A file holds tracks that are there, and nothing else."""
        self.gone(self.stores.clear(self._catalogue.files_of.hold(path, places)))
        self.held.hold(*places)

    def gone(self, track_ids: list[str]) -> None:
        """Tracks have left."""
        self.held.gone(track_ids)
        self.recordings.gone(track_ids)

    def fail(self, path: str, reason: str, *, keep: bool = False) -> None:
        """Note that a file could not be added; with `keep`, what it held stays."""
        self.counts.failed.append(Failure(path, reason, time.time()))
        try:
            gone = [] if keep else self._catalogue.fail(path, reason)
            self.gone(self.stores.clear(gone))
        except (LibraryError, OSError) as error:
            _LOG.warning("the failure of %s was not noted", path, exc_info=error)
            return
        self.counts.retired += len(gone)
        if not keep:
            self.held.forget([path])

    def is_as_it_was(self, task: Task) -> bool:
        """Whether a file still holds the sound that it held: whatever failed, it is not the file that is bad."""
        before = self.held.known.get(task.path, ())
        if task.looked is None:
            return any(task.stamp.content_as(each) for each in before)
        return any(each.sound == task.looked.sound or each.track_id == task.track_id for each in before)

    def _placed(self, task: Task, analysed: Analysed) -> KnownFile:
        """Where a track is that was analysed, with what has to be said of its file."""
        if analysed.note:
            self.counts.noted[task.path] = analysed.note
        return task.place(analysed.note)

    def _retag(self, track_id: str, path: str, tags: Tags) -> bool:
        """Take over the tags of a track's first file; whether they are other ones than before."""
        track = self._catalogue.track(track_id)
        place = next(iter(self.held.known.get(path, ())), None)
        if track is None or track.path != path or (place is not None and place.is_title):
            return False
        return self.rename(track, tags)

    def rename(self, track: Track, tags: Tags) -> bool:
        """Give a track these tags; whether they are other ones than before."""
        new = replace(track, **vars(tags))
        if new == track:
            return False
        self._catalogue.rename(new)
        return True


def _span(place: KnownFile) -> dict[str, Any]:
    return {"track_id": place.track_id, "start_s": place.start_s, "end_s": place.end_s, "note": place.note}

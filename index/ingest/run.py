"""One run of adding: goes through the files in order, has the new ones analysed, and keeps what came out.

Nothing that happens to one file ends the run: it is listed with its reason, and the next one follows.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from index.album.arriving import Album, SheetWatch
from index.album.parts import Part
from index.audio.sound_hash import title_id
from index.audio.tags import Tags
from index.catalogue.catalogue import Failure, KnownFile, NewTrack
from index.catalogue.values import Stamp
from index.core.errors import LibraryError, PointsNowhereError, QueryError
from index.core.moments import Grid
from index.core.tracks import Track
from index.ingest.absent import Absent
from index.ingest.estimate import Estimate
from index.ingest.holdings import Holdings
from index.ingest.progress import Counts, Progress
from index.ingest.reach import Reach, mount_points
from index.ingest.recordings import OtherFile, Recordings
from index.ingest.reporting import Reporting
from index.ingest.requests import FromFrames, LookAt, Looked, OutOfReach
from index.ingest.scan import Scan
from index.ingest.stores import Stores
from index.ingest.survey import survey
from index.system.interrupt import interruptible
from index.workers.analyse_file import Analysed, AnalyseFile
from index.workers.pool import Workers

_LOG = logging.getLogger("reprise.add")
_LOOK_S = 1.0
_SLOWEST = 2.0
"""Analysis that is slower than half of real time, and ten minutes, hangs."""
_IN_A_ROW = 5
"""After so many files that the stores refused one after the other, the stores are what is broken."""


@dataclass
class _Task:
    """A file that is looked at or analysed, and files of the same sound that wait for it."""

    path: str
    stamp: Stamp
    looked: Looked | None = None
    track_id: str = ""
    heard: bool = False
    """Whether its sound was analysed; else what came out was made from frames that were kept."""
    same: list[_Task] = field(default_factory=list)
    part: Part | None = None
    """The part of the file that is the track; None is all of it."""
    album: Album | None = None
    """The file of several tracks that this is one of."""
    start_s: float = 0.0
    """Where the track begins in the file, if that is another file of a recording; below 0 where it lacks its start."""

    def place(self, note: str = "") -> KnownFile:
        """What the file holds: the whole of a track, or one of several."""
        assert self.looked is not None
        place = KnownFile(
            self.path,
            self.track_id,
            **vars(self.stamp),
            sound=self.looked.sound,
            start_s=self.start_s,
            note=note or None,
        )
        return (
            place if self.part is None else replace(place, start_s=self.part.start_s, end_s=self.part.end_s)
        )


class Adding:
    """One run of adding."""

    def __init__(
        self,
        stores: Stores,
        pool: Workers,
        grid: Grid,
        found: Scan,
        *,
        lacking: set[str],
        tell: Callable[[Progress], None],
        everything: bool = False,
    ) -> None:
        self._stores = stores
        self._catalogue = stores.catalogue
        self._pool = pool
        self._grid = grid
        self._found = found
        self._held = Holdings(self._catalogue, lacking)
        files = self._catalogue.files_of
        self._counts = Counts(passed_over=dict(found.passed_over))
        reach = Reach(found.listed, files.mounts())
        self._survey = survey(found, self._held.known, reach, lacking=lacking, everything=everything)
        watch = SheetWatch(self._catalogue.track)
        for path in [each for each in self._survey.unchanged if watch.changed(each, self._held.known[each])]:
            self._survey.unchanged.remove(path)
            self._survey.files[path] = Stamp.of(path)
        self._absent = Absent(stores, self._held, self._survey.missing, found.folders)
        self._recordings = Recordings(stores.frames, self._catalogue.tracks())
        self._running: dict[Future[Any], _Task] = {}
        self._refused_in_a_row = 0
        self._estimate = Estimate({path: stamp.size for path, stamp in self._survey.files.items()})
        self._progress = Reporting(self._catalogue.jobs, self._estimate, found.folders, tell)

    def run(self) -> Counts:
        """Go through all files. Ctrl-C ends it early and in order."""
        try:
            with interruptible() as stop:
                self._run(stop)
        finally:
            self._progress.end()
        return self._counts

    def _run(self, stop: threading.Event) -> None:
        self._clear_old_failures()
        for path, reason in self._found.refused.items():
            if not self._absent.below(path):
                self._fail(path, reason)
        self._counts.unchanged = len(self._survey.unchanged)
        self._progress.done = len(self._found.refused) + self._counts.unchanged
        self._progress.total = self._progress.done + len(self._survey.files)
        self._progress.report(self._counts, force=True)
        self._absent.note(self._survey.unchanged)
        self._catalogue.files_of.note_mounts(mount_points([*self._survey.files, *self._survey.unchanged]))
        for path, stamp in self._survey.files.items():
            while len(self._running) > self._pool.count and not stop.is_set():
                self._collect()
            if stop.is_set():
                break
            self._progress.current = path
            request = LookAt(Path(path), content_too=self._held.has_unhashed())
            self._running[self._pool.ask(request, 600.0)] = _Task(path, stamp)
            self._progress.report(self._counts)
        while self._running and not stop.is_set():
            self._collect()
        self._counts.interrupted = stop.is_set()
        self._counts.left = self._progress.total - self._progress.done
        if not self._counts.interrupted:
            self._counts.retired += self._absent.settle()
        self._counts.unreachable = self._absent.unreachable()
        self._progress.report(self._counts, force=True)

    def _collect(self) -> None:
        """Wait for a worker to answer, a moment at most, and go on with what it says.

        Files are decided about in their order: of several of one sound the first is the one that is analysed.
        """
        first_look = next((future for future, task in self._running.items() if task.looked is None), None)
        waited_for = [future for future, task in self._running.items() if task.looked or future is first_look]
        for future in wait(waited_for, _LOOK_S, FIRST_COMPLETED).done:
            task = self._running.pop(future)
            answer = future.result()
            try:
                self._go_on(task, answer)
                if not isinstance(answer, Looked):  # which the stores have no part in
                    self._refused_in_a_row = 0
            except (LibraryError, PointsNowhereError, QueryError, OSError) as error:
                self._refuse(task, error)
        self._progress.report(self._counts)

    def _go_on(self, task: _Task, answer: Any) -> None:
        if isinstance(answer, Looked):
            self._estimate.promised(task.path, answer.length_s)
            self._looked(replace(task, looked=answer))
        elif isinstance(answer, Analysed):
            self._keep(task, answer)
        elif answer is None:  # its frames could not be read
            self._analyse(task)
        elif task.album is not None:
            self._part_done(task, None, answer.reason)
            for each in task.same:
                self._part_done(each, None, answer.reason)
        elif isinstance(answer, OutOfReach) and task.path in self._held.known:
            self._absent.lost(task.path, answer.reason)
            self._progress.finished(task.path, 0.0)
        else:
            for each in (task, *task.same):
                self._fail(each.path, answer.reason, keep=self._is_as_it_was(each))
                self._progress.finished(each.path, 0.0)

    def _looked(self, task: _Task) -> None:
        """Decide what a file is by its sound; have it analysed if that is new."""
        looked = task.looked
        assert looked is not None
        if task.part is not None:
            self._part(task)
            return
        if looked.parts:
            album = Album(len(looked.parts))
            for part in looked.parts:
                track_id = title_id(looked.sound, part.start_s, part.end_s)
                self._part(replace(task, track_id=track_id, same=[], part=part, album=album))
            return
        task.track_id = self._held.track_of(task.path, task.stamp, looked)
        if task.track_id and task.track_id not in self._held.lacking:
            self._same(task, looked)
            return
        task.track_id = task.track_id or self._held.retired_id(looked.sound) or looked.sound
        task.start_s = self._held.begins_s(task.track_id, looked.sound)
        self._make(task, looked.tags)

    def _part(self, task: _Task) -> None:
        """One of several tracks of a file: it is there, or has to be made."""
        assert task.part is not None and task.album is not None
        if not self._held.has(task.track_id):
            self._make(task, task.part.tags)
            return
        track = self._catalogue.track(task.track_id)
        if track is not None and (new := replace(track, **vars(task.part.tags))) != track:
            self._catalogue.rename(new)
            task.album.retagged = True
        self._part_done(task, task.place())

    def _part_done(
        self, task: _Task, place: KnownFile | None, reason: str = "", heard_s: float = 0.0
    ) -> None:
        """One of several tracks of a file is done; with the last one the file holds them, and nothing else."""
        album = task.album
        assert album is not None
        album.audio_s += heard_s
        if not album.done(place, reason):
            return
        before = self._held.known.get(task.path)
        if not album.places:
            self._fail(task.path, album.reasons[0])
        else:
            as_it_was = album.as_it_was(before)
            self._counts.albums += album.added
            self._hold(task.path, album.places)
            self._counts.retagged += as_it_was and album.retagged
            self._counts.unchanged += as_it_was and not album.retagged
        self._progress.finished(task.path, album.audio_s)

    def _make(self, task: _Task, tags: Tags) -> None:
        """Have a track that is not there analysed, or made from frames that were kept."""
        running = next((each for each in self._running.values() if each.track_id == task.track_id), None)
        if running is not None:
            running.same.append(task)
            return
        frames = self._stores.frames
        if self._held.may_have_frames(task.track_id) and frames.has(task.track_id):
            request = FromFrames(tags, frames.folder, task.track_id, self._grid)
            self._running[self._pool.ask(request, 600.0)] = task
        else:
            self._analyse(task)

    def _analyse(self, task: _Task) -> None:
        task.heard = True
        self._progress.current = task.path
        limit_s = 600 + _SLOWEST * self._estimate.of(task.path)
        span = (task.part.start_s, task.part.end_s) if task.part else (task.start_s, None)
        self._running[self._pool.ask(AnalyseFile(Path(task.path), self._grid, *span), limit_s)] = task

    def _keep(self, task: _Task, analysed: Analysed) -> None:
        if task.part is not None:
            self._keep_part(task, task.part, analysed)
            return
        if _changed(task):
            self._fail(task.path, "it changed while it was read; add it again")
            self._progress.finished(task.path, 0.0)
            for each in task.same:
                self._again(each)
            return
        if self._held.is_new(task.track_id) and (other := self._recordings.find(analysed.frames)):
            self._keep_beside(task, analysed, other)
            return
        before = self._held.known.get(task.path)
        frames = analysed.frames
        track = Track(task.track_id, task.path, **vars(analysed.tags), duration_s=frames.duration_s)
        windows = len(self._grid.spans(frames.duration_s))
        came_back = task.track_id in self._held.retired
        new = NewTrack(track, windows, frames.loudness_lufs)
        place = self._placed(task, analysed)
        self._gone(self._stores.keep(place, new, analysed))
        self._held.hold(place)
        self._recordings.came(track.id, track.duration_s)
        if came_back:
            self._counts.came_back += 1
        elif before is None or before[0].track_id == task.track_id:
            self._counts.added += 1
        else:
            self._counts.replaced += 1
        heard_s = frames.duration_s if task.heard else 0.0
        self._counts.audio_s += heard_s
        self._progress.finished(task.path, heard_s)
        for each in task.same:
            each.track_id = task.track_id
            self._again(each)

    def _keep_beside(self, task: _Task, analysed: Analysed, other: OtherFile) -> None:
        """Keep a file of a recording that is there as another file of it; what was measured of it is not needed."""
        task.track_id, task.start_s = other.track_id, other.offset_s
        place = self._placed(task, analysed)
        self._hold(task.path, [place])
        track = self._catalogue.track(other.track_id)
        self._counts.other_files[task.path] = track.path if track else ""
        self._counts.audio_s += analysed.frames.duration_s
        self._progress.finished(task.path, analysed.frames.duration_s)
        for each in task.same:
            self._again(each)

    def _hold(self, path: str, places: Sequence[KnownFile]) -> None:
        """A file holds tracks that are there, and nothing else."""
        self._gone(self._stores.clear(self._catalogue.files_of.hold(path, places)))
        self._held.hold(*places)

    def _gone(self, track_ids: list[str]) -> None:
        """Tracks have left."""
        self._held.gone(track_ids)
        self._recordings.gone(track_ids)

    def _placed(self, task: _Task, analysed: Analysed) -> KnownFile:
        """Where a track is that was analysed, with what has to be said of its file."""
        if analysed.note:
            self._counts.noted[task.path] = analysed.note
        return task.place(analysed.note)

    def _keep_part(self, task: _Task, part: Part, analysed: Analysed) -> None:
        if _changed(task):
            self._part_done(task, None, "it changed while it was read; add it again")
        else:
            frames = analysed.frames
            track = Track(task.track_id, task.path, **vars(part.tags), duration_s=frames.duration_s)
            new = NewTrack(track, len(self._grid.spans(frames.duration_s)), frames.loudness_lufs)
            place = self._placed(task, analysed)
            came_back = task.track_id in self._held.retired
            self._gone(self._stores.keep(place, new, analysed))
            self._held.came(task.track_id)
            self._recordings.came(track.id, track.duration_s)
            self._counts.came_back += came_back
            self._counts.added += not came_back
            self._counts.titles += not came_back
            if task.album is not None and not came_back:
                task.album.added = True
            heard_s = frames.duration_s if task.heard else 0.0
            self._counts.audio_s += heard_s
            self._part_done(task, place, heard_s=heard_s)
        for each in task.same:
            self._again(each)

    def _again(self, task: _Task) -> None:
        """Decide again what a file is that waited for another one of the same sound."""
        try:
            self._looked(task)
        except (LibraryError, PointsNowhereError, QueryError, OSError) as error:
            self._refuse(task, error)

    def _same(self, task: _Task, looked: Looked) -> None:
        """A file of a sound that is there: it was moved, is a copy, has other tags, or was only touched."""
        before = self._held.known.get(task.path)
        if before and all(each.track_id == task.track_id or each.sound == looked.sound for each in before):
            self._catalogue.files_of.restamp(task.path, task.stamp, looked.sound)
            self._held.restamped(task.path, task.stamp, looked.sound)
            if self._tags(task.track_id, task.path, looked.tags):
                self._counts.retagged += 1
            else:
                self._counts.unchanged += 1
        else:
            moved = self._absent.moved(task.track_id)
            model = self._held.places_of_sound(looked.sound) or (task.place(),)
            places = [replace(task.place(), **_span(each)) for each in model]
            self._hold(task.path, places)
            if moved:
                self._gone(self._stores.clear(self._catalogue.forget(moved)))
                self._held.forget(moved)
                self._tags(task.track_id, task.path, looked.tags)
                self._counts.moved += 1
            elif before is None:
                self._counts.duplicates += 1
            else:
                self._counts.replaced += 1
        self._progress.finished(task.path, 0.0)

    def _tags(self, track_id: str, path: str, tags: Tags) -> bool:
        """Take over the tags of a track's first file; whether they are other ones than before."""
        track = self._catalogue.track(track_id)
        place = next(iter(self._held.known.get(path, ())), None)
        if track is None or track.path != path or (place is not None and place.is_title):
            return False
        new = replace(track, **vars(tags))
        if new == track:
            return False
        self._catalogue.rename(new)
        return True

    def _is_as_it_was(self, task: _Task) -> bool:
        """Whether a file still holds the sound that it held: whatever failed, it is not the file that is bad."""
        before = self._held.known.get(task.path, ())
        if task.looked is None:
            return any(task.stamp.content_as(each) for each in before)
        return any(each.sound == task.looked.sound or each.track_id == task.track_id for each in before)

    def _refuse(self, task: _Task, error: Exception) -> None:
        """The stores refused a file: it is listed, and what it held stays; too many in a row end the run."""
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= _IN_A_ROW:
            raise error
        _LOG.warning("%s was not added", task.path, exc_info=error)
        for each in (task, *task.same):
            self._counts.failed.append(Failure(each.path, _reason(error), time.time()))
            if each.album is None or each.album.done(None, _reason(error)):
                self._progress.finished(each.path, 0.0)

    def _fail(self, path: str, reason: str, *, keep: bool = False) -> None:
        """Note that a file could not be added; with `keep`, what it held stays."""
        self._counts.failed.append(Failure(path, reason, time.time()))
        try:
            gone = [] if keep else self._catalogue.fail(path, reason)
            self._gone(self._stores.clear(gone))
        except (LibraryError, OSError) as error:
            _LOG.warning("the failure of %s was not noted", path, exc_info=error)
            return
        self._counts.retired += len(gone)
        if not keep:
            self._held.forget([path])

    def _clear_old_failures(self) -> None:
        """Files that failed once and are gone are no failures any more."""
        roots = tuple(folder.rstrip(os.sep) + os.sep for folder in self._found.folders)
        old = [
            failure.path
            for failure in self._catalogue.failures()
            if (failure.path.startswith(roots) or failure.path in self._found.folders)
            and failure.path not in self._found.files
        ]
        self._catalogue.heal(old)


def _span(place: KnownFile) -> dict[str, Any]:
    return {"track_id": place.track_id, "start_s": place.start_s, "end_s": place.end_s, "note": place.note}


def _reason(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return said.rstrip(".") or type(error).__name__


def _changed(task: _Task) -> bool:
    """Whether a file is another one than when it was looked at."""
    try:
        now = Stamp.of(task.path)
    except (OSError, ValueError):
        return True
    return (now.size, now.mtime_ns) != (task.stamp.size, task.stamp.mtime_ns)

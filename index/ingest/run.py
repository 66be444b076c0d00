"""One run of adding: goes through the files in order, has the new ones analysed, and keeps what came out.

Nothing that happens to one file ends the run: it is listed with its reason, and the next one follows.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.album.arriving import Album, SheetWatch
from index.audio.sound_hash import title_id
from index.audio.tags import Tags
from index.catalogue.catalogue import Failure
from index.catalogue.values import Stamp
from index.core.errors import LibraryError, PointsNowhereError, QueryError
from index.ingest.absent import Absent
from index.ingest.albums import Albums
from index.ingest.estimate import Estimate
from index.ingest.holdings import Holdings
from index.ingest.ledger import Ledger
from index.ingest.progress import Counts, Progress
from index.ingest.reach import Reach, mount_points
from index.ingest.recordings import OtherFile
from index.ingest.reporting import Reporting
from index.ingest.requests import FromFrames, LookAt, Looked, OutOfReach
from index.ingest.scan import Scan
from index.ingest.stores import Stores
from index.ingest.survey import survey
from index.ingest.task import Task
from index.system.interrupt import interruptible
from index.workers.analyse_file import Analysed, AnalyseFile
from index.workers.pool import Workers

if TYPE_CHECKING:
    from index.workers.ray_pool import RayWorkers

_LOG = logging.getLogger("reprise.add")
_LOOK_S = 1.0
_SLOWEST = 2.0
"""Analysis that is slower than half of real time, and ten minutes, hangs."""
_IN_A_ROW = 5
"""After so many files that the stores refused one after the other, the stores are what is broken."""
_CHANGED = "it changed while it was read; add it again"


class Adding:
    """One run of adding."""

    def __init__(
        self,
        stores: Stores,
        pool: Workers | RayWorkers,
        found: Scan,
        *,
        lacking: set[str],
        tell: Callable[[Progress], None],
        everything: bool = False,
    ) -> None:
        self._stores = stores
        self._catalogue = stores.catalogue
        self._pool = pool
        self._grid = stores.grid
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
        self._running: dict[Future[Any], Task] = {}
        self._refused_in_a_row = 0
        self._estimate = Estimate({path: stamp.size for path, stamp in self._survey.files.items()})
        self._progress = Reporting(self._catalogue.jobs, self._estimate, found.folders, tell)
        self._ledger = Ledger(stores, self._held, self._absent, self._counts, self._progress)
        self._albums = Albums(self._ledger)

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
                self._ledger.fail(path, reason)
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
            self._running[self._pool.ask(request, 600.0)] = Task(path, stamp)
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

    def _go_on(self, task: Task, answer: Any) -> None:
        if isinstance(answer, Looked):
            self._estimate.promised(task.path, answer.length_s)
            self._looked(replace(task, looked=answer))
        elif isinstance(answer, Analysed):
            self._keep(task, answer)
        elif answer is None:  # its frames could not be read
            self._analyse(task)
        elif task.album is not None:
            self._albums.done(task, None, answer.reason)
            for each in task.same:
                self._albums.done(each, None, answer.reason)
        elif isinstance(answer, OutOfReach) and task.path in self._held.known:
            self._absent.lost(task.path, answer.reason)
            self._ledger.finished(task.path)
        else:
            for each in (task, *task.same):
                self._ledger.fail(each.path, answer.reason, keep=self._ledger.is_as_it_was(each))
                self._ledger.finished(each.path)

    def _looked(self, task: Task) -> None:
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
            self._ledger.recognise(task, looked)
            return
        task.track_id = task.track_id or self._held.retired_id(looked.sound) or looked.sound
        task.start_s = self._held.begins_s(task.track_id, looked.sound)
        self._make(task, looked.tags)

    def _part(self, task: Task) -> None:
        """One of several tracks of a file: it is there, or has to be made."""
        assert task.part is not None and task.album is not None
        if self._held.has(task.track_id):
            self._albums.there(task, task.part)
        else:
            self._make(task, task.part.tags)

    def _make(self, task: Task, tags: Tags) -> None:
        """Have a track that is not there analysed, or made from frames that were kept."""
        running = next((each for each in self._running.values() if each.track_id == task.track_id), None)
        if running is not None:
            running.same.append(task)
            return
        file = self._kept_frames(task.track_id)
        if file is not None:
            request = FromFrames(tags, file, task.track_id, self._grid)
            self._running[self._pool.ask(request, 600.0)] = task
        else:
            self._analyse(task)

    def _kept_frames(self, track_id: str) -> Path | None:
        """Where the frames of a track are that has left; None where they are not."""
        if not self._held.may_have_frames(track_id):
            return None
        try:
            return self._stores.frames.at_hand(track_id)
        except FileNotFoundError:
            return None

    def _analyse(self, task: Task) -> None:
        task.heard = True
        self._progress.current = task.path
        limit_s = 600 + _SLOWEST * self._estimate.of(task.path)
        span = (task.part.start_s, task.part.end_s) if task.part else (task.start_s, None)
        self._running[self._pool.ask(AnalyseFile(Path(task.path), self._grid, *span), limit_s)] = task

    def _keep(self, task: Task, analysed: Analysed) -> None:
        changed = task.has_changed()
        if changed and task.part is not None:
            self._albums.done(task, None, _CHANGED)
        elif changed:
            self._ledger.fail(task.path, _CHANGED)
            self._ledger.finished(task.path)
        elif task.part is not None:
            self._albums.keep(task, task.part, analysed)
        elif other := self._other_file_of(task, analysed):
            self._ledger.keep_beside(task, analysed, other)
        else:
            self._ledger.keep_whole(task, analysed)
            for each in task.same:
                each.track_id = task.track_id
        for each in task.same:
            self._again(each)

    def _other_file_of(self, task: Task, analysed: Analysed) -> OtherFile | None:
        """The recording that is there and that a file of a new sound is, too."""
        if not self._held.is_new(task.track_id):
            return None
        return self._ledger.recordings.find(analysed.frames, task.track_id)

    def _again(self, task: Task) -> None:
        """Decide again what a file is that waited for another one of the same sound."""
        try:
            self._looked(task)
        except (LibraryError, PointsNowhereError, QueryError, OSError) as error:
            self._refuse(task, error)

    def _refuse(self, task: Task, error: Exception) -> None:
        """The stores refused a file: it is listed, and what it held stays; too many in a row end the run."""
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= _IN_A_ROW:
            raise error
        _LOG.warning("%s was not added", task.path, exc_info=error)
        for each in (task, *task.same):
            self._counts.failed.append(Failure(each.path, _reason(error), time.time()))
            if each.album is None or each.album.done(None, _reason(error)):
                self._ledger.finished(each.path)

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


def _reason(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return said.rstrip(".") or type(error).__name__

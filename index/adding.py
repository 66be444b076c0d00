"""One run of adding: goes through the files in order, has the new ones analysed, and keeps what came out."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.audio import content_hash
from index.catalogue import Failure, Job, KnownFile, NewTrack
from index.errors import AudioReadError
from index.estimate import Estimate
from index.interrupt import interruptible
from index.moments import Grid, Track
from index.progress import Counts, Progress
from index.scanning import Scan
from index.tags import read_tags
from index.upkeep import Stores
from index.worker import Analysed, Refused
from index.workers import Workers

_LOOK_S = 1.0
_SLOWEST = 2.0
"""Analysis that is slower than half of real time, and ten minutes, hangs."""


@dataclass
class _Task:
    """A file that is being analysed, and files of the same content that wait for it."""

    file: KnownFile
    guess_s: float
    same: list[KnownFile] = field(default_factory=list)


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
    ) -> None:
        self._stores = stores
        self._catalogue = stores.catalogue
        self._pool = pool
        self._grid = grid
        self._found = found
        self._tell = tell
        self._known = self._catalogue.files()
        self._tracks = {track.id: track for track in self._catalogue.tracks()}
        self._lacking = lacking
        self._running: dict[Future[Analysed | Refused], _Task] = {}
        self._counts = Counts()
        self._total = 0
        self._done = 0
        self._current = ""
        self._started = time.time()
        self._reported = 0.0
        self._files = self._to_look_at()
        self._estimate = Estimate({path: size for path, (size, _) in self._files.items()})

    def run(self) -> Counts:
        """Go through all files. Ctrl-C ends it early and in order."""
        try:
            with interruptible() as stop:
                self._run(stop)
        finally:
            self._catalogue.jobs.end(os.getpid())
        return self._counts

    def _run(self, stop: threading.Event) -> None:
        self._clear_old_failures()
        for path, reason in self._found.refused.items():
            self._fail(path, reason)
        self._total = len(self._files) + len(self._found.refused) + self._counts.unchanged
        self._done = self._total - len(self._files)
        self._report(force=True)
        for path in self._files:
            while len(self._running) > self._pool.count and not stop.is_set():
                self._collect()
            if stop.is_set():
                break
            self._current = path
            self._look_at(path)
            self._report()
        while self._running and not stop.is_set():
            self._collect()
        self._counts.interrupted = stop.is_set()
        self._counts.left = self._total - self._done
        self._report(force=True)

    def _to_look_at(self) -> dict[str, tuple[int, int]]:
        """Files that are not as they were when they were added, with size and time of change, in order."""
        files: dict[str, tuple[int, int]] = {}
        for path in self._found.files:
            try:
                status = Path(path).stat()
            except (OSError, ValueError):
                files[path] = (0, 0)  # its own clear reason comes from reading it
                continue
            known = self._known.get(path)
            now = (status.st_size, status.st_mtime_ns)
            if known and now == (known.size, known.mtime_ns) and known.track_id not in self._lacking:
                self._counts.unchanged += 1
            else:
                files[path] = now
        for path, known in sorted(self._known.items()):
            if known.track_id in self._lacking and path not in files:
                if Path(path).exists():
                    files[path] = (known.size, known.mtime_ns)
                else:
                    self._stores.clear(self._catalogue.forget([path]))
        return files

    def _look_at(self, path: str) -> None:
        """Decide what a file is by its content; have it analysed if that is new."""
        size, mtime_ns = self._files[path]
        try:
            track_id = content_hash(path)
        except AudioReadError:
            track_id = ""  # the reader knows better why
        file = KnownFile(path, track_id, size, mtime_ns)
        task = next((task for task in self._running.values() if task.file.track_id == track_id != ""), None)
        if task is not None:
            task.same.append(file)
        elif track_id in self._tracks and track_id not in self._lacking:
            self._same(file)
        else:
            guess_s = self._estimate.of(path)
            future = self._pool.submit(Path(path), 600 + _SLOWEST * guess_s)
            self._running[future] = _Task(file, guess_s)

    def _collect(self) -> None:
        """Wait for an analysis to end, a moment at most, and keep what came out."""
        for future in wait(self._running, _LOOK_S, FIRST_COMPLETED).done:
            task = self._running[future]
            self._keep(task, future.result())
            del self._running[future]
        self._report()

    def _keep(self, task: _Task, outcome: Analysed | Refused) -> None:
        file = task.file
        if isinstance(outcome, Analysed) and _changed(file):
            outcome = Refused("it changed while it was read; add it again")
        if isinstance(outcome, Refused):
            for each in (file, *task.same):
                self._fail(each.path, outcome.reason)
                self._finished(each, 0.0)
            return
        before = self._known.get(file.path)
        tags, frames = outcome.tags, outcome.frames
        track = Track(file.track_id, file.path, **vars(tags), duration_s=frames.duration_s)
        windows = len(self._grid.spans(frames.duration_s))
        self._stores.keep(file, NewTrack(track, windows, frames.loudness_lufs), outcome)
        self._tracks[track.id] = track
        self._known[file.path] = file
        if before is None or before.track_id == file.track_id:
            self._counts.added += 1
        else:
            self._counts.replaced += 1
        self._counts.audio_s += frames.duration_s
        self._lacking.discard(track.id)
        self._finished(file, frames.duration_s)
        for each in task.same:
            self._same(each)

    def _same(self, file: KnownFile) -> None:
        """A file of a track that is there: it was moved, is a copy, or was only touched."""
        before = self._known.get(file.path)
        gone = [
            path
            for path in self._catalogue.paths(file.track_id)
            if path != file.path and not os.path.lexists(path)
        ]
        self._stores.clear(self._catalogue.put(file))
        if gone:
            self._stores.clear(self._catalogue.forget(gone))
            for path in gone:
                self._known.pop(path, None)
            track = replace(self._tracks[file.track_id], **vars(read_tags(Path(file.path))))
            self._catalogue.rename(track)
            self._counts.moved += 1
        elif before is None:
            self._counts.duplicates += 1
        elif before.track_id != file.track_id:
            self._counts.replaced += 1
        else:
            self._counts.unchanged += 1
        self._known[file.path] = file
        self._finished(file, 0.0)

    def _fail(self, path: str, reason: str) -> None:
        self._stores.clear(self._catalogue.fail(path, reason))
        self._known.pop(path, None)
        self._counts.failed.append(Failure(path, reason, time.time()))

    def _clear_old_failures(self) -> None:
        """Files that failed once and are gone are no failures any more."""
        roots = tuple(folder.rstrip(os.sep) + os.sep for folder in self._found.folders)
        old = [
            failure.path
            for failure in self._catalogue.failures()
            if failure.path.startswith(roots) and failure.path not in self._found.files
        ]
        self._catalogue.forget(old)

    def _finished(self, file: KnownFile, audio_s: float) -> None:
        self._done += 1
        self._estimate.finished(file.path, audio_s)

    def _report(self, *, force: bool = False) -> None:
        """Tell how far this is, to whoever asked and to other programs, at most twice a second."""
        now = time.time()
        if not force and now - self._reported < 0.5:
            return
        self._reported = now
        eta_s, failed = self._estimate.eta_s(), len(self._counts.failed)
        folder = os.path.commonpath(self._found.folders) if self._found.folders else ""
        audio_s = self._counts.audio_s
        self._tell(Progress(self._done, self._total, failed, self._current, audio_s, eta_s))
        self._catalogue.jobs.report(
            Job(
                pid=os.getpid(),
                folder=folder or self._current,
                done=self._done,
                total=self._total,
                failed=failed,
                audio_s=audio_s,
                eta_s=eta_s,
                current=self._current,
                started_at=self._started,
                heartbeat_at=now,
            )
        )


def _changed(file: KnownFile) -> bool:
    """Whether a file is another one than when its content was looked at."""
    try:
        status = Path(file.path).stat()
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns)

"""Tells how far a run of adding is: to whoever asked, and to other programs by the catalogue."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence

from index.catalogue.jobs import Job, Jobs
from index.core.errors import LibraryError
from index.ingest.estimate import Estimate
from index.ingest.progress import Counts, Progress

_EVERY_S = 0.5
_LOG = logging.getLogger("reprise.add")


class Reporting:
    """How far one run is."""

    def __init__(
        self, jobs: Jobs, estimate: Estimate, folders: Sequence[str], tell: Callable[[Progress], None]
    ) -> None:
        self._jobs = jobs
        self._estimate = estimate
        self._folder = os.path.commonpath(folders) if folders else ""
        self._tell = tell
        self._started = time.time()
        self._reported = 0.0
        self.total = 0
        self.done = 0
        self.current = ""
        """The file that was begun last."""

    def finished(self, path: str, audio_s: float) -> None:
        """A file is done, of which so many seconds were analysed."""
        self.done += 1
        self._estimate.finished(path, audio_s)

    def report(self, counts: Counts, *, force: bool = False) -> None:
        """Tell how far this is, at most twice a second."""
        now = time.time()
        if not force and now - self._reported < _EVERY_S:
            return
        self._reported = now
        eta_s, failed, audio_s = self._estimate.eta_s(), len(counts.failed), counts.audio_s
        self._tell(Progress(self.done, self.total, failed, self.current, audio_s, eta_s))
        job = Job(
            pid=os.getpid(),
            folder=self._folder or self.current,
            done=self.done,
            total=self.total,
            failed=failed,
            audio_s=audio_s,
            eta_s=eta_s,
            current=self.current,
            started_at=self._started,
            heartbeat_at=now,
        )
        self._quietly(lambda: self._jobs.report(job))

    def end(self) -> None:
        """Nothing goes on any more."""
        self._quietly(lambda: self._jobs.end(os.getpid()))

    def _quietly(self, note: Callable[[], None]) -> None:
        """Note something for other programs; that it fails is no reason to end."""
        try:
            note()
        except LibraryError as error:
            _LOG.warning("how far it is could not be noted", exc_info=error)

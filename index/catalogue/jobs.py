"""What processes are adding to the library just now: each notes how far it is, all others may look."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select

from index.catalogue.database import Database, lasting
from index.catalogue.postgres import key_of
from index.catalogue.tables import JobRow

_SILENT_S = 30.0
"""A job without a sign of life for so long is over."""


@dataclass(frozen=True)
class Job:
    """What a process is adding."""

    pid: int
    folder: str
    done: int
    total: int
    failed: int
    audio_s: float
    """Seconds of sound analysed so far."""
    eta_s: float | None
    """Estimated seconds left."""
    current: str
    started_at: float
    heartbeat_at: float


@lasting
class Jobs:
    """The jobs noted in a catalogue's database, at most one a process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> Job | None:
        """The most recently active job; None if nothing is running."""
        with self._database.read() as connection:
            rows = connection.execute(select(JobRow.__table__).order_by(JobRow.heartbeat_at.desc())).all()
        for job in (Job(**row._mapping) for row in rows):
            if time.time() - job.heartbeat_at < _SILENT_S and self._lives(job.pid):
                return job
        return None

    def report(self, job: Job) -> None:
        """Note how far a process is."""
        with self._database.write() as connection:
            values = {**asdict(job), "pid": self._number(job.pid)}
            connection.execute(delete(JobRow).where(JobRow.pid == values["pid"]))
            connection.execute(insert(JobRow).values(**values))

    def end(self, pid: int) -> None:
        """Note that a process adds nothing any more; jobs of processes that died go too."""
        pid = self._number(pid)
        with self._database.write() as connection:
            for other in list(connection.scalars(select(JobRow.pid))):
                if other == pid or not self._lives(other):
                    connection.execute(delete(JobRow).where(JobRow.pid == other))

    def _number(self, pid: int) -> int:
        """What a process is noted by: at a server, which several machines ask, another number than its own."""
        if self._database.server is None:
            return pid
        return key_of(f"{platform.node()} {pid}") & 0x7FFFFFFF

    def _lives(self, pid: int) -> bool:
        """Whether a process may still be at work; of those on other machines only their silence tells."""
        import psutil

        return self._database.server is not None or bool(psutil.pid_exists(pid))

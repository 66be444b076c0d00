"""Makes the demo library: plays the pieces into REPRISE_HOME/demo and indexes them as they come.

The first pieces can be searched while the others are still being made. Stopped at any moment and started
again, it goes on where it was. What cannot be read is passed over and counted.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from demo.pieces import Piece, made, make, pieces
from index.core.errors import LibraryBusyError, RepriseError
from index.system.parts import need

STARTERS = 10
"""The first pieces of the list, short ones of many kinds, are made and indexed alone: soon they can be searched."""
FIRST_GROUP = 12
"""As many are waited for after that before they are indexed; each group may be larger than the last."""
GROWTH = 3
LARGEST_GROUP = 48
"""Groups cost a start of the indexing workers each, so they are few; tracks can be searched one by one."""


class Skipped(NamedTuple):
    """A piece that could not be made."""

    path: str
    reason: str


@dataclass(frozen=True)
class DemoReport:
    """What came of it."""

    pieces: int
    """Pieces that are in the library now."""
    skipped: tuple[Skipped, ...]
    minutes: float
    """Music made in this run."""
    elapsed_s: float
    interrupted: bool = False
    """Ctrl-C; started again, it goes on from here."""


@dataclass(frozen=True)
class DemoProgress:
    """How far the work is."""

    made: int
    indexed: int
    total: int
    skipped: int
    current: str
    """Title of the piece last made, or what is being waited for."""
    elapsed_s: float

    @property
    def eta_s(self) -> float | None:
        """Seconds still to go; None before anything is indexed."""
        done = self.indexed + self.skipped
        return self.elapsed_s / done * (self.total - done) if self.indexed else None


class Home(Protocol):
    """Where a library keeps its data."""

    @property
    def home(self) -> Path:
        """REPRISE_HOME."""


class Indexes(Protocol):
    """What of a Library is used here."""

    @property
    def options(self) -> Home:
        """Where it is."""

    def add(
        self, paths: Sequence[Path], workers: int = 0, progress: Callable[[Any], None] | None = None
    ) -> Any:
        """Index files; the report names those that failed, the progress says how many are done."""

    def remove(self, path: Path) -> int:
        """Take a file out."""


def build_demo(
    library: Indexes,
    progress: Callable[[DemoProgress], None] | None = None,
    workers: int = 0,
    chosen: Sequence[Piece] | None = None,
) -> DemoReport:
    """Make and index the demo library; pieces that are there already are kept.

    Raises
    ------
    LibraryBusyError
        If another program is making it.
    """
    folder = library.options.home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        wanted = tuple(chosen if chosen is not None else pieces())
        return _Build(library, folder, progress, workers).run(wanted)


class _Build:
    """One run: a pool makes pieces, this process has them indexed."""

    def __init__(
        self,
        library: Indexes,
        folder: Path,
        progress: Callable[[DemoProgress], None] | None,
        workers: int,
    ) -> None:
        self._library = library
        self._folder = folder
        self._progress = progress
        self._workers = workers
        self._began = time.perf_counter()
        self._skipped: list[Skipped] = []
        self._made = self._indexed = self._total = 0
        self._minutes = 0.0
        self._interrupted = False

    def run(self, wanted: Sequence[Piece]) -> DemoReport:
        self._total = len(wanted)
        self._clear(wanted)
        there = [piece for piece in wanted if made(piece, self._folder)]
        missing = [piece for piece in wanted if piece not in there]
        self._made = len(there)
        ready = [self._folder / piece.file_name for piece in there]
        self._tell("pieces that were made before" if there else "the first pieces")
        try:
            if missing:
                need("demo", "The demo library")
                self._make_and_index(missing, ready)
            else:
                self._index(ready)
            self._tell("done")
        except KeyboardInterrupt:
            self._interrupted = True
        return DemoReport(
            self._indexed,
            tuple(self._skipped),
            round(self._minutes, 2),
            round(time.perf_counter() - self._began, 2),
            self._interrupted,
        )

    def _make_and_index(self, missing: Sequence[Piece], ready: list[Path]) -> None:
        pool = ProcessPoolExecutor(
            self._workers or os.cpu_count() or 1,
            mp_context=get_context("spawn"),
            initializer=_worker,
            initargs=(os.getpid(),),
        )
        try:
            self._batch(pool, missing[:STARTERS], ready, STARTERS)
            self._batch(pool, missing[STARTERS:], ready, FIRST_GROUP)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _batch(
        self, pool: ProcessPoolExecutor, batch: Sequence[Piece], ready: list[Path], group: int
    ) -> None:
        running = {pool.submit(make, piece, self._folder): piece for piece in batch}
        while running or ready:
            done, _ = wait(running, timeout=0 if len(ready) >= group else 0.5, return_when=FIRST_COMPLETED)
            for job in done:
                self._take(job, running.pop(job), ready)
            if len(ready) >= group or not running:
                self._index(ready[:LARGEST_GROUP])
                del ready[:LARGEST_GROUP]
                group = min(group * GROWTH, LARGEST_GROUP)

    def _take(self, job: Future[float], piece: Piece, ready: list[Path]) -> None:
        try:
            self._minutes += job.result() / 60
        except RepriseError as error:
            self._skipped.append(Skipped(piece.path, getattr(error, "reason", str(error))))
        else:
            self._made += 1
            ready.append(self._folder / piece.file_name)
        self._tell(piece.title)

    def _index(self, files: Sequence[Path]) -> None:
        if not files:
            return
        before = self._indexed

        def told(progress: Any) -> None:
            self._indexed = before + progress.done - progress.failed
            self._tell(Path(progress.current).stem)

        report = self._library.add(list(files), self._workers, told)
        self._skipped += [Skipped(str(failure.path), failure.reason) for failure in report.failed]
        if report.interrupted:
            raise KeyboardInterrupt
        self._indexed = before + len(files) - len(report.failed)
        self._tell(files[-1].stem)

    def _clear(self, wanted: Sequence[Piece]) -> None:
        """Take out pieces that an older list had, and what an interrupted run left half written."""
        names = {piece.file_name for piece in wanted}
        for file in self._folder.iterdir():
            if file.suffix != ".ogg":
                continue
            if file.name.startswith("."):
                file.unlink(missing_ok=True)
            elif file.name not in names:
                self._library.remove(file)
                file.unlink(missing_ok=True)

    def _tell(self, current: str) -> None:
        if self._progress:
            elapsed_s = time.perf_counter() - self._began
            self._progress(
                DemoProgress(self._made, self._indexed, self._total, len(self._skipped), current, elapsed_s)
            )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it however this process ends."""
    from index.system.locks import only_one

    with only_one(folder / ".lock") as alone:
        if not alone:
            raise LibraryBusyError("Another program is making the demo library; `reprise status` shows it.")
        yield


def _worker(parent: int) -> None:
    """A maker gives way to indexing, leaves Ctrl-C to its parent, and ends when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

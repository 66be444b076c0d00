"""Adding music: finding out which files are new, moved, changed or the same, and analysing the new ones.

May be killed at any moment and repeated: a track is visible only when all of it is there, and is never there
twice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from index.catalogue.catalogue import Failure
from index.core.options import INDICES
from index.core.tracks import Track
from index.ingest.mending import Mended
from index.ingest.progress import Counts, Progress
from index.ingest.run import Adding
from index.ingest.scan import scan
from index.ingest.spec import IndexSpec
from index.ingest.spelling import absolute, composed
from index.ingest.stores import Stores
from index.system.files import private_folder, sweep_parts
from index.system.interrupt import interruptible
from index.system.locks import adding_lock, writing_lock
from index.workers.analyse_file import Analyses
from index.workers.pool import Workers, default_workers

if TYPE_CHECKING:
    from index.workers.ray_pool import RayWorkers

__all__ = ["AddReport", "Progress", "add_paths", "remove_paths"]

_LOG_BYTES = 1_000_000
"""What workers printed is kept up to about twice as much."""
_OWN_FOLDERS = ("cached", "chroma", "clips", "frames", "logs", INDICES)


@dataclass(frozen=True)
class AddReport:
    """What adding did, in files."""

    added: int
    unchanged: int
    moved: int
    replaced: int
    duplicates: int
    failed: tuple[Failure, ...]
    audio_s: float
    """Seconds of sound analysed."""
    elapsed_s: float
    interrupted: bool = False
    """Ctrl-C; what was done by then is in the library."""
    left: int = 0
    """Files that it did not come to."""
    retagged: int = 0
    """Files of the same sound with other tags."""
    came_back: int = 0
    """Tracks that had left, with all that was kept of them."""
    retired: int = 0
    """Tracks that left: their files were deleted, or are no sound any more."""
    titles: int = 0
    """Of what was added, the tracks that are parts of a file,"""
    albums: int = 0
    """and how many files hold them."""
    other_files: Mapping[str, str] = field(default_factory=dict)
    """Files of recordings that were there in another codec, bit rate or master, and the file that those were in."""
    noted: Mapping[str, str] = field(default_factory=dict)
    """What has to be said of files that were added, by path: "read to 0:05 of 0:10"."""
    unreachable: Mapping[str, int] = field(default_factory=dict)
    """Files of tracks that cannot be reached, by the reason; their tracks stay."""
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """Files that were not looked at, by their ending."""
    mended: tuple[str, ...] = ()
    """What was missing or damaged and was made anew, in sentences."""


def add_paths(
    paths: Sequence[Path],
    stores: Stores,
    spec: IndexSpec,
    *,
    workers: int = 0,
    progress: Callable[[Progress], None] | None = None,
    everything: bool = False,
    ray: str = "",
) -> AddReport:
    """Add files, and folders with all that is in them.

    With `everything` files are looked at, too, that seem to be as they were. With the address of a Ray cluster
    in `ray` that analyses.

    One folder at a time: where another program is adding, this one says so (`Progress.waiting`) and waits.
    Files that are named are added at once.

    Raises
    ------
    FingerprintError
        Before anything is done, if the index was made with other settings.
    StoreUnavailableError, LibraryError
        What was done by then is in the library.
    """
    started = time.monotonic()
    tell = progress or (lambda _: None)
    stores.catalogue.made_with.check(spec.fingerprint)
    home = spec.folder
    private_folder(home)
    alone = any(Path(path).is_dir() for path in paths)
    with adding_lock(
        home, needed=alone, waiting=lambda: tell(Progress(0, 0, 0, "", 0.0, None, waiting=True))
    ):
        stores.catalogue.made_with.claim(spec.fingerprint)
        with writing_lock(home) as nobody_else_writes:
            mended = _swept(stores, tell) if nobody_else_writes else Mended()
            nobody_else_writes.share()
            if mended.interrupted:
                return _report(Counts(interrupted=True), time.monotonic() - started, mended)
            found = scan(paths, [each / name for each in {home, spec.home or home} for name in _OWN_FOLDERS])
            log = home / "logs" / "workers.log"
            log.parent.mkdir(exist_ok=True)
            if log.exists() and log.stat().st_size > _LOG_BYTES:
                log.replace(log.with_name(f"{log.name}.1"))
            with _pool(ray, workers or default_workers(spec.is_slow), spec.analyser(), log) as pool:
                lacking = mended.lacking
                run = Adding(stores, pool, found, lacking=lacking, tell=tell, everything=everything)
                counts = run.run()
            if alone and not counts.interrupted:
                _complete(stores, counts, tell)
    return _report(counts, time.monotonic() - started, mended)


def _pool(ray: str, count: int, make_analyser: Callable[[], Analyses], log: Path) -> Workers | RayWorkers:
    """Who analyses: processes of this machine, or a Ray cluster."""
    if not ray:
        return Workers(count, make_analyser, log)
    from index.workers.ray_pool import RayWorkers

    return RayWorkers(ray, make_analyser, log)


def _complete(stores: Stores, counts: Counts, tell: Callable[[Progress], None]) -> None:
    """Measure what searches by words and by humming compare of tracks that were added before that was kept."""
    failed = len(counts.failed)

    def told(done: int, total: int, track: Track) -> None:
        tell(Progress(done, total, failed, track.path, counts.audio_s, None))

    with interruptible() as stop:
        whole = stores.descriptors.complete(stores.catalogue.tracks(), told, stop.is_set)
    counts.interrupted = not whole


def _swept(stores: Stores, tell: Callable[[Progress], None]) -> Mended:
    """Clear what killed programs left, and make from frames what is missing."""
    sweep_parts(stores.frames.folder.parent)
    with interruptible() as stop:
        return stores.sweep(lambda done, total, what: tell(Progress(done, total, 0, what, 0.0, None)), stop)


def _report(counts: Counts, elapsed_s: float, mended: Mended) -> AddReport:
    return AddReport(
        added=counts.added,
        unchanged=counts.unchanged,
        moved=counts.moved,
        replaced=counts.replaced,
        duplicates=counts.duplicates,
        failed=tuple(sorted(counts.failed, key=lambda failure: failure.path)),
        audio_s=counts.audio_s,
        elapsed_s=elapsed_s,
        interrupted=counts.interrupted,
        left=counts.left,
        retagged=counts.retagged,
        came_back=counts.came_back,
        retired=counts.retired,
        titles=counts.titles,
        albums=counts.albums,
        other_files=counts.other_files,
        noted=counts.noted,
        unreachable=counts.unreachable,
        passed_over=counts.passed_over,
        mended=tuple(mended.sentences()),
    )


def remove_paths(path: Path, stores: Stores) -> int:
    """Take a file, or a folder with all that is in it, out of the library; how many tracks that were."""
    wanted = absolute(path)
    below = wanted.rstrip(os.sep) + os.sep
    catalogue = stores.catalogue
    known = [*catalogue.places(), *(failure.path for failure in catalogue.failures())]
    spelled = {each: composed(each) for each in known}
    orphans = catalogue.forget(
        each for each, name in spelled.items() if name == wanted or name.startswith(below)
    )
    stores.clear(orphans)
    return len(orphans)

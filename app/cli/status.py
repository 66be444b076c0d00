"""What `reprise status` prints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.reports import FILES_SHOWN, print_failures
from index.core.errors import printable
from index.core.lengths import counted, have_words, hours_words, left_words

if TYPE_CHECKING:
    from index.status import LibraryStatus

_FOLDERS_SHOWN = 5


def print_status(status: LibraryStatus, home: Path) -> None:
    """What the library holds, what goes on, and what failed."""
    print(f"{home}")
    moments = counted(status.windows, "moment")
    print(f"{counted(status.tracks, 'track')}, {hours_words(status.hours)}, {moments}")
    if status.in_several_files:
        print(f"{status.in_several_files:,} of them in several files")
    people = f"{counted(status.composers, 'composer')}, {counted(status.artists, 'artist')}"
    print(people + (f", {status.year_from} to {status.year_to}" if status.year_from else ""))
    print(f"indexed with {status.fingerprint}")
    if len(status.indices) > 1:
        _print_indices(status)
    if status.lyrics:
        far = status.lyrics
        going = "going on" if far.running else "go on with `reprise add --lyrics`"
        rest = f", {far.failed} failed" if far.failed else ""
        state = "" if far.done >= far.total else f" ({going})"
        done = f"{far.done:,} of {counted(far.total, 'track')}, {have_words(far.with_words)}"
        print(f"words written down: {done}{rest}{state}")
    if status.job:
        job = status.job
        left = f", {left_words(job.eta_s)} left" if job.eta_s is not None else ""
        print(f"being added: {printable(job.folder)}, {job.done} of {counted(job.total, 'file')}{left}")
    for each in status.noted:
        print(f"{printable(each.path)}: {each.note}")
    for fault in filter(None, (status.store_fault, status.network_missing)):
        print(fault)
    for folder in status.folders_away:
        print(f"{printable(folder)}: not there now, or empty; what it held stays in the library")
    if status.unreachable:
        since = time.strftime(
            "%d %b %Y %H:%M", time.localtime(min(each.since for each in status.unreachable))
        )
        folders = sorted({str(Path(each.path).parent) for each in status.unreachable})
        shown = ", ".join(printable(folder) for folder in folders[:_FOLDERS_SHOWN])
        more = f" and {len(folders) - _FOLDERS_SHOWN} more folders" if len(folders) > _FOLDERS_SHOWN else ""
        files = counted(len(status.unreachable), "file is", "files are")
        print(f"{files} not reachable since {since}: {shown}{more}")
    if status.retired:
        left = counted(status.retired, "track")
        print(f"{left} left the library; what was measured is kept for now, in case of a return")
    if status.damaged:
        shown = ", ".join(printable(each) for each in status.damaged[:FILES_SHOWN])
        more = f" and {len(status.damaged) - FILES_SHOWN} more" if len(status.damaged) > FILES_SHOWN else ""
        print(f"damaged: {shown}{more}; `reprise check --repair` makes it anew")
    if status.failures:
        print(f"{counted(len(status.failures), 'file')} could not be added:")
        print_failures(status.failures)


def _print_indices(status: LibraryStatus) -> None:
    from app.cli.tables import add_row, print_table, table_of  # rich is a sixth of what a command imports

    table = table_of("index", "network", "tracks", "hours", "moments", "made with")
    for held in status.indices:
        numbers = (
            f"{held.tracks:,}",
            hours_words(held.hours).removesuffix(" hours"),
            f"{held.windows:,}",
        )
        network = f"{held.network}, {held.dimensions} numbers"
        add_row(table, held.name + (" (in use)" if held.current else ""), network, *numbers, held.fingerprint)
    print_table(table)

"""What `reprise status` prints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.bars import left_words
from app.cli.reports import FILES_SHOWN, print_failures
from app.cli.tables import add_row, print_table, table_of
from index.core.errors import printable
from index.core.lengths import hours_words

if TYPE_CHECKING:
    from index.status import LibraryStatus

_FOLDERS_SHOWN = 5


def print_status(status: LibraryStatus, home: Path) -> None:
    """What the library holds, what goes on, and what failed."""
    print(f"{home}")
    print(f"{status.tracks:,} tracks, {hours_words(status.hours)}, {status.windows:,} moments")
    if status.in_several_files:
        print(f"{status.in_several_files:,} of them in several files")
    people = f"{status.composers:,} composers, {status.artists:,} artists"
    print(people + (f", {status.year_from} to {status.year_to}" if status.year_from else ""))
    print(f"indexed with {status.fingerprint}")
    if len(status.indices) > 1:
        table = table_of("index", "network", "tracks", "hours", "moments", "made with")
        for held in status.indices:
            numbers = (
                f"{held.tracks:,}",
                hours_words(held.hours).removesuffix(" hours"),
                f"{held.windows:,}",
            )
            network = f"{held.network}, {held.dimensions} numbers"
            add_row(
                table, held.name + (" (in use)" if held.current else ""), network, *numbers, held.fingerprint
            )
        print_table(table)
    if status.lyrics:
        far = status.lyrics
        going = "going on" if far.running else "go on with `reprise add --lyrics`"
        rest = f", {far.failed} failed" if far.failed else ""
        state = "" if far.done >= far.total else f" ({going})"
        print(
            f"words written down: {far.done:,} of {far.total:,} tracks, {far.with_words:,} have words{rest}{state}"
        )
    if status.job:
        job = status.job
        left = f", {left_words(job.eta_s)} left" if job.eta_s is not None else ""
        print(f"being added: {printable(job.folder)}, {job.done} of {job.total} files{left}")
    for each in status.noted:
        print(f"{printable(each.path)}: {each.note}")
    if status.unreachable:
        since = time.strftime(
            "%d %b %Y %H:%M", time.localtime(min(each.since for each in status.unreachable))
        )
        folders = sorted({str(Path(each.path).parent) for each in status.unreachable})
        shown = ", ".join(printable(folder) for folder in folders[:_FOLDERS_SHOWN])
        more = f" and {len(folders) - _FOLDERS_SHOWN} more folders" if len(folders) > _FOLDERS_SHOWN else ""
        files = "1 file is" if len(status.unreachable) == 1 else f"{len(status.unreachable):,} files are"
        print(f"{files} not reachable since {since}: {shown}{more}")
    if status.retired:
        tracks = "1 track" if status.retired == 1 else f"{status.retired:,} tracks"
        print(f"{tracks} left the library; what was measured of them is kept for now, in case they come back")
    if status.damaged:
        shown = ", ".join(printable(each) for each in status.damaged[:FILES_SHOWN])
        more = f" and {len(status.damaged) - FILES_SHOWN} more" if len(status.damaged) > FILES_SHOWN else ""
        print(f"damaged: {shown}{more}; `reprise check --repair` makes it anew")
    if status.failures:
        print(f"{len(status.failures)} files could not be added:")
        print_failures(status.failures)

"""The tool library_status: what is indexed, what is still running, what failed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.core.errors import printable
from index.core.lengths import counted, have_words, hours_words
from tools.answer import ToolAnswer
from tools.session import Session

if TYPE_CHECKING:
    from index.status import LibraryStatus

FAILURES_IN_WORDS = 5


def library_status(session: Session) -> ToolAnswer:
    """Tell what is in the library: how many tracks and hours, what is being indexed, which files failed."""
    status = session.library.status()
    return ToolAnswer("\n".join(_lines(status)), {"kind": "status", "status": _plain(vars(status))})


def _lines(status: LibraryStatus) -> list[str]:
    moments = counted(status.windows, "moment")
    lines = [f"{counted(status.tracks, 'track')}, {hours_words(status.hours)}, {moments} indexed."]
    if several := getattr(status, "in_several_files", 0):
        lines.append(f"{several} of them in several files.")
    if status.composers:
        lines.append(f"{counted(status.composers, 'composer')}.")
    if status.artists:
        lines.append(f"{counted(status.artists, 'artist')}.")
    if status.year_from and status.year_to:
        lines.append(f"Years {status.year_from} to {status.year_to}.")
    lines += [each for name in ("store_fault", "network_missing") if (each := getattr(status, name, ""))]
    if status.job:
        job = status.job
        lines.append(
            f"Being indexed now: {printable(job.folder)}, {job.done} of {counted(job.total, 'file')}."
        )
    if far := getattr(status, "lyrics", None):
        lines.append(
            f"Words written down: {far.done} of {counted(far.total, 'track')}, {have_words(far.with_words)}"
            f"{', going on' if far.running else ''}."
        )
    if status.failures:
        lines.append(f"{counted(len(status.failures), 'file')} could not be read:")
        lines += [
            f"{printable(Path(failure.path).name)}: {failure.reason}"
            for failure in status.failures[:FAILURES_IN_WORDS]
        ]
    return lines


def _plain(value: Any) -> Any:
    """The same with only what JSON knows."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(part) for part in value]
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    return _plain(vars(value)) if hasattr(value, "__dict__") and not isinstance(value, Path) else str(value)

"""What became of files: the reports of adding and of the demo library, and those that could not be added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from index.core.errors import clock, printable
from index.core.lengths import counted

if TYPE_CHECKING:
    from demo.library import DemoReport
    from index.catalogue.values import Failure
    from index.ingest import ingest

FILES_SHOWN = 200
"""Of a long list so many are shown; `reprise status` has them all."""
_ENDINGS_SHOWN = 12
_OTHERS_SHOWN = 20


def print_added(report: ingest.AddReport) -> None:
    """What adding did."""
    counts = {
        f"added ({titles_of(report)})" if report.titles else "added": report.added
        - report.titles
        + report.albums,
        "replaced": report.replaced,
        "moved": report.moved,
        "copies of others": report.duplicates,
        "other files of recordings that were there": len(report.other_files),
        "as they were": report.unchanged,
        "with new tags": report.retagged,
        "back again": report.came_back,
        "failed": len(report.failed),
    }
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    speed = report.audio_s / report.elapsed_s if report.elapsed_s > 0 else 0.0
    took = f" {clock(round(report.audio_s))} of sound in {clock(round(report.elapsed_s))}, {speed:.0f} x real time."
    print(f"Files: {said or _none(report)}.{took if report.audio_s else ''}")
    for sentence in report.mended:
        print(sentence)
    print_failures(report.failed)
    for path, known in list(report.other_files.items())[:_OTHERS_SHOWN]:
        print(f"  {printable(path)}: the same recording as {printable(known)}")
    if len(report.other_files) > _OTHERS_SHOWN:
        print(f"  ... and {len(report.other_files) - _OTHERS_SHOWN} more")
    for path, note in list(report.noted.items())[:FILES_SHOWN]:
        print(f"  {printable(path)}: {note}")
    if len(report.noted) > FILES_SHOWN:
        print(f"  ... and {len(report.noted) - FILES_SHOWN} more: see `reprise status`")
    for why, count in report.unreachable.items():
        print(
            f"Not reachable: {counted(count, 'file')}, as {printable(why)}; what they hold stays in the library."
        )
    if report.unreachable:
        print("If they are gone for good, take them out: reprise remove PATH.")
    if report.retired:
        print(
            f"Taken out: {counted(report.retired, 'track')}, as their files were deleted or are no sound any more."
        )
    if report.passed_over:
        print(f"Passed over: {passed_over_words(report.passed_over)}.")
    if report.interrupted:
        print(f"Stopped with {counted(report.left, 'file')} to go: run the same command again to go on.")


def _none(report: ingest.AddReport) -> str:
    """Why no file is to be told of: whether they have sound is not known where they were not looked at."""
    if report.interrupted:
        return "none done yet"
    return "none that can be reached" if report.unreachable else "none with sound"


def print_demo(report: DemoReport) -> None:
    """What making the demo library did."""
    took = clock(round(report.elapsed_s))
    print(
        f"The demo library has {counted(report.pieces, 'piece')} ({report.minutes:.0f} minutes made now, in {took})."
    )
    for skipped in report.skipped:
        print(f"  left out: {printable(skipped.path)}: {skipped.reason}")
    if report.interrupted:
        print("Stopped: run the same command again to go on.")


def titles_of(report: ingest.AddReport) -> str:
    """How many titles files of several hold that were added."""
    files = "one file" if report.albums == 1 else f"{report.albums:,} files"
    return f"{files} with {counted(report.titles, 'title')}"


def passed_over_words(counts: Mapping[str, int]) -> str:
    """Files that were not looked at, by ending: "3 .shn, 2 without ending"; the most frequent first."""
    order = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    said = [f"{count:,} {printable(ending) or 'without ending'}" for ending, count in order[:_ENDINGS_SHOWN]]
    rest = sum(count for _, count in order[_ENDINGS_SHOWN:])
    return ", ".join([*said, *([f"{rest:,} others"] if rest else [])])


def print_failures(failed: Sequence[Failure]) -> None:
    """One line a file that could not be added, with the reason."""
    for failure in failed[:FILES_SHOWN]:
        print(f"  {printable(failure.path)}: {failure.reason}")
    if len(failed) > FILES_SHOWN:
        print(f"  ... and {len(failed) - FILES_SHOWN} more: see `reprise status`")

"""What the commands print: tables, bars, and plain lines where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from index.core.errors import clock, printable
from index.core.hits import UNSURE, Results
from index.core.lengths import hours_words
from index.core.tracks import Clip
from index.text.wording import closer_than
from tools.sound_hits import NO_MUSIC

if TYPE_CHECKING:
    from demo.library import DemoProgress, DemoReport
    from index.core.hits import Found, Hit
    from index.explain.explain import Explanation
    from index.ingest import ingest
    from index.status import LibraryStatus
    from index.words.results import TextResults

_PLAIN_EVERY_S = 10.0
_FAILURES_SHOWN = 200
_ENDINGS_SHOWN = 12
_OTHERS_SHOWN = 20
_FOLDERS_SHOWN = 5


class Bar:
    """Progress on a terminal as a bar, elsewhere as a line now and then."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._bar: Progress | None = None
        self._said = 0.0
        self._waiting = False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the bar, so that lines can follow."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _step(self, done: int, total: int, rest: str) -> None:
        if self._console.is_terminal:
            if self._bar is None:
                columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rest]}"))
                self._bar = Progress(*columns, console=self._console, transient=True)
                self._bar.add_task("", total=total, rest="")
                self._bar.start()
            self._bar.update(self._bar.task_ids[0], completed=done, total=total, rest=escape(rest))
        elif rest and time.monotonic() - self._said >= _PLAIN_EVERY_S:
            self._said = time.monotonic()
            self.line(f"{done} of {total}: {rest}")

    def line(self, text: str) -> None:
        """A line of its own."""
        print(text, flush=True)


class AddBar(Bar):
    """The progress of `reprise add`."""

    def show(self, progress: ingest.Progress) -> None:
        """Show how far it is."""
        if progress.waiting:
            if not self._waiting:
                self.line("Another program is adding music to this library; waiting until it is done.")
            self._waiting = True
            return
        parts = [f"{left_words(progress.eta_s)} left" if progress.eta_s is not None else ""]
        parts += [
            f"{progress.failed} failed" if progress.failed else "",
            printable(Path(progress.current).name)[:60],
        ]
        self._step(progress.done, progress.total, ", ".join(part for part in parts if part))

    def report(self, report: ingest.AddReport) -> None:
        """Say what came of it."""
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
        self.line(f"Files: {said or 'none with sound'}.{took if report.audio_s else ''}")
        for sentence in report.mended:
            self.line(sentence)
        print_failures(report.failed)
        for path, known in list(report.other_files.items())[:_OTHERS_SHOWN]:
            self.line(f"  {printable(path)}: the same recording as {printable(known)}")
        if len(report.other_files) > _OTHERS_SHOWN:
            self.line(f"  ... and {len(report.other_files) - _OTHERS_SHOWN} more")
        for path, note in list(report.noted.items())[:_FAILURES_SHOWN]:
            self.line(f"  {printable(path)}: {note}")
        if len(report.noted) > _FAILURES_SHOWN:
            self.line(f"  ... and {len(report.noted) - _FAILURES_SHOWN} more: see `reprise status`")
        for why, count in report.unreachable.items():
            files = "1 file" if count == 1 else f"{count:,} files"
            self.line(f"Not reachable: {files}, as {printable(why)}; what they hold stays in the library.")
        if report.unreachable:
            self.line("If they are gone for good, take them out: reprise remove PATH.")
        if report.retired:
            tracks = "1 track" if report.retired == 1 else f"{report.retired:,} tracks"
            self.line(f"Taken out: {tracks}, as their files were deleted or are no sound any more.")
        if report.passed_over:
            self.line(f"Passed over: {passed_over_words(report.passed_over)}.")
        if report.interrupted:
            self.line(f"Stopped with {report.left} files to go: run the same command again to go on.")


def titles_of(report: ingest.AddReport) -> str:
    """How many titles files of several hold that were added."""
    files = "one file" if report.albums == 1 else f"{report.albums:,} files"
    return f"{files} with {report.titles:,} titles"


def passed_over_words(counts: Mapping[str, int]) -> str:
    """Files that were not looked at, by ending: "3 .shn, 2 without ending"; the most frequent first."""
    order = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    said = [f"{count:,} {printable(ending) or 'without ending'}" for ending, count in order[:_ENDINGS_SHOWN]]
    rest = sum(count for _, count in order[_ENDINGS_SHOWN:])
    return ", ".join([*said, *([f"{rest:,} others"] if rest else [])])


class CareBar(Bar):
    """The progress of `reprise check` and `reprise upgrade`."""

    def show(self, done: int, total: int, what: str) -> None:
        """Show how far it is."""
        self._step(done, total, printable(what)[:60])


class DemoBar(Bar):
    """The progress of `reprise demo`."""

    def show(self, progress: DemoProgress) -> None:
        """Show how far it is."""
        left = f"{left_words(progress.eta_s)} left, " if progress.eta_s is not None else ""
        self._step(
            progress.indexed + progress.skipped, progress.total, f"{left}{printable(progress.current)[:60]}"
        )

    def report(self, report: DemoReport) -> None:
        """Say what came of it."""
        took = clock(round(report.elapsed_s))
        self.line(
            f"The demo library has {report.pieces} pieces ({report.minutes:.0f} minutes made now, in {took})."
        )
        for skipped in report.skipped:
            self.line(f"  left out: {printable(skipped.path)}: {skipped.reason}")
        if report.interrupted:
            self.line("Stopped: run the same command again to go on.")


def print_failures(failed: Any) -> None:
    """One line a file that could not be added, with the reason."""
    for failure in failed[:_FAILURES_SHOWN]:
        print(f"  {printable(failure.path)}: {failure.reason}")
    if len(failed) > _FAILURES_SHOWN:
        print(f"  ... and {len(failed) - _FAILURES_SHOWN} more: see `reprise status`")


def print_results(results: Found) -> None:
    """The moments found, as a table; and what words were understood as."""
    if _by_words(results):
        understanding = results.understanding
        meant = [f"“{word.words}” as {word.meaning.name}" for word in understanding.understood]
        lost = [f"“{words}”" for words in understanding.unknown]
        print(printable("; ".join(meant + [f"not understood: {', '.join(lost)}"] * bool(lost))))
    if not results.hits:
        print("Nothing was found: loosen the filters or --min-likeness.")
        return
    if isinstance(results, Results):
        if results.no_music:
            print(NO_MUSIC[results.no_music])
        elif _not_here(results):
            print("This recording isn't in your library; these are the closest moments.")
        _say_what_it_is(results)
    table = _table("#", "title", "by", "at", "likeness", "confidence", "strongest in")
    for hit in results.hits:
        _row(
            table,
            str(hit.rank),
            printable(hit.track.title),
            printable(hit.track.author),
            hit.moment.span,
            f"{hit.likeness:.2f}" if _by_words(results) else closer_than(hit.likeness, results.compared),
            f"{hit.confidence:.2f}",
            _strongest(results, hit),
        )
    _print(table)
    print(f"{results.compared:,} moments compared in {results.elapsed_ms:.0f} ms.")


def _not_here(results: Results) -> bool:
    """Whether a file was searched for, in the whole library, and nothing found is the same music."""
    query = results.query
    if query.filters or not isinstance(query.passage.source, Clip):
        return False
    return results.itself is None and results.hits[0].confidence < UNSURE


def _say_what_it_is(results: Results) -> None:
    if results.itself:
        track, moment = results.itself.track, results.itself.moment
        print(f"This is “{printable(track.title)}”, at {moment.span}.")


def _by_words(results: Found) -> TypeGuard[TextResults]:
    from index.words.results import TextResults

    return isinstance(results, TextResults)


def _strongest(results: Found, hit: Hit) -> str:
    """The factor that gave a hit most of its score; for words the strongest fact."""
    if _by_words(results):
        return max(results.met[hit.rank - 1], key=lambda word: word.contribution).fact
    return max(hit.factors, key=lambda name: hit.factors[name].contribution)


def print_explanation(explanation: Explanation) -> None:
    """The evidence for a hit, factor by factor."""
    hit = explanation.hit
    span = f"{clock(round(explanation.query.start_s, 1))}-{clock(round(explanation.query.end_s, 1))}"
    print(f"{printable(explanation.query.name)} @ {span}")
    print(f"#{hit.rank} {printable(hit.track.title)} @ {hit.moment.span}, {printable(hit.track.author)}")
    if hit.track.also:
        print(f"{printable(hit.track.path)}, {hit.track.other_files}")
    print(f"{closer_than(hit.likeness)}, confidence {hit.confidence:.2f}, score {hit.score:.3f}")
    print(explanation.summary)
    table = _table(
        "factor", "share", "likeness", "measured", "in the query", "in the moment found", "between them"
    )
    for part in explanation.parts:
        facts = (
            "; ".join(fact.text for fact in kind) for kind in (part.query_facts, part.hit_facts, part.shared)
        )
        numbers = (f"{100 * part.share:.0f} %", f"{part.likeness:.2f}", f"{part.value:.3f}")
        _row(table, part.name, *numbers, *facts)
    _print(table)
    if explanation.chords:
        chords = _table("at", "query", "found", "in the query's key", "")
        for pair in explanation.chords:
            names = (pair.query, pair.hit, pair.hit_in_query_key)
            _row(chords, f"{pair.start_s:.1f}-{pair.end_s:.1f} s", *names, "same" if pair.agree else "")
        _print(chords)
    for fact in explanation.nearby:
        print(f"{fact.name}: {fact.text}")
    for change in explanation.otherwise:
        print(change.text)


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
        table = _table("index", "network", "tracks", "hours", "moments", "made with")
        for held in status.indices:
            numbers = (
                f"{held.tracks:,}",
                hours_words(held.hours).removesuffix(" hours"),
                f"{held.windows:,}",
            )
            network = f"{held.network}, {held.dimensions} numbers"
            _row(
                table, held.name + (" (in use)" if held.current else ""), network, *numbers, held.fingerprint
            )
        _print(table)
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
        shown = ", ".join(printable(each) for each in status.damaged[:_FAILURES_SHOWN])
        more = (
            f" and {len(status.damaged) - _FAILURES_SHOWN} more"
            if len(status.damaged) > _FAILURES_SHOWN
            else ""
        )
        print(f"damaged: {shown}{more}; `reprise check --repair` makes it anew")
    if status.failures:
        print(f"{len(status.failures)} files could not be added:")
        print_failures(status.failures)


def left_words(seconds: float) -> str:
    """A length of time as one says it: "40 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(
            name, justify="right" if name in ("#", "likeness", "confidence", "share") else "left"
        )
    return table


def _row(table: Table, *cells: str) -> None:
    """A row of plain text: a title may look like markup."""
    table.add_row(*map(Text, cells))


def _print(table: Table) -> None:
    width = None if sys.stdout.isatty() else 160
    Console(highlight=False, width=width).print(table)

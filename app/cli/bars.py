"""How far long commands are: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from index.core.errors import printable
from index.core.lengths import Measured, left_words

if TYPE_CHECKING:
    from demo.library import DemoProgress
    from index.ingest import ingest

_PLAIN_EVERY_S = 10.0


class Bar:
    """Progress on a terminal as a bar, elsewhere as a line now and then."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._bar: Progress | None = None
        self._said = 0.0
        self._waiting = False

    def __enter__(self) -> Self:
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


class CareBar(Bar):
    """The progress of `reprise check` and `reprise upgrade`."""

    def show(self, done: int, total: int, what: str) -> None:
        """Show how far it is."""
        self._step(done, total, printable(what)[:60])


class MeasuringBar(Bar):
    """The progress of a first search that measures what an older version did not; on stderr, beside the answer."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(stderr=True, highlight=False)

    def show(self, told: Measured) -> None:
        """Show how far it is."""
        self._step(
            told.done, told.total, f"measuring what {told.what} compare, this once; what is done is kept"
        )

    def line(self, text: str) -> None:
        """A line of its own."""
        print(text, file=sys.stderr, flush=True)


class DemoBar(Bar):
    """The progress of `reprise demo`."""

    def show(self, progress: DemoProgress) -> None:
        """Show how far it is."""
        left = f"{left_words(progress.eta_s)} left, " if progress.eta_s is not None else ""
        self._step(
            progress.indexed + progress.skipped, progress.total, f"{left}{printable(progress.current)[:60]}"
        )

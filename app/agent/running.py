"""Turns at work: each in a thread of its own, so that a click, a reload or a second window loses nothing.

A page only follows a turn, from its first event on, as often as it likes. Knows no Streamlit.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Running:
    """One turn at work."""

    words: str
    files: tuple[str, ...] = ()
    card: str = ""
    """The pinned hit whose card asked, where one did: that card shows the turn."""
    before: int | None = None
    """Entries in the conversation when the turn began; None as long as it has not."""
    events: list[Any] = field(default_factory=list)
    fault: BaseException | None = None
    finished: bool = False
    halt: Callable[[], None] | None = None
    """Ends the turn where it is; the turn then says so itself."""
    after: Callable[[], None] | None = None
    """What is to be done when the turn is over, however it ended."""
    _news: threading.Condition = field(default_factory=threading.Condition)
    _stop: bool = False

    def work(
        self,
        turn: Callable[[], Iterator[Any]],
        entries: Callable[[], int] = lambda: 0,
        earlier: Running | None = None,
    ) -> None:
        """Run the turn to its end, or until it is stopped, once `earlier` is over. Whatever is raised finishes it."""
        try:
            if earlier is not None:
                earlier.wait()
            self.before = entries()
            events = turn()
            for event in events:
                self._tell(event)
                if self._stop:
                    getattr(events, "close", lambda: None)()
                    break
        except BaseException as fault:
            self.fail(fault)
        finally:
            self._finish()

    def fail(self, fault: BaseException) -> None:
        """Finish the turn with a fault of ours."""
        logging.getLogger("reprise.page").error("a turn failed", exc_info=fault)
        self.fault = fault
        self._finish()

    def _finish(self) -> None:
        after, self.after = self.after, None
        try:
            if after is not None:
                after()
        except Exception as fault:
            logging.getLogger("reprise.page").warning("what comes after a turn failed", exc_info=fault)
        finally:
            with self._news:
                self.finished = True
                self._news.notify_all()

    def follow(self, wait_s: float = 0.25) -> Iterator[Any]:
        """All events, the past ones first; None whenever nothing happened for a while."""
        seen = 0
        while True:
            with self._news:
                if seen == len(self.events) and not self.finished:
                    self._news.wait(wait_s)
                fresh = self.events[seen:]
                over = self.finished and seen + len(fresh) == len(self.events)
            seen += len(fresh)
            yield from fresh
            if over:
                return
            if not fresh:
                yield None

    def stop(self) -> None:
        """End at once where the turn can be halted, else after the event that is under way."""
        if self.halt:
            self.halt()
        else:
            self._stop = True

    def wait(self, timeout_s: float | None = None) -> bool:
        """Until the turn is over; whether it is."""
        with self._news:
            return self._news.wait_for(lambda: self.finished, timeout_s)

    def _tell(self, event: Any) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()


class Runs:
    """The turns at work, one a conversation; a further one waits for the one before it."""

    def __init__(self) -> None:
        self._current: dict[str, Running] = {}
        self._lock = threading.Lock()

    def current(self, thread_id: str) -> Running | None:
        """The turn at work in a conversation, if there is one."""
        with self._lock:
            running = self._current.get(thread_id)
            if running is not None and running.finished and running.fault is None:
                self._current.pop(thread_id, None)
                return None
            return running

    def dismiss(self, thread_id: str) -> None:
        """Forget a turn that failed, once its fault was shown."""
        with self._lock:
            if (running := self._current.get(thread_id)) is not None and running.finished:
                self._current.pop(thread_id, None)

    def start(
        self, thread_id: str, running: Running, turn: Callable[[], Iterator[Any]], entries: Callable[[], int]
    ) -> Running:
        """Begin a turn; it is the conversation's current one from now on. `entries` counts what is there."""
        with self._lock:
            earlier = self._current.get(thread_id)
            self._current[thread_id] = running

        work = threading.Thread(
            target=running.work, args=(turn, entries, earlier), name=f"turn-{thread_id[:8]}", daemon=True
        )
        try:
            work.start()
        except RuntimeError as fault:  # no further thread can be had
            running.fail(fault)
        return running

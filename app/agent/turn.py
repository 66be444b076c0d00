"""One turn of a conversation at work: which model answers, until when, and whether it was stopped."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from index.core.errors import RepriseError


class TurnStoppedError(RepriseError):
    """The user stopped the turn."""


class TimeUpError(RepriseError):
    """A turn took longer than it may."""


@dataclass
class Turn:
    """What holds for one turn; the graph hands it to every step."""

    model: str = ""
    """provider:model or "builtin"; empty for what the settings name."""
    again: bool = False
    """The same words were answered before: another answer is wanted."""
    lasts_s: float = 300.0
    """How long, from `begin` on."""
    _ends_at: float | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """The model is open and is asked for the first time: its time runs from now."""
        if self._ends_at is None:
            self._ends_at = time.monotonic() + self.lasts_s

    def stop(self) -> None:
        """End it as soon as may be; from any thread."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether the user stopped it."""
        return self._stopped.is_set()

    @property
    def late(self) -> bool:
        """Whether its time is up."""
        return self._ends_at is not None and time.monotonic() > self._ends_at

    def check(self) -> None:
        """Raise where the turn must not go on."""
        if self.stopped:
            raise TurnStoppedError("Stopped.")
        if self.late:
            raise TimeUpError("The language model took longer than one turn may last.")

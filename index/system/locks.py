"""Who may add to a library at one time: locks on files, which the system takes back from a process that dies.

`adding.lock` is held by the one program that adds a folder. `writing.lock` is shared by all that write, so
that one who gets it alone knows that whatever is half there was left by somebody who died.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import portalocker

_LOOK_S = 0.5
_INSTANT_S = 1.0


@contextmanager
def adding_lock(home: Path, *, needed: bool, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock for adding folders; while another program holds it, call `waiting` now and then."""
    if not needed:
        yield
        return
    with (home / "adding.lock").open("a") as file:
        while not _locked(file, portalocker.LOCK_EX):
            waiting()
            time.sleep(_LOOK_S)
        yield


@contextmanager
def only_one(path: Path) -> Iterator[bool]:
    """Hold a lock of its own for something that one program does at a time; false where another does it.

    Who only looks (`is_held`) is in the way for no more than an instant, which is waited for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        until = time.monotonic() + _INSTANT_S
        while not (alone := _locked(file, portalocker.LOCK_EX)) and time.monotonic() < until:
            time.sleep(_INSTANT_S / 20)
        yield alone


def is_held(path: Path) -> bool:
    """Whether a program holds the lock of `only_one`. Nothing
    is written, and whoever wants it gets it all the same.
    """
    try:
        with path.open("r") as file:
            return not _locked(file, portalocker.LOCK_SH)
    except OSError:
        return False


class WritingLock:
    """A lock that is held alone (true), or shared with others who write (false)."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._alone = _locked(file, portalocker.LOCK_EX)
        if not self._alone:
            self.share()

    def __bool__(self) -> bool:
        return self._alone

    def share(self) -> None:
        """Let others write too."""
        portalocker.lock(self._file, portalocker.LOCK_SH)
        self._alone = False


@contextmanager
def writing_lock(home: Path) -> Iterator[WritingLock]:
    """Hold the lock of those who write; alone, if nobody else writes."""
    with (home / "writing.lock").open("a") as file:
        yield WritingLock(file)


def _locked(file: IO[str], how: portalocker.LockFlags) -> bool:
    try:
        portalocker.lock(file, how | portalocker.LOCK_NB)
    except (portalocker.LockException, OSError):
        return False
    return True

"""What was asked and is not answered yet, on the disk: a server that ends in the middle of a turn loses none of it.

Each turn at work has a folder in home/asked: its words, or the button's call, and the files that came along. The
folder goes when the turn is over, however it ended; one whose process is gone is a turn that broke off. Of a process
of another machine, which may share the home, that cannot be seen: its turn is at work while its conversation is taken.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.agent.events import Brought
from app.agent.memory.conversations import fold_id
from index.core.keeping import keeping
from index.system.files import private_folder, write_durably

_TURN = "turn.json"
_YOUNG_S = 30.0
"""A turn of another machine may not have come to take its conversation yet."""


@dataclass(frozen=True)
class Asked:
    """One turn as it was asked."""

    folder: Path
    words: str
    brought: tuple[Brought, ...] = ()
    call: Mapping[str, Any] = field(default_factory=dict)
    """Of a button: the tool and its arguments."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the files are called."""
        return tuple(file.name for file in self.brought)

    def forget(self) -> None:
        """It is answered; the assistant has its own copies of the sounds it could read."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            self.folder.parent.rmdir()  # unless another turn of this conversation is kept there


class Askings:
    """The turns at work, and those that broke off, of all conversations."""

    def __init__(self, home: Path, taken: Callable[[str], bool] = lambda _: False) -> None:
        """`taken`: whether any page takes a turn of a conversation just now."""
        self._folder = home / "asked"
        self._taken = taken

    def begin(self, thread_id: str) -> Path:
        """A folder for a new turn and its files."""
        with keeping("what you asked"):
            return private_folder(self._folder / fold_id(thread_id) / uuid.uuid4().hex[:12])

    @staticmethod
    def write(
        folder: Path, words: str, brought: Sequence[Brought] = (), call: Mapping[str, Any] | None = None
    ) -> Asked:
        """Note what was asked; from now on it survives this process."""
        files = [
            {"path": str(file.path.relative_to(folder)), "name": file.name, "recorded": file.recorded}
            for file in brought
        ]
        note = {"words": words, "files": files, "call": dict(call or {}), **_here(os.getpid())}
        with keeping("what you asked"):
            write_durably(folder / _TURN, json.dumps(note).encode())
        return Asked(folder, words, tuple(brought), dict(call or {}))

    def broken(self, thread_id: str) -> list[Asked]:
        """The turns of a conversation whose process ended before they were answered, oldest first."""
        found = []
        for note in (self._folder / fold_id(thread_id)).glob(f"*/{_TURN}"):
            if asked := _read(note, lambda: self._taken(thread_id)):
                found.append((note.stat().st_mtime_ns, asked))
        return [asked for _, asked in sorted(found, key=lambda each: each[0])]


def _read(note: Path, taken: Callable[[], bool]) -> Asked | None:
    """A turn that broke off; None where it is at work, or cannot be read."""
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        here = _here(int(told["process"][0]))
        if told.get("host", here["host"]) != here["host"]:
            if time.time() - note.stat().st_mtime < _YOUNG_S or taken():
                return None
        elif told["process"] == here["process"]:
            return None
        brought = tuple(
            Brought(note.parent / str(file["path"]), str(file["name"]), bool(file["recorded"]))
            for file in told["files"]
        )
        return Asked(note.parent, str(told["words"]), brought, dict(told["call"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _here(pid: int) -> dict[str, Any]:
    """A process of this machine, told from a later one of the same number by when it began; 0 where there is none."""
    import psutil

    try:
        began = psutil.Process(pid).create_time()
    except psutil.Error:
        began = 0.0
    return {"host": platform.node(), "process": [pid, began]}

"""The log: logs/reprise.log in the home, for what a user need not see but whoever mends it must.

It holds no words of conversations and no keys. Modules write with `logging.getLogger("reprise.ROOM")`; the rooms
`page` and `agent`, and libraries, may fail with what somebody wrote in their hands, so that of their exceptions
only kinds and places are kept, not the messages.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import stat
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import portalocker

FILE = "reprise.log"
LARGEST_BYTES = 2_000_000
OLDER_KEPT = 3
_DISCREET = ("reprise.page", "reprise.agent")
_OTHERS = ("uvicorn.error", "streamlit")
_KEY_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)
_KEY = re.compile(
    r"\b(?:sk|pk|key|hf|ghp|xox[a-z])[-_][\w-]{12,}|(?<=Bearer )\S+|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
_SHORTEST_KEY = 8


def log_file(home: Path) -> Path:
    """Where the log of a home lies."""
    return home / "logs" / FILE


def start_logging(home: Path, verbose: bool = False) -> Path:
    """Write what is worth keeping to the log of `home`; with `verbose` more of it, and to standard error too.

    Replaces what an earlier call began. Nothing is created before there is something to write. A log that cannot
    be written never stands in the way of the work. Returns the file.
    """
    path = log_file(home)
    handlers: list[logging.Handler] = [_SharedFile(path), *([_Screen()] if verbose else [])]
    for handler in handlers:
        handler.addFilter(_worth_keeping)
        handler.setFormatter(_Discreet("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    for name in ("reprise", *_OTHERS):
        logger = logging.getLogger(name)
        for old in [each for each in logger.handlers if isinstance(each, (_SharedFile, _Screen))]:
            logger.removeHandler(old)
            old.close()
        for handler in handlers:
            logger.addHandler(handler)
    ours = logging.getLogger("reprise")
    ours.setLevel(logging.DEBUG if verbose else logging.INFO)
    ours.propagate = False
    return path


def _worth_keeping(record: logging.LogRecord) -> bool:
    """Of libraries only what went wrong."""
    return record.name.startswith("reprise") or record.levelno >= logging.WARNING


def mistake(error: BaseException, kept: str = "") -> str:
    """The message to a user about a bug: what `kept` says is safe, and where the log is."""
    said = f"Reprise made a mistake of its own ({type(error).__name__})."
    files = [each for each in logging.getLogger("reprise").handlers if isinstance(each, _SharedFile)]
    more = f"The log says more: {at_home(Path(files[0].baseFilename))}" if files else ""
    return " ".join(part for part in (said, kept, more) if part)


def at_home(path: Path) -> str:
    """A path as a user writes it: with ~ for their own folder."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


class _Screen(logging.StreamHandler[IO[str]]):
    """Standard error, as it is when something is written."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Nothing: whoever read it is gone."""


class _SharedFile(logging.handlers.RotatingFileHandler):
    """A rotating file, for its owner alone, that several processes write: what one of them rotated, all follow."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "a", LARGEST_BYTES, OLDER_KEPT, encoding="utf-8", delay=True)

    def _open(self) -> IO[str]:  # type: ignore[override]
        path = Path(self.baseFilename)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return open(path, "a", encoding="utf-8", errors="backslashreplace", opener=_private)

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and not self._current():
            self.stream.close()
            self.stream = None
        super().emit(record)

    def doRollover(self) -> None:  # noqa: N802 (as logging names it)
        with portalocker.Lock(f"{self.baseFilename}.lock", "a", timeout=2, opener=_private):
            if self._current():
                super().doRollover()
            elif self.stream is not None:
                self.stream.close()
                self.stream = self._open()  # type: ignore[assignment]

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Nothing: a full disk or a folder that cannot be written must not end what was being done."""

    def _current(self) -> bool:
        """Whether the open file is still the one of that name."""
        if self.stream is None:
            return False
        try:
            there, ours = os.stat(self.baseFilename), os.fstat(self.stream.fileno())  # noqa: PTH116
        except (OSError, ValueError):
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, stat.S_IRUSR | stat.S_IWUSR)


class _Discreet(logging.Formatter):
    """Leaves out what is nobody's business: keys, and the messages of exceptions that may quote the user."""

    def format(self, record: logging.LogRecord) -> str:
        discreet = record.name.startswith(_DISCREET) or not record.name.startswith("reprise")
        if record.exc_info and record.exc_info[1] is not None and discreet:
            error = record.exc_info[1]
            record = logging.makeLogRecord({**record.__dict__, "exc_info": None})
            record.exc_text = "\n".join(_places(error, set()))
        text = _KEY.sub("…", super().format(record))
        for name, value in os.environ.items():
            if _KEY_NAME.search(name) and len(value) >= _SHORTEST_KEY:
                text = text.replace(value, "…")
        return text


def _places(error: BaseException, seen: set[int]) -> Iterator[str]:
    """The kinds of an exception and of its causes, with the places in the code that they came through."""
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _places(before, seen)
        yield "which led to"
    yield from (line.rstrip("\n") for line in traceback.format_tb(error.__traceback__))
    yield type(error).__qualname__

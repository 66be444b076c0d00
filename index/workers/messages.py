"""What a process that works for another one is asked and answers, message by message, over a pipe."""

from __future__ import annotations

import pickle
import struct
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Protocol

_LENGTH = struct.Struct("<Q")

Tell = Callable[[Any], None]


class Request(Protocol):
    """Something to be worked at, with what the process was set up with."""

    def run(self, parts: Any, tell: Tell) -> Any:
        """The answer; `tell` says meanwhile how far it is, and ends the work where it was cancelled."""
        ...


@dataclass(frozen=True)
class Setup:
    """What a process works with."""

    make: Callable[[], Any]
    """Makes the parts that requests get; its errors are the answer to every request."""
    nice: int = 0
    memory_bytes: int = 0
    """A process that takes more ends with MEMORY_CODE; 0 is as much as there is."""


@dataclass(frozen=True)
class Told:
    """What a request tells while it is worked at."""

    value: Any


@dataclass(frozen=True)
class Answer:
    """What came out, and how much memory the process keeps."""

    value: Any
    memory_bytes: int = 0


@dataclass(frozen=True)
class Failed:
    """What went wrong."""

    error: Exception


@dataclass(frozen=True)
class Cancel:
    """The request at work is not wanted any more."""


class CancelledError(Exception):
    """The owner does not want the answer any more."""


class WorkFaultError(Exception):
    """A bug that showed in another process: in which request, what, and where."""

    def __init__(self, request: str, said: str, trace: str) -> None:
        super().__init__(request, said, trace)
        self.request = request
        self.said = said
        self.trace = trace


def fault_of(request: Any, error: Exception) -> Exception:
    """An error as the owner gets it: ours as they are; of a bug the traceback stays here, in the log."""
    from index.core.errors import RepriseError

    if isinstance(error, RepriseError):
        return error
    if isinstance(error, MemoryError):
        return RepriseError("There is not enough memory for that: bring a shorter part.")
    return WorkFaultError(type(request).__name__, f"{type(error).__name__}: {error}", traceback.format_exc())


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message."""
    data = pickle.dumps(message, protocol=5)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message; EOFError when the other side is gone."""
    return pickle.loads(_exactly(stream, _LENGTH.unpack(_exactly(stream, _LENGTH.size))[0]))


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data

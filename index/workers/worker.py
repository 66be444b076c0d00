"""A process that works for another one, which asks by its standard input and reads its output.

It ends when its owner does, however that ends. What it is to work with, and how much memory it may have, comes first;
then one request after the other, each of which may tell how far it is, and may be cancelled. Nothing heavy is
imported before a request needs it.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from index.audio.tags import Tags
    from index.core.frames import Frames
    from index.core.moments import Grid
    from index.store.descriptors import Descriptors

MEMORY_CODE = 77
"""The code that a process ends with when it needs more memory than it may have."""
_LENGTH = struct.Struct("<Q")
_WATCH_S = 0.05
_ADDRESSES_BYTES = 6_000_000_000
"""Address space beyond the memory: libraries map far more than they use."""

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


class Analyses(Protocol):
    """What listens to a file; `index.analysis.analyser.Analyser`, or something simpler in a test."""

    def analyse_file(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Frames:
        """The frames of a file, or of a span of it."""
        ...

    def vectors(self, frames: Frames, grid: Grid) -> dict[str, np.ndarray]:
        """The vectors of its windows, by collection."""
        ...


@dataclass(frozen=True)
class Analysed:
    """What a worker found out about a file."""

    tags: Tags
    frames: Frames
    vectors: dict[str, np.ndarray]
    descriptors: Descriptors | None = None
    """What searches by words and by humming compare, as it is kept."""
    note: str = ""
    """What has to be said of the file: "read to 0:05 of 0:10"."""


@dataclass(frozen=True)
class Refused:
    """Why a worker could not analyse a file."""

    reason: str
    trace: str = ""
    """For the log: where it was a mistake of ours, its traceback."""


@dataclass(frozen=True)
class AnalyseFile:
    """A file that is to be added."""

    path: Path
    grid: Grid
    start_s: float = 0.0
    """Where the track begins in it; of a track that begins before the file does, the beginning is silence."""
    end_s: float | None = None
    """Where the track ends in it; None is the file's end."""

    def run(self, parts: Analyses, tell: Tell) -> Analysed | Refused:
        """Everything about it; whatever goes wrong becomes a reason."""
        return analyse(self.path, self.grid, parts, (self.start_s, self.end_s))


def analyse(
    path: Path, grid: Grid, analyser: Analyses, span: tuple[float, float | None] = (0.0, None)
) -> Analysed | Refused:
    """Everything about one file, or a span of it; whatever goes wrong becomes a reason."""
    from index.audio.promised import shortfall
    from index.audio.tags import read_tags
    from index.core.errors import AudioReadError, ClipTooShortError, RepriseError
    from index.store.descriptors import described
    from index.workers.parts import placed

    try:
        start_s, end_s = span
        part = (max(0.0, start_s), end_s)
        frames = analyser.analyse_file(path) if part == (0.0, None) else analyser.analyse_file(path, *part)
        if start_s < 0:
            frames = placed(frames, -start_s, frames.duration_s - start_s)
        vectors = analyser.vectors(frames, grid)
        reached_s = start_s + frames.duration_s
        note = shortfall(path, reached_s) if end_s is None or reached_s < end_s - 1 else ""
        return Analysed(read_tags(path), frames, vectors, described(path, frames, grid), note)
    except AudioReadError as error:
        return Refused(error.reason)
    except ClipTooShortError as error:
        return Refused(f"it lasts {error.duration_s:.2f} s, and at least one second is needed")
    except RepriseError as error:
        return Refused(str(error).rstrip("."))
    except MemoryError:
        return Refused("there is not enough memory for it")
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else ""
        reason = f"an error of ours, {type(error).__name__}: {said} (logs/reprise.log says more)"
        return Refused(reason, traceback.format_exc())


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


class _Served:
    """The requests of the owner, and whether the one at work is still wanted."""

    def __init__(self) -> None:
        self._requests: queue.Queue[Any] = queue.Queue()
        self._cancelled = threading.Event()

    def read(self) -> None:
        """Take what the owner says until it is gone; then this process is over too."""
        try:
            while True:
                message = receive(sys.stdin.buffer)
                if isinstance(message, Cancel):
                    self._cancelled.set()
                    continue
                self._cancelled.clear()
                self._requests.put(message)
        except EOFError:
            os._exit(0)

    def next(self) -> Any:
        """The next message."""
        return self._requests.get()

    def check(self) -> None:
        """Leave the work that is not wanted any more."""
        if self._cancelled.is_set():
            raise CancelledError


def main() -> None:
    """Answer requests until the owner is gone."""
    import faulthandler

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints gets among the answers
    faulthandler.enable()
    served = _Served()
    threading.Thread(target=served.read, daemon=True).start()
    setup: Setup = served.next()
    _limit(setup)
    parts: Any = None
    while True:
        request = served.next()

        def tell(value: Any) -> None:
            served.check()
            send(answers, Told(value))

        try:
            parts = setup.make() if parts is None else parts
            answer: Any = Answer(request.run(parts, tell), _resident_bytes())
        except CancelledError as error:
            answer = Failed(error)
        except Exception as error:
            answer = Failed(_told(request, error))
        send(answers, answer)


def _told(request: Any, error: Exception) -> Exception:
    """An error as the owner gets it: ours as they are; of a bug the traceback stays here, in the log."""
    from index.core.errors import RepriseError

    if isinstance(error, RepriseError):
        return error
    if isinstance(error, MemoryError):
        return RepriseError("There is not enough memory for that: bring a shorter part.")
    return WorkFaultError(type(request).__name__, f"{type(error).__name__}: {error}", traceback.format_exc())


class WorkFaultError(Exception):
    """A bug that showed in another process: in which request, what, and where."""

    def __init__(self, request: str, said: str, trace: str) -> None:
        super().__init__(request, said, trace)
        self.request = request
        self.said = said
        self.trace = trace


def _limit(setup: Setup) -> None:
    """Bound what this process takes: a watch on its memory, and a bound that the system keeps."""
    if hasattr(os, "nice") and setup.nice:
        os.nice(setup.nice)
    try:
        import resource
    except ImportError:  # not a Unix
        pass
    else:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if setup.memory_bytes and sys.platform == "linux":
            most = setup.memory_bytes + _ADDRESSES_BYTES
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
    if setup.memory_bytes:
        threading.Thread(target=_watch, args=(setup.memory_bytes,), daemon=True).start()


def _watch(most_bytes: int) -> None:
    """End this process when it takes too much: whatever native code is at cannot be told to stop."""
    while True:
        if _resident_bytes() > most_bytes:
            print(f"more than {most_bytes} bytes of memory", file=sys.stderr, flush=True)
            os._exit(MEMORY_CODE)
        time.sleep(_WATCH_S)


def _resident_bytes() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    # Not as __main__: what is sent must be of the same classes on both sides.
    from index.workers.worker import main as run

    run()

"""A process that analyses files for another one, which asks by its standard input and reads its output.

It ends when its owner does, however that ends. One thread a library: the owner starts as many workers as
there are cores. Nothing heavy is imported before the owner's first request says what to do.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from index.frames import Frames
    from index.moments import Grid
    from index.store.descriptors import Descriptors
    from index.tags import Tags

_LENGTH = struct.Struct("<Q")


class Analyses(Protocol):
    """What listens to a file; `index.analysis.Analyser`, or something simpler in a test."""

    def analyse_file(self, path: Path) -> Frames:
        """The frames of a file."""
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

    def run(self, parts: Analyses, tell: Callable[[Any], None]) -> Analysed | Refused:
        """Everything about it; whatever goes wrong becomes a reason."""
        return analyse(self.path, self.grid, parts)


def analyse(path: Path, grid: Grid, analyser: Analyses) -> Analysed | Refused:
    """Everything about one file; whatever goes wrong becomes a reason."""
    from index.errors import AudioReadError, ClipTooShortError, RepriseError
    from index.store.descriptors import described
    from index.tags import read_tags

    try:
        frames = analyser.analyse_file(path)
        vectors = analyser.vectors(frames, grid)
        return Analysed(read_tags(path), frames, vectors, described(path, frames, grid))
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


def _made(make: Callable[[], Analyses]) -> Any:
    """The analyser; or why there is none, to be said of every file."""
    from index.errors import RepriseError

    try:
        return make()
    except RepriseError as error:
        return Refused(str(error).rstrip("."))


def main() -> None:
    """Answer requests until the owner is gone. The first message is what makes the analyser."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints gets among the answers
    requests: queue.Queue[Any] = queue.Queue()

    def read() -> None:
        try:
            while True:
                requests.put(receive(sys.stdin.buffer))
        except EOFError:
            os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)  # the page and its searches come first
    analyser = _made(requests.get())
    while True:
        request = requests.get()
        refused = isinstance(analyser, Refused)
        send(answers, analyser if refused else request.run(analyser, lambda _: None))


if __name__ == "__main__":
    # Not as __main__: what is sent must be of the same classes on both sides.
    from index.worker import main as run

    run()

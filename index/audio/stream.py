"""A sound file as a stream of samples: the shape that both decoders give, and what both refuse."""

from __future__ import annotations

import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from index.audio.downmix import Downmix
from index.core.errors import AudioReadError

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 8_000, 768_000
CHUNK_SAMPLES = 1 << 18
NEAR_S = 20.0
"""Up to here a start is reached by decoding from the beginning."""
PROTECTED = "it is protected against copying (DRM)"


@dataclass
class Stream:
    """An open sound: its rate, and its samples from the asked start on, chunk by chunk."""

    rate_hz: int
    chunks: Iterator[np.ndarray]
    """(n,) float32 each; (n, 2) where stereo was asked for."""
    declared_s: float = 0.0
    """What the header says the whole lasts; 0 where it does not say. Never to be trusted."""
    downmix: Downmix = field(default_factory=Downmix)
    """How its channels are mixed, and what that loses."""
    reached_s: float = 0.0
    """Up to where in the file the chunks reached so far; in a file with holes, further than their sum."""

    def close(self) -> None:
        """Let go of the file before its end."""
        if isinstance(self.chunks, Generator):
            self.chunks.close()


class UnreadableError(Exception):
    """One decoder cannot read the file; another may."""


def chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    """`first`, then `rest`."""
    yield first
    yield from rest


def check_rate(path: Path, rate_hz: int) -> None:
    """Raise AudioReadError for a sample rate that music does not have."""
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        bound = "at least 8,000" if rate_hz < LOWEST_RATE_HZ else "at most 768,000"
        raise AudioReadError(path, f"its sample rate is {rate_hz:,} Hz, and {bound} Hz are needed")


@contextmanager
def open_regular(path: Path) -> Iterator[BufferedReader]:
    """Open an ordinary file for reading; anything else is an AudioReadError with its reason.

    A pipe is never opened: that would wait for ever.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise AudioReadError(path, "it is a folder, not a file")
        if not stat.S_ISREG(status.st_mode):
            raise AudioReadError(path, "it is not an ordinary file")
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise AudioReadError(path, "there is no such file") from error
    except PermissionError as error:
        raise AudioReadError(path, "reading it is not permitted") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not one that the system can open"
        raise AudioReadError(path, f"the system says “{reason}”") from error

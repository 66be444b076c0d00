"""A sound file as readers of tags may see it: an ordinary file, of which they never take more than a few megabytes.

A picture of 500 MB in a tag is not needed to know the title: large frames of an ID3 tag are left out before the tag is
read, and whatever else asks for more than MOST_BYTES gets an error instead.
"""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from index.audio.stream import open_regular
from index.core.errors import RepriseError

MOST_BYTES = 32 << 20
LARGE_TAG = 4 << 20
"""A tag of more bytes than this holds pictures that nobody here looks at."""
_LARGE_FRAME = 1 << 16
_ID3_HEADER = 10
_SLIPS = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    struct.error,
    EOFError,
    MemoryError,
)
"""What mutagen lets through, beside errors of its own, of files made to hurt it."""
_LOG = logging.getLogger("reprise.tags")


class TooLargeError(OSError):
    """More of a file was asked for than tags can need."""


class TagFile:
    """A file that gives MOST_BYTES in all, and no more."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self._file = file
        self._left = MOST_BYTES
        self.seek, self.tell = file.seek, file.tell

    def read(self, count: int = -1) -> bytes:
        """Bytes from where it is."""
        if count < 0 or count > self._left:
            raise TooLargeError("the tags are too large")
        data = self._file.read(count)
        self._left -= len(data)
        return data


@dataclass(frozen=True)
class FileTags:
    """What mutagen reads of a file; an MP3 may have tags in the form of Monkey's Audio (APE) only."""

    tags: Any
    """A mapping by the names of its format; None where there are none."""
    file: Any
    """The file as mutagen knows it; None where it does not."""


def file_tags(path: Path) -> FileTags:
    """The tags of a file, by mutagen; none where they cannot be read."""
    import mutagen
    from mutagen.apev2 import APEv2

    file: Any = None
    try:
        with open_tags(path) as source:
            file = mutagen.File(source)
            if tags := getattr(file, "tags", None):
                return FileTags(tags, file)
            source.seek(0)
            return FileTags(APEv2(source), file)
    except (mutagen.MutagenError, RepriseError, OSError, *_SLIPS) as error:
        _LOG.debug("the tags of %s cannot be read", path, exc_info=error)
        return FileTags(None, file)


@contextmanager
def open_tags(path: Path) -> Iterator[TagFile]:
    """Open an ordinary file for a reader of tags; one that begins with a large ID3 tag without the large frames of it.

    Raises
    ------
    AudioReadError
    """
    with open_regular(path) as file:
        size = id3_bytes(file.read(_ID3_HEADER))
        file.seek(0)
        if size <= LARGE_TAG:
            yield TagFile(file, str(path))
            return
        slim = io.BytesIO(slim_id3(file, size))
        slim.seek(0, 2)
        file.seek(size)
        slim.write(file.read(_LARGE_FRAME))  # some sound after it, so that it is known for what it is
        slim.seek(0)
        yield TagFile(slim, str(path))


def id3_bytes(head: bytes) -> int:
    """How many bytes an ID3v2 tag at the beginning of a file takes, its header included; 0 without one."""
    if len(head) < _ID3_HEADER or not head.startswith(b"ID3"):
        return 0
    footer = _ID3_HEADER if head[5] & 0x10 else 0
    return _ID3_HEADER + _safe(head[6:10]) + footer


def slim_id3(file: BinaryIO, size: int) -> bytes:
    """An ID3v2 tag of `size` bytes without its large frames."""
    file.seek(0)
    header = file.read(_ID3_HEADER)
    version = header[3]
    name, length = (3, 3) if version == 2 else (4, 4)
    flags = 0 if version == 2 else 2
    frames = b""
    while file.tell() < size and len(frames) < MOST_BYTES // 4:
        head = file.read(name + length + flags)
        if len(head) < name + length + flags or not head[:name].isalnum():
            break
        lies = head[name : name + length]
        content = _safe(lies) if version == 4 else int.from_bytes(lies, "big")
        if content > _LARGE_FRAME:
            file.seek(content, 1)
        else:
            frames += head + file.read(content)
    length_now = bytes(len(frames) >> shift & 127 for shift in (21, 14, 7, 0))
    return header[:5] + bytes([header[5] & 0x80]) + length_now + frames


def _safe(data: bytes) -> int:
    """A number of four bytes of seven bits."""
    return sum((byte & 127) << (7 * place) for place, byte in enumerate(reversed(data)))

"""The links of a chained Ogg file: complete Ogg streams one after the other, as Internet radio and `cat` make them.

Each link has its own headers, and may have another rate, number of channels or codec than the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_PAGE = b"OggS"
_HEADER_BYTES = 27
_BEGINS = 2
_LOOK_BYTES = 1 << 16


@dataclass(frozen=True)
class Link:
    """Where one link lies in its file, in bytes."""

    start: int
    end: int


def ogg_links(file: BinaryIO) -> list[Link]:
    """The links of an Ogg file that have any sound, in order; one for an ordinary file.

    A link begins with a page that begins a stream, after a page that does not. (Several streams of one link, as
    picture and sound, all begin before the first page that holds anything else.)

    References
    ----------
    RFC 3533, section 4.
    """
    file.seek(0, 2)
    size = file.tell()
    starts: list[int] = []
    sounding: set[int] = set()
    inside = True
    for position, flags, granule in _pages(file, size):
        if flags & _BEGINS and inside:
            starts.append(position)
            inside = False
        elif not flags & _BEGINS:
            inside = True
        if granule not in (0, -1) and starts:
            sounding.add(len(starts) - 1)
    links = [Link(*each) for each in zip(starts, [*starts[1:], size], strict=True)]
    return [link for place, link in enumerate(links) if place in sounding] or [Link(0, size)]


def _pages(file: BinaryIO, size: int) -> Iterator[tuple[int, int, int]]:
    """Position, flags and granule position of every page; what lies between pages is passed over."""
    position = 0
    while position + _HEADER_BYTES <= size:
        file.seek(position)
        header = file.read(_HEADER_BYTES)
        if not header.startswith(_PAGE):
            file.seek(position)
            ahead = file.read(_LOOK_BYTES)
            found = ahead.find(_PAGE)
            position += found if found >= 0 else max(1, len(ahead) - len(_PAGE) + 1)
            continue
        yield position, header[5], int.from_bytes(header[6:14], "little", signed=True)
        position += _HEADER_BYTES + header[26] + sum(file.read(header[26]))

"""Files of a home, as those who keep measurements and clips ask for them: on its disk, or in a bucket of S3.

A file has one name everywhere: its path in the home. Without an object store that is where it lies.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Hashable, Iterable
from pathlib import Path
from typing import Protocol

from index.system.files import replacing, stems, write_durably

_OPEN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_LOOK_AGAIN_S = 10.0


class OpenedFile(Protocol):
    """A file that is read here and there; it is closed again soon."""

    size: int
    identity: Hashable
    """Another one, where another file lies in its place."""

    def read(self, offset: int, count: int) -> bytes:
        """So many bytes from there; fewer at the end of the file."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class HomeFiles:
    """Files that lie in the home itself."""

    shared = False
    """Whether other homes may keep files in the same place."""
    look_again_s = _LOOK_AGAIN_S
    """After so long it is looked again whether another file lies in the place of one that was read."""

    def opened(self, path: Path) -> OpenedFile:
        """A file, to be read in parts. FileNotFoundError, OSError."""
        return _OnDisk(path)

    def identity(self, path: Path) -> Hashable:
        """What tells a file from another one in its place. OSError where there is none."""
        return _identity(path.stat())

    def at_hand(self, path: Path) -> Path:
        """Where a file can be read by a program of its own. FileNotFoundError."""
        path.stat()
        return path

    def has(self, path: Path) -> bool:
        """Whether there is such a file."""
        return path.exists()

    def write(self, path: Path, content: bytes) -> None:
        """Keep a file, whole or not at all; when this returns it is kept for good. OSError."""
        write_durably(path, content)

    def take(self, path: Path, source: Path) -> None:
        """Keep a copy of another file in the same way. OSError."""
        with replacing(path) as partial:
            shutil.copyfile(source, partial)

    def delete(self, path: Path) -> None:
        """Take a file away; nothing happens where there is none."""
        path.unlink(missing_ok=True)

    def renewed(self, path: Path) -> bool:
        """Give up a copy that was found damaged; whether there was one, and the file is elsewhere."""
        return False

    def fetch(self, paths: Iterable[Path]) -> None:
        """Bring files here that will be read soon; those that cannot be had are left out."""

    def having(self, folder: Path, ending: str, stems: Collection[str]) -> set[str]:
        """Those of the names of which there is a file with this ending; folders are called by their first letters."""
        by_parent: dict[str, list[str]] = {}
        for stem in stems:
            by_parent.setdefault(stem[:2], []).append(stem)
        found: set[str] = set()
        for parent, own in by_parent.items():
            try:
                names = set(os.listdir(f"{folder}/{parent}"))  # noqa: PTH208
            except FileNotFoundError:
                continue
            found.update(stem for stem in own if stem + ending in names)
        return found

    def stems(self, folder: Path, ending: str) -> set[str]:
        """Names without it of the files with this ending in the folders of a folder."""
        return stems(folder, ending)

    def in_folder(self, folder: Path, ending: str) -> list[Path]:
        """The files with this ending in a folder itself, sorted."""
        return sorted(folder.glob(f"*{ending}"))


class _OnDisk:
    """A file on the disk."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, _OPEN)
        try:
            status = os.fstat(self._handle)
        except OSError:
            os.close(self._handle)
            raise
        self.size, self.identity = status.st_size, _identity(status)

    def read(self, offset: int, count: int) -> bytes:
        """So many bytes from there; fewer at the end of the file."""
        if not count:
            return b""
        data = _read_at(self._handle, count, offset)
        if len(data) == count:
            return data
        os.lseek(self._handle, offset + len(data), os.SEEK_SET)
        parts = [data]
        missing = count - len(data)
        while missing and parts[-1]:
            parts.append(os.read(self._handle, missing))
            missing -= len(parts[-1])
        return b"".join(parts)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._handle)


def _seek_and_read(handle: int, count: int, offset: int) -> bytes:
    os.lseek(handle, offset, os.SEEK_SET)
    return os.read(handle, count)


_read_at: Callable[[int, int, int], bytes] = getattr(os, "pread", _seek_and_read)


def _identity(status: os.stat_result) -> Hashable:
    return status.st_ino, status.st_size, status.st_mtime_ns

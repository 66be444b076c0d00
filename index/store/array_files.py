"""Files of named arrays (safetensors), read array by array when one is asked for, and closed again at once.

A memory map keeps a descriptor for each file, and a library has more tracks than a process may have files open. So
what is asked for is read into memory: a small array whole, of a large one only the rows that are needed. How much of
that is kept is decided by its bytes.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from index.core.errors import DamagedFramesError
from index.store.home_files import HomeFiles, OpenedFile

WHOLE_BYTES = 1 << 20
"""An array of more bytes is read row by row."""
_KEPT_BYTES = 256 << 20, 1 << 30
_KEPT_SHARE = 1 / 16
_DRAWN = 4
_DTYPES: dict[str, tuple[np.dtype[Any], int]] = {
    name: (np.dtype(kind), np.dtype(kind).itemsize)
    for name, kind in {
        "U8": np.uint8,
        "U16": np.uint16,
        "U32": np.uint32,
        "F16": np.float16,
        "F32": np.float32,
    }.items()
}
_HEADER_GUESS = 4096
_LONGEST_HEADER = 1 << 20


class Entry(NamedTuple):
    """Where an array lies in its file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    """Bytes from the start of the file."""
    row_bytes: int
    """Bytes of one row."""

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array."""
        return self.shape[0] * self.row_bytes


class ArrayFile:
    """One file: its header is read when it is opened, an array when it is asked for. No descriptor is kept."""

    def __init__(self, path: Path, files: HomeFiles | None = None) -> None:
        self.path = path
        self._files = files or HomeFiles()
        self._replaced = False
        self._look()

    def _look(self) -> None:
        opened = self._files.opened(self.path)
        try:
            self._identity = opened.identity
            self.scalars, self.entries = _header(opened, self.path)
        finally:
            opened.close()
        self._looked_at = time.monotonic()

    def is_another(self) -> bool:
        """Whether another file lies there than the one that was opened, or none; looked at now and then."""
        if self._replaced or time.monotonic() - self._looked_at < self._files.look_again_s:
            return self._replaced
        self._looked_at = time.monotonic()
        try:
            return self._files.identity(self.path) != self._identity
        except OSError:
            return True

    def read(self, name: str, first: int = 0, last: int | None = None) -> np.ndarray:
        """The rows of an array from `first` to before `last`, read-only.

        Raises
        ------
        DamagedFramesError
            If the file is not there any more, or cannot be read.
        """
        return self.parts([(name, first, last)])[0]

    def parts(self, wanted: Sequence[tuple[str, int, int | None]]) -> list[np.ndarray]:
        """The same of several arrays: names, first rows and those after the last. The file is opened once."""
        try:
            opened = self._files.opened(self.path)
        except OSError as error:
            raise DamagedFramesError(self.path, "it was taken away while it was read") from error
        try:
            if opened.identity != self._identity:
                self._look()  # it was written anew meanwhile: what is read from now on is of the new one
                self._replaced = True
            found, read, entries = [], opened.read, self.entries
            for name, first, last in wanted:  # a search comes by here two thousand times
                dtype, shape, offset, row_bytes = entries[name]
                rows = (shape[0] if last is None or last > shape[0] else last) - first
                size = rows * row_bytes if rows > 0 else 0
                data = read(offset + first * row_bytes, size)
                if len(data) < size:
                    raise DamagedFramesError(self.path, "it is too short")
                found.append(np.ndarray((max(rows, 0), *shape[1:]), dtype, data))
        except OSError as error:
            raise DamagedFramesError(self.path, error.strerror or "it could not be read") from error
        else:
            return found
        finally:
            opened.close()

    def array(self, name: str) -> np.ndarray | RowsOnDisk:
        """An array: read whole, or where it is large, one whose rows are read when they are asked for."""
        if self.entries[name].nbytes > WHOLE_BYTES:
            return RowsOnDisk(self, name)
        return self.read(name)


class RowsOnDisk:
    """An array that stays on disk; slices of rows are read as they are asked for, anything else reads all of it."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._file = file
        self._name = name
        self.dtype, self.shape = file.entries[name][:2]

    @property
    def ndim(self) -> int:
        """How many axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        whole = self._whole()
        return np.array(whole, dtype) if copy or (dtype is not None and dtype != self.dtype) else whole

    def __getitem__(self, key: Any) -> Any:
        rows, rest = (key[0], key[1:]) if isinstance(key, tuple) and key else (key, ())
        if isinstance(rows, slice) and rows.step in (None, 1):
            first, last, _ = rows.indices(len(self))
            part = self._some(first, max(first, last))
            return part[(slice(None), *rest)] if rest else part
        return np.asarray(self)[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)

    def _whole(self) -> np.ndarray:
        return self._file.read(self._name)

    def _some(self, first: int, last: int) -> np.ndarray:
        return self._file.read(self._name, first, last)


class KeptArrays:
    """Arrays that were read, kept where they are used from (`vars` of an object) up to a number of bytes.

    Where there are more, the largest of a few drawn by chance go. Searches walk through all tracks again and again:
    of what walks in circles the least recently used is what is needed next. To read a small one again takes nearly as
    long as a large one, and of the large ones (notes) a search needs few.

    Parameters
    ----------
    most_bytes : 0 for a sixteenth of the computer's memory, at least 256 MB, at most 1 GB
    """

    def __init__(self, most_bytes: int = 0) -> None:
        self.most_bytes = most_bytes or _usual_bytes()
        self._kept: list[tuple[dict[str, Any], str, int]] = []
        self._random = random.Random(0)
        self._lock = threading.Lock()
        self.bytes = 0

    def keep(self, place: dict[str, Any], name: str, array: np.ndarray) -> None:
        """Keep an array as `place[name]`."""
        with self._lock:
            if name in place:
                return  # another thread was faster
            place[name] = array
            self._kept.append((place, name, array.nbytes))
            self.bytes += array.nbytes
            while self.bytes > self.most_bytes and len(self._kept) > 1:
                self._let_one_go()

    def _let_one_go(self) -> None:
        older = len(self._kept) - 1  # all but the newest
        drawn = [self._random.randrange(older) for _ in range(_DRAWN)]
        largest = max(drawn, key=lambda number: self._kept[number][2])
        self._kept[largest], self._kept[-2] = self._kept[-2], self._kept[largest]
        place, name, size = self._kept.pop(-2)
        place.pop(name, None)
        self.bytes -= size


def _usual_bytes() -> int:
    import psutil

    least, most = _KEPT_BYTES
    return max(least, min(most, int(psutil.virtual_memory().total * _KEPT_SHARE)))


def _header(opened: OpenedFile, path: Path) -> tuple[dict[str, str], dict[str, Entry]]:
    """Scalars and arrays of a file: eight bytes of length, a JSON header, then the arrays."""
    size = opened.size
    data = opened.read(0, _HEADER_GUESS)
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(size, _LONGEST_HEADER):
        raise DamagedFramesError(path, "it does not begin as it should")
    if len(data) < 8 + length:
        data = opened.read(0, 8 + length)
    try:
        header = json.loads(data[8 : 8 + length])
        scalars = dict(header.pop("__metadata__"))
        entries, start, end = {}, 8 + length, 0
        for name, about in header.items():
            dtype, row_bytes = _DTYPES[about["dtype"]]
            shape = tuple(about["shape"])
            for columns in shape[1:]:
                row_bytes *= columns
            offset = start + int(about["data_offsets"][0])
            entries[name] = Entry(dtype, shape, offset, row_bytes)
            end = max(end, offset + shape[0] * row_bytes)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DamagedFramesError(path, "it does not begin as it should") from error
    if end > size:
        raise DamagedFramesError(path, "it is too short")
    return scalars, entries

"""Rows of all tracks in one file, column by column in blocks, so that one number of every row is read at once.

Beside the rows lies a list of the tracks in the order in which their rows were appended. Rows are only ever appended,
and count when their track is on the list; so whoever reads needs no lock, and a program that is killed leaves nothing
that counts. All of it can be made anew from what is kept of each track.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import portalocker

from index.system.files import PRIVATE_FILE, private_folder

BLOCK_ROWS = 1 << 16
_RECORD = np.dtype([("id", "S20"), ("count", "<u4")])


@dataclass(frozen=True)
class Listed:
    """What a table holds: its tracks in order. A track may be there several times; its last rows count."""

    ids: tuple[str, ...]
    counts: np.ndarray
    """(n,) int64: rows of each."""
    changes_seen: int
    """How much of the list of changed tracks was taken over, in bytes."""

    @property
    def rows(self) -> int:
        """Rows of all of them."""
        return int(self.counts.sum())


class RowTable:
    """The table in one folder: `columns` numbers a row, all of one type."""

    def __init__(self, folder: Path, columns: int, dtype: Any) -> None:
        self._folder = folder
        self._columns = columns
        self._dtype = np.dtype(dtype)
        self._rows, self._tracks, self._changed = (folder / name for name in ("rows", "tracks", "changed"))

    @property
    def no_rows(self) -> np.ndarray:
        """(0, columns): of a track that has none."""
        return np.empty((0, self._columns), self._dtype)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else appends. OSError where the folder cannot be written to."""
        private_folder(self._folder)
        with (self._folder / "lock").open("a") as file:
            portalocker.lock(file, portalocker.LOCK_EX)
            yield

    def note_changed(self, track_id: str) -> None:
        """What was kept of a track is another now, or gone: its rows here do not count any more."""
        if not self._tracks.exists():
            return
        with self._changed.open("ab") as file:
            file.write(f"{track_id}\n".encode())

    def changed(self, seen: int) -> tuple[set[str], int]:
        """Tracks that changed since so many bytes of the list were taken over, and how long it is now."""
        try:
            text = self._changed.read_bytes()
        except FileNotFoundError:
            return set(), 0
        return set(text[seen:].decode("ascii", "replace").split()), len(text)

    def listed(self) -> Listed:
        """The tracks whose rows count. OSError where the list is not one that was written."""
        try:
            data = self._tracks.read_bytes()
        except FileNotFoundError:
            data = b""
        records = np.frombuffer(data[: len(data) // _RECORD.itemsize * _RECORD.itemsize], _RECORD)
        if not records["id"].tobytes().isascii():
            raise OSError(f"{self._tracks} is not a list of tracks")
        marks = records["id"] == b""
        seen = int(records["count"][marks][-1]) if marks.any() else 0
        tracks = records[~marks]
        ids = tuple(tracks["id"].astype("U20").tolist())
        return Listed(ids, tracks["count"].astype(np.int64), seen)

    def append(self, ids: Sequence[str], parts: Sequence[np.ndarray], changes_seen: int) -> None:
        """Append the rows (n, columns) of tracks; only while alone. OSError."""
        before = self.listed()
        whole = np.concatenate(parts) if parts else self.no_rows
        with _opened(self._rows) as file:
            done, first = 0, before.rows
            while done < len(whole):
                count = min(BLOCK_ROWS - (first + done) % BLOCK_ROWS, len(whole) - done)
                columns = np.ascontiguousarray(whole[done : done + count].T, self._dtype)
                for column, values in enumerate(columns):
                    file.seek(self._offset(first + done, column))
                    file.write(values.tobytes())
                done += count
        new = np.zeros(len(ids) + 1, _RECORD)
        new["id"][:-1] = [each.encode("ascii") for each in ids]
        new["count"][:-1] = [len(part) for part in parts]
        new["count"][-1] = changes_seen
        with _opened(self._tracks) as file:
            file.seek(file.seek(0, os.SEEK_END) // _RECORD.itemsize * _RECORD.itemsize)
            file.write(new.tobytes())

    def clear(self) -> None:
        """Begin anew; only while alone. Who has the table open goes on reading what was there."""
        for file in (self._tracks, self._rows, self._changed):
            file.unlink(missing_ok=True)

    def open(self, rows: int) -> OpenRows:
        """The first so many rows, to be read column by column. OSError."""
        return OpenRows(self._rows, rows, self._columns, self._offset, self._dtype)

    def _offset(self, row: int, column: int) -> int:
        block, within = divmod(row, BLOCK_ROWS)
        return ((block * self._columns + column) * BLOCK_ROWS + within) * self._dtype.itemsize


class OpenRows:
    """Rows that are there, read one column at a time. Holds one file open."""

    def __init__(
        self, path: Path, rows: int, columns: int, offset: Callable[[int, int], int], dtype: Any
    ) -> None:
        self._rows = rows
        self._columns = columns
        self._offset = offset
        self._dtype = np.dtype(dtype)
        self._lock = threading.Lock()
        self._file = path.open("rb", buffering=0) if rows else None
        needed = offset(rows - 1, columns - 1) + self._dtype.itemsize if rows else 0
        if rows and path.stat().st_size < needed:
            raise OSError(f"{path} is too short")

    def block(self, first: int) -> np.ndarray:
        """(n, columns) the rows of the block that begins there, n at most BLOCK_ROWS. OSError."""
        count = min(BLOCK_ROWS, self._rows - first)
        values = np.empty((self._columns, count), self._dtype)
        for number in range(self._columns):
            values[number] = self._part(first, number, count)
        return np.ascontiguousarray(values.T)

    def row(self, number: int) -> np.ndarray:
        """(columns,) one row. OSError."""
        return np.concatenate([self._part(number, column, 1) for column in range(self._columns)])

    def span(self, first: int, count: int) -> np.ndarray:
        """(n,) so many rows of a table of one column, or those that there are. OSError."""
        assert self._columns == 1, "blocks of several columns do not lie one after the other"
        return self._part(first, 0, min(count, self._rows - first))

    def column(self, number: int) -> np.ndarray:
        """(rows,) one number of every row. OSError where the file cannot be read."""
        values = np.empty(self._rows, self._dtype)
        for first in range(0, self._rows, BLOCK_ROWS):
            part = values[first : first + BLOCK_ROWS]
            part[:] = self._part(first, number, len(part))
        return values

    def _part(self, first: int, number: int, count: int) -> np.ndarray:
        """So many values of a column, within one block."""
        with self._lock:
            assert self._file is not None
            self._file.seek(self._offset(first, number))
            data = self._file.read(count * self._dtype.itemsize)
        if data is None or len(data) < count * self._dtype.itemsize:
            raise OSError(f"{self._file.name} is too short")
        return np.frombuffer(data, self._dtype)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """A file to be written to anywhere; on the disk when this is left."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
    with path.open("r+b") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())

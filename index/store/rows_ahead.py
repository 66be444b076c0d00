"""Rows that a search compares, read ahead: each file is opened once for all that is wanted of it.

Where a library's frames are more than may be kept, nearly every candidate's have to be read, and of a song's ten
seconds are a thirtieth. Whoever uses an array need not know: it is asked for slices as before.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from index.core.frames import NOT_ALWAYS_HZ, RATES_HZ
from index.store.array_files import WHOLE_BYTES, ArrayFile, RowsOnDisk

MOST_SOUNDS = 1024
"""Of so many sounds the rows are kept, some 80 kB each."""
_SMALL_BYTES = 24 << 10
"""An array of no more is read whole: to copy it takes no longer, and slices of what is whole are made by numpy."""
_BESIDE = 1
_RATES_HZ = RATES_HZ | NOT_ALWAYS_HZ
Part = tuple[int, int, np.ndarray]
"""A first row, the one after the last, and the rows between."""


class ReadAhead:
    """Which sounds have rows that were read ahead: those of the last searches. Places are `vars` of their frames."""

    def __init__(self) -> None:
        self._held: OrderedDict[int, tuple[dict[str, Any], dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def read(
        self,
        file: ArrayFile,
        place: dict[str, Any],
        names: Collection[str],
        stretches_s: Sequence[tuple[float, float]],
    ) -> None:
        """Read these stretches, in seconds, of the arrays that are not there whole. DamagedFramesError."""
        entries = file.entries
        asked: list[tuple[str, int, int | None]] = []
        stretches_s = _apart(stretches_s) if len(stretches_s) > 1 else stretches_s
        for name in names:  # a search comes by here two thousand times
            if name not in entries or type(place.get(name)) is np.ndarray:
                continue
            _, shape, _, row_bytes = entries[name]
            if shape[0] * row_bytes <= _SMALL_BYTES:
                asked.append((name, 0, None))
                continue
            rate_hz = _RATES_HZ[name]
            for start_s, end_s in stretches_s:
                asked.append(
                    (name, max(int(start_s * rate_hz) - _BESIDE, 0), int(end_s * rate_hz) + 1 + _BESIDE)
                )
        if not asked:
            return
        made: dict[str, Any] = {}
        for (name, first, last), rows in zip(asked, file.parts(asked), strict=True):
            if last is None:
                made[name] = rows
            elif name in made:
                made[name].add(first, rows)
            else:
                made[name] = RowsAhead(file, name, first, rows)
        place.update(made)
        with self._lock:
            before = self._held.pop(id(place), None)
            self._held[id(place)] = place, before[1] | made if before else made
            if len(self._held) > MOST_SOUNDS:
                _let_go(*self._held.popitem(last=False)[1])


class RowsAhead(RowsOnDisk):
    """An array on disk of which some rows are at hand; what lies beside them is read when it is asked for."""

    def __init__(self, file: ArrayFile, name: str, first: int, rows: np.ndarray) -> None:
        super().__init__(file, name)
        self._parts: list[Part] = [(first, first + len(rows), rows)]

    def add(self, first: int, rows: np.ndarray) -> None:
        """More rows that are at hand."""
        self._parts.append((first, first + len(rows), rows))

    def __getitem__(self, key: Any) -> Any:
        if type(key) is slice and key.step is None:  # nearly always; a search asks a thousand times
            first, last = key.start, key.stop
            if first is None or last is None or not 0 <= first <= last:
                first, last, _ = key.indices(self.shape[0])
                last = max(first, last)
            for low, high, rows in self._parts:
                if low <= first and last <= high:
                    return rows[first - low : last - low]
        return super().__getitem__(key)

    def _some(self, first: int, last: int) -> np.ndarray:
        for low, high, rows in self._parts:
            if low <= first and last <= high:
                return rows[first - low : last - low]
        return super()._some(first, last)

    def _whole(self) -> np.ndarray:
        whole = self._some(0, self.shape[0])
        if whole.nbytes <= WHOLE_BYTES:
            self._parts = [(0, len(whole), whole)]  # who needs all of it may need it again
        return whole


def _apart(stretches_s: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches that do not overlap any more, in their order."""
    found: list[tuple[float, float]] = []
    for start_s, end_s in sorted(stretches_s):
        if found and start_s <= found[-1][1]:
            found[-1] = found[-1][0], max(end_s, found[-1][1])
        else:
            found.append((start_s, end_s))
    return found


def _let_go(place: dict[str, Any], made: dict[str, Any]) -> None:
    for name, rows in made.items():
        if place.get(name) is rows:
            del place[name]

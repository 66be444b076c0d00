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
"""Of so many sounds the rows are kept, some 40 kB each."""
_BESIDE = 1
_RATES_HZ = RATES_HZ | NOT_ALWAYS_HZ
Part = tuple[int, np.ndarray]
"""A first row, and the rows from there."""


class ReadAhead:
    """Which sounds have rows that were read ahead: those of the last searches. Places are `vars` of their frames."""

    def __init__(self) -> None:
        self._held: OrderedDict[int, tuple[dict[str, Any], Collection[str]]] = OrderedDict()
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
        wanted = [each for each in names if each in entries and not isinstance(place.get(each), np.ndarray)]
        if not wanted:
            return
        asked = [
            (
                name,
                max(int(start_s * _RATES_HZ[name]) - _BESIDE, 0),
                int(end_s * _RATES_HZ[name]) + 1 + _BESIDE,
            )
            for start_s, end_s in (_apart(stretches_s) if len(stretches_s) > 1 else stretches_s)
            for name in wanted
        ]
        found = file.parts(asked)
        for number, name in enumerate(wanted):
            own = range(number, len(asked), len(wanted))
            place[name] = RowsAhead(file, name, [(asked[each][1], found[each]) for each in own])
        with self._lock:
            before = self._held.pop(id(place), None)
            self._held[id(place)] = place, {*wanted, *before[1]} if before else set(wanted)
            if len(self._held) > MOST_SOUNDS:
                _let_go(*self._held.popitem(last=False)[1])


class RowsAhead(RowsOnDisk):
    """An array on disk of which some rows are at hand; what lies beside them is read when it is asked for."""

    def __init__(self, file: ArrayFile, name: str, parts: Sequence[Part]) -> None:
        super().__init__(file, name)
        self._parts = parts

    def __getitem__(self, key: Any) -> Any:
        if type(key) is slice and key.step is None:  # nearly always; a search asks a thousand times
            first, last, _ = key.indices(self.shape[0])
            return self._some(first, max(first, last))
        return super().__getitem__(key)

    def _some(self, first: int, last: int) -> np.ndarray:
        for low, rows in self._parts:
            if low <= first and last <= low + len(rows):
                return rows[first - low : last - low]
        return super()._some(first, last)

    def _whole(self) -> np.ndarray:
        whole = self._some(0, self.shape[0])
        if whole.nbytes <= WHOLE_BYTES:
            self._parts = [(0, whole)]  # who needs all of it may need it again
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


def _let_go(place: dict[str, Any], names: Collection[str]) -> None:
    for name in names:
        if isinstance(place.get(name), RowsAhead):
            place.pop(name, None)

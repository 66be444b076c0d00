"""The properties of every window of some tracks, property by property, and the places of values among all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from index.analysis.window_descriptors import PROPERTIES
from index.store.array_files import KeptArrays
from index.store.row_table import OpenRows
from index.system.halves import in_parts

_MANY = 1 << 17
"""Of more values than these not each is told from the next."""
STEPS = 1 << 16
_MINUS_ZERO = 1 << 15
_AT_ONCE = 1 << 14
_COUNTED_AT_ONCE = 1 << 17
_KEPT_BYTES = 768 << 20


class PropertyTable:
    """The properties of every window of some tracks."""

    def __init__(
        self, track_ids: Sequence[str], counts: Sequence[int] | np.ndarray, values: np.ndarray
    ) -> None:
        self.track_ids = tuple(track_ids)
        self.counts = np.asarray(counts, np.int64)
        self._values = values
        self._places: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return int(self.counts.sum())

    @property
    def values(self) -> np.ndarray:
        """(windows, len(PROPERTIES)) float16."""
        return self._values

    @cached_property
    def first_rows(self) -> np.ndarray:
        """(tracks,) the row of each track's first window."""
        return np.concatenate([[0], np.cumsum(self.counts)[:-1]]).astype(np.int64)

    @cached_property
    def tracks_of_rows(self) -> np.ndarray:
        """(windows,) which track each row belongs to."""
        return np.repeat(np.arange(len(self.counts), dtype=np.int32), self.counts)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Which track an id is of."""
        return {track_id: number for number, track_id in enumerate(self.track_ids)}

    def of_rows(self, per_track: np.ndarray) -> np.ndarray:
        """(windows,) what is so of a track, for each of its windows."""
        return np.repeat(per_track, self.counts)

    def kept_column(self, name: str) -> np.ndarray:
        """(windows,) float16 of one property, as it is kept."""
        return np.ascontiguousarray(self._values[:, PROPERTIES.index(name)])

    def column(self, name: str) -> np.ndarray:
        """(windows,) float32 of one property."""
        return self.kept_column(name).astype(np.float32)

    def percentile(self, name: str) -> np.ndarray:
        """(windows,) in (0, 1): the place of each window among all by one property, ties in the middle."""
        return looked_up(self.places(name), self.kept_column(name).view(np.uint16))

    def value(self, name: str, row: int) -> float:
        """One property of one window."""
        return float(self.kept_column(name)[row])

    def place(self, name: str, row: int) -> float:
        """The place of one window among all by one property."""
        return float(self.places(name)[self.kept_column(name)[row : row + 1].view(np.uint16)[0]])

    def places(self, name: str) -> np.ndarray:
        """(65536,) float32: the place that a number has among all by one property, by its bits as it is kept."""
        if name not in self._places:
            self._places[name] = places_of_halves(self.kept_column(name))
        return self._places[name]


class StoredTable(PropertyTable):
    """Properties that stay on disk, read property by property."""

    def __init__(
        self, track_ids: Sequence[str], counts: np.ndarray, rows: OpenRows, chosen: np.ndarray
    ) -> None:
        """`chosen`: (n,) bool or empty: which of the rows on disk are of these tracks; empty is all of them."""
        super().__init__(track_ids, counts, np.empty((0, len(PROPERTIES)), np.float16))
        self._rows = rows
        self._chosen = chosen
        self._kept = KeptArrays(_KEPT_BYTES)
        self._columns: dict[str, np.ndarray] = {}

    @property
    def values(self) -> np.ndarray:
        """(windows, len(PROPERTIES)) float16; all of it is read."""
        return np.stack([self._read(number) for number in range(len(PROPERTIES))], axis=1)

    def kept_column(self, name: str) -> np.ndarray:
        """(windows,) float16 of one property; kept while there is room."""
        column = self._columns.get(name)
        if column is None:
            column = self._read(PROPERTIES.index(name))
            self._kept.keep(self._columns, name, column)
        return column

    def _read(self, number: int) -> np.ndarray:
        column = self._rows.column(number)
        return column[self._chosen] if len(self._chosen) else column


def percentiles(values: np.ndarray) -> np.ndarray:
    """The place of each value among all, in (0, 1), float32; equal values share the middle of their places.

    Among very many, values count as equal that are nearer to each other than a 65,536th of their range.
    """
    return Ranks(values).percentiles()


class Ranks:
    """Values in order: each among all, and all in 65,536 steps of their range."""

    def __init__(self, values: np.ndarray) -> None:
        """`values`: (n,), none of which is infinite."""
        self.values = values

    def percentiles(self, rows: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """The place of each value, or of those of some rows, among all, as `percentiles` says them."""
        if len(self.values) <= _MANY:
            return self._exactly if rows is None else self._exactly[np.asarray(rows, int)]
        return looked_up(self._place, self.steps if rows is None else self.steps[np.asarray(rows, int)])

    def told(self, make: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """(n,) float32: what is made of the place of each value. Of very many it is made of those of the steps."""
        if len(self.values) <= _MANY:
            return np.asarray(make(self._exactly), np.float32)
        return looked_up(np.asarray(make(self._place), np.float32), self.steps)

    @cached_property
    def steps(self) -> np.ndarray:
        """(n,) uint16: a larger value is in no lower step."""
        values = self.values
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
        scale = np.float32((STEPS - 1) / (high - low)) if high > low else np.float32(0)
        steps = np.empty(len(values), np.uint16)

        def scaled(part: slice) -> None:
            steps[part] = np.minimum((values[part] - np.float32(low)) * scale, np.float32(STEPS - 1))

        in_parts(len(values), _AT_ONCE, scaled)
        return steps

    @cached_property
    def counts(self) -> np.ndarray:
        """(65536,) int64: how many values are in each step."""
        return _counted(self.steps)

    @cached_property
    def _place(self) -> np.ndarray:
        """(65536,) float32: the place of each step among all."""
        return _middles(self.counts)

    @cached_property
    def _exactly(self) -> np.ndarray:
        ordered = np.sort(self.values)
        below = np.searchsorted(ordered, self.values, "left")
        upto = np.searchsorted(ordered, self.values, "right")
        return ((below + upto) / (2 * max(1, len(self.values)))).astype(np.float32)


def looked_up(table: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """(n,) the entry of a table for each step; in parts, so that numbers that are made between stay in the cache."""
    found = np.empty(len(steps), table.dtype)

    def look(part: slice) -> None:
        table.take(steps[part], out=found[part], mode="clip")  # "raise" would copy what is found

    in_parts(len(steps), _AT_ONCE, look)
    return found


def places_of_halves(values: np.ndarray) -> np.ndarray:
    """(65536,) float32: the place that each half-precision number has among these values, by its bits."""
    counts = _counted(values.view(np.uint16))
    counts[0], counts[_MINUS_ZERO] = counts[0] + counts[_MINUS_ZERO], 0
    order = np.argsort(np.arange(STEPS, dtype=np.uint16).view(np.float16).astype(np.float32), kind="stable")
    place = np.empty(STEPS, np.float32)
    place[order] = _middles(counts[order])
    place[_MINUS_ZERO] = place[0]
    return place


def _counted(steps: np.ndarray) -> np.ndarray:
    counts = np.zeros(STEPS, np.int64)
    for first in range(0, len(steps), _COUNTED_AT_ONCE):
        counts += np.bincount(steps[first : first + _COUNTED_AT_ONCE], minlength=STEPS)
    return counts


def _middles(counts: np.ndarray) -> np.ndarray:
    upto = np.cumsum(counts)
    return ((2 * upto - counts) / (2 * max(1, int(upto[-1])))).astype(np.float32)

"""Whether a table of rows holds what is kept of each track: gone through block by block, whatever its size."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Protocol

import numpy as np

from index.core.lengths import counted
from index.store.row_table import BLOCK_ROWS, Listed, OpenRows, RowTable

_PROBED, _MOST_WRONG = 3, 1


class Source(Protocol):
    """What the rows of a table are made from."""

    def read(self, track_id: str) -> np.ndarray | None:
        """(n, columns) what is to be there of a track; None where that cannot be read."""


def looks_wrong(listed: Listed, rows: OpenRows, arrays: Source) -> bool:
    """Whether more than one of three rows drawn at random are not what is kept of their tracks. OSError.

    Of one track alone that may be: what is kept of it is being measured anew this very moment.
    """
    last = {track_id: number for number, track_id in enumerate(listed.ids)}
    firsts = np.cumsum(listed.counts) - listed.counts
    drawn = [number for number in last.values() if listed.counts[number]]
    wrong = probed = 0
    for number in random.sample(drawn, min(_PROBED, len(drawn))):
        kept = arrays.read(listed.ids[number])
        if kept is None or len(kept) != listed.counts[number]:
            continue
        at = random.randrange(len(kept))
        probed += 1
        wrong += not np.array_equal(rows.row(int(firsts[number]) + at), kept[at], equal_nan=True)
    return probed > 0 and wrong > min(_MOST_WRONG, probed - 1)


def fault_told(table: RowTable, arrays: Source, wrong_anyway: Collection[str] = ()) -> str:
    """As `fault_of`, while nobody else appends; that it cannot be read is a fault, too."""
    try:
        with table.alone():
            return fault_of(table, arrays, wrong_anyway)
    except OSError as error:
        return error.strerror or str(error)


def fault_of(table: RowTable, arrays: Source, wrong_anyway: Collection[str] = ()) -> str:
    """What is wrong with a table, in words; empty where nothing is. Only while nobody appends.

    Tracks of which what is kept is wrong itself (`wrong_anyway`) are not compared.

    Raises
    ------
    OSError
        Where it is too short or cannot be read.
    """
    listed = table.listed()
    changed, _ = table.changed(listed.changes_seen)
    last = {track_id: number for number, track_id in enumerate(listed.ids)}
    rows = table.open(listed.rows)
    wrong = 0
    first = end = 0
    waiting = np.empty((0, 0), np.float16)  # rows from `first` on that were read
    for number, (track_id, count) in enumerate(zip(listed.ids, listed.counts.tolist(), strict=True)):
        start, end = end, end + count
        if not count or last[track_id] != number or track_id in changed or track_id in wrong_anyway:
            continue
        if start >= first + len(waiting):
            first = start // BLOCK_ROWS * BLOCK_ROWS
            waiting = rows.block(first)
        while first + len(waiting) < end:
            waiting = np.concatenate([waiting[start - first :], rows.block(first + len(waiting))])
            first = start
        kept = arrays.read(track_id)
        if kept is not None and not np.array_equal(
            waiting[start - first : end - first], kept, equal_nan=True
        ):
            wrong += 1
    return (
        f"what it holds of {wrong} of {counted(len(last), 'track')} is not what is kept of them"
        if wrong
        else ""
    )

"""A table of rows brought up to date by what is kept of each track; only of what is new anything is read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from index.store.row_table import Listed, RowTable

ROWS_AT_ONCE = 1 << 18
_FEW_ROWS = 1 << 16
Counts = Mapping[str, int]
"""Rows that a table has of each track, by id."""
T = TypeVar("T")


def gathered(
    table: RowTable,
    live: Callable[[Counts], int],
    lacking: Callable[[Counts, set[str]], Sequence[str]],
    rows_of: Callable[[Sequence[str]], Iterator[tuple[str, np.ndarray]]],
) -> Listed:
    """The table, with the rows of all tracks as they are now; only while alone. OSError.

    Parameters
    ----------
    live : how many of the rows that are there are wanted; where they are less than half, the table begins anew
    lacking : tracks that are not there, or not as they are now; it is given those that have changed
    rows_of : (n, columns) of each of these tracks that can be read; the others have no rows from now on
    """
    listed = table.listed()
    there = _counts(listed)
    if listed.rows > 2 * max(_FEW_ROWS, live(there)):
        table.clear()
        listed = table.listed()
        there = _counts(listed)
    changed, seen = table.changed(listed.changes_seen)
    new = lacking(there, changed)
    if not new and seen == listed.changes_seen:
        return listed
    ids: list[str] = []
    parts: list[np.ndarray] = []
    waiting, read = 0, set()
    for track_id, rows in rows_of(new):
        ids.append(track_id)
        parts.append(rows)
        read.add(track_id)
        waiting += len(rows)
        if waiting >= ROWS_AT_ONCE:
            table.append(ids, parts, listed.changes_seen)
            ids, parts, waiting = [], [], 0
    lost = [each for each in {*changed, *new} - read if there.get(each)]
    table.append([*ids, *lost], [*parts, *[table.no_rows] * len(lost)], seen)
    return table.listed()


def opened_or_remade(table: RowTable, opened: Callable[[], T], what: str) -> T | None:
    """What `opened` makes of a table; one that is damaged is made anew once. None where it cannot be kept."""
    for _ in range(2):
        try:
            with table.alone():
                try:
                    return opened()
                except OSError:
                    table.clear()
        except OSError as error:
            logging.getLogger("reprise.search").warning("the table of %s is not kept: %s", what, error)
    return None


def _counts(listed: Listed) -> dict[str, int]:
    return dict(zip(listed.ids, listed.counts.tolist(), strict=True))

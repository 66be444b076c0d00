"""Where a tune lies in the salience of a library: dynamic time warping in twelve keys at once, compiled by numba.

A tune at one tempo is laid on every place of a table of salience. A step forward in both is free; skipping or holding
half of a step costs a penalty, so that uneven timing is forgiven and another tempo is not. Scores are logarithms of
odds, summed over the frames of the tune that have a pitch.

References
----------
Müller, "Fundamentals of Music Processing", ch. 7.2 (subsequence dynamic time warping), Springer 2015.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

KEYS = 12
_NEVER = np.float32(-1e9)


def _compiled(function: Any) -> Any:
    """Compiled at its first call, and kept: beside this file, else in the user's cache, else not at all."""
    try:
        return njit(cache=True, fastmath=True, nogil=True)(function)
    except RuntimeError:  # neither place may be written to
        return njit(fastmath=True, nogil=True)(function)


def compile_all() -> None:
    """Compile everything here now, so that nobody waits for it at the first hum."""
    table, odds = np.zeros((4, KEYS), np.uint8), np.zeros(256, np.float32)
    tune = np.zeros(2, np.int64), np.zeros(2, np.float32), np.ones(2, np.float32)
    value, key = np.zeros(4, np.float32), np.zeros(4, np.uint8)
    best_ends(table, np.array([0, 4]), odds, *tune, 1.0, value, key)
    low_class, fraction, weight = tune
    best_path(table, odds, low_class[:, None], fraction[:, None], weight, 1.0, 1.0, 0)


@_compiled
def _cells(
    row: np.ndarray, low_class: np.ndarray, fraction: np.ndarray, weight: np.ndarray, cell: np.ndarray
) -> None:
    """What each frame of the tune is worth on one row of the table, in every key; `row` holds the classes twice."""
    for i in range(len(low_class)):
        high = weight[i] * fraction[i]
        low = weight[i] - high
        c, place = low_class[i], KEYS * (i + 2)
        for k in range(KEYS - 1):
            cell[place + k] = low * row[c + k] + high * row[c + k + 1]
        cell[place + KEYS - 1] = low * row[c + KEYS - 1] + high * row[c]


@_compiled
def _advance(  # noqa: PLR0917
    reached: np.ndarray,
    before: np.ndarray,
    earlier: np.ndarray,
    cell: np.ndarray,
    cell_before: np.ndarray,
    aside: np.ndarray,
    size: int,
) -> None:
    """One row further: straight on, one frame of the tune skipped, or one row held."""
    for j in range(KEYS, size):
        x = j + 2 * KEYS
        straight = before[x - KEYS] + cell[x]
        skipped = before[x - 2 * KEYS] + cell[x - KEYS] + cell[x] - aside[j]
        held = earlier[x - KEYS] + np.float32(0.5) * (cell_before[x] + cell[x]) - aside[j]
        reached[x] = max(straight, skipped, held)


@_compiled
def best_ends(  # noqa: PLR0917
    table: np.ndarray,
    bounds: np.ndarray,
    odds: np.ndarray,
    low_class: np.ndarray,
    fraction: np.ndarray,
    weight: np.ndarray,
    penalty: float,
    value: np.ndarray,
    key: np.ndarray,
) -> None:
    """Fill the best score, and its key, of a tune that ends at each row of a table.

    Parameters
    ----------
    table : (rows, 12) uint8, salience as it is kept
    bounds : (tracks + 1,) int64, the first row of each track
    odds : (256,) float32, what a kept number is worth
    low_class, fraction, weight : (n,), the tune
    penalty : for each step aside
    value, key : (rows,) float32 and uint8, overwritten where the score is higher than what they hold
    """
    count = len(low_class)
    size = KEYS * count
    score = np.empty((3, size + 2 * KEYS), np.float32)
    cell = np.empty((3, size + 2 * KEYS), np.float32)
    aside = np.repeat(penalty * weight, KEYS).astype(np.float32)
    row = np.empty(2 * KEYS, np.float32)
    for track in range(len(bounds) - 1):
        score[:] = _NEVER
        cell[:] = 0
        for at in range(bounds[track], bounds[track + 1]):
            for c in range(KEYS):
                row[c] = row[c + KEYS] = odds[table[at, c]]
            now, before, earlier = at % 3, (at + 2) % 3, (at + 1) % 3
            _cells(row, low_class, fraction, weight, cell[now])
            score[now, 2 * KEYS : 3 * KEYS] = cell[now, 2 * KEYS : 3 * KEYS]
            _advance(score[now], score[before], score[earlier], cell[now], cell[before], aside, size)
            best = size + KEYS
            for k in range(size + KEYS + 1, size + 2 * KEYS):
                if score[now, k] > score[now, best]:
                    best = k
            if score[now, best] > value[at]:
                value[at] = score[now, best]
                key[at] = best - size - KEYS


@_compiled
def best_path(  # noqa: PLR0917
    table: np.ndarray,
    odds: np.ndarray,
    low_class: np.ndarray,
    fraction: np.ndarray,
    weight: np.ndarray,
    penalty: float,
    slide: float,
    key: int,
) -> tuple[float, int, int]:
    """The best score in one key anywhere in a short table, and the rows where its path begins and ends.

    A voice may slide out of tune on its way: the tune is given at several offsets, and changing to the next one costs
    `slide`.

    Parameters
    ----------
    table : (rows, 12) uint8
    odds : (256,) float32
    low_class, fraction : (n, offsets), the tune, were it sung a little lower or higher
    weight : (n,) float32
    """
    count, offsets = low_class.shape
    score = np.full((3, count + 2, offsets), _NEVER, np.float32)
    cell = np.zeros((3, count + 2, offsets), np.float32)
    begin = np.zeros((3, count + 2, offsets), np.int64)
    best, first, last = _NEVER, 0, 0
    for at in range(len(table)):
        now, before, earlier = at % 3, (at + 2) % 3, (at + 1) % 3
        for i in range(count):
            x, aside = i + 2, penalty * weight[i]
            for u in range(offsets):
                c = (low_class[i, u] + key) % KEYS
                low, high = odds[table[at, c]], odds[table[at, (c + 1) % KEYS]]
                s = weight[i] * (low + fraction[i, u] * (high - low))
                cell[now, x, u] = s
                if i == 0:
                    score[now, x, u], begin[now, x, u] = s, at
                    continue
                reached, since = score[before, x - 1, u] + s, begin[before, x - 1, u]
                skipped = score[before, x - 2, u] + cell[now, x - 1, u] + s - aside
                if skipped > reached:
                    reached, since = skipped, begin[before, x - 2, u]
                held = score[earlier, x - 1, u] + 0.5 * (cell[before, x, u] + s) - aside
                if held > reached:
                    reached, since = held, begin[earlier, x - 1, u]
                score[now, x, u], begin[now, x, u] = reached, since
            if i > 0 and weight[i] > 0:
                _slide(score[now, x], begin[now, x], slide)
        for u in range(offsets):
            if score[now, count + 1, u] > best:
                best, first, last = score[now, count + 1, u], begin[now, count + 1, u], at
    return float(best), first, last


@_compiled
def _slide(score: np.ndarray, begin: np.ndarray, cost: float) -> None:
    """Let each offset be reached from its neighbours, upwards and downwards."""
    for u in range(1, len(score)):
        if score[u - 1] - cost > score[u]:
            score[u], begin[u] = score[u - 1] - cost, begin[u - 1]
    for u in range(len(score) - 2, -1, -1):
        if score[u + 1] - cost > score[u]:
            score[u], begin[u] = score[u + 1] - cost, begin[u + 1]

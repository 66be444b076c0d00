"""Subsequence DTW of a tune against melody salience, in all twelve keys at once; compiled by numba.

A tune at one tempo is aligned with every position of a salience table. The local path constraint allows a diagonal
step, which is free, and skipping or holding half a step, which costs a penalty: uneven timing is tolerated, a
different tempo is not. Scores are log odds, summed over the voiced frames of the tune.

References
----------
Müller, "Fundamentals of Music Processing", ch. 7.2 (subsequence dynamic time warping), Springer 2015.
"""

from __future__ import annotations

import numpy as np

from index.system.compiled import compiled

KEYS = 12
PARTS = 8
"""Fractions of a semitone that the coarse pass distinguishes."""
WHOLE = 32
"""The integer weight of a frame that is voiced throughout."""
_NEVER = np.float32(-1e9)


def compile_all() -> None:
    """Compile everything here now, so that nobody waits for it at the first hum."""
    table, odds = np.zeros((4, KEYS), np.uint8), np.zeros(256, np.float32)
    rows, frames = np.array([0]), np.zeros(2, np.int16)
    best_ends(
        table, odds.astype(np.int16), rows, rows + 4, np.array([0, 2]), np.zeros(2, np.int64), frames, frames,
        np.ones(1, np.float32),
    )  # fmt: skip
    classes, fraction = np.zeros((1, 2), np.int64), np.zeros((1, 2), np.float32)
    best_path(table, odds, classes, fraction, np.ones(2, np.float32), 1.0, 1.0, 0)


@compiled
def _spread(
    table: np.ndarray, levels: np.ndarray, first: np.ndarray, end: np.ndarray, wide: np.ndarray
) -> None:
    """Fill (rows, 12 * PARTS, lanes): the score of each lane's rows at every PARTS-th of a semitone."""
    lanes = len(first)
    plain = np.zeros((KEYS, lanes), np.int16)
    for t in range(len(wide)):
        for s in range(lanes):
            at = first[s] + t
            for c in range(KEYS):
                plain[c, s] = levels[table[at, c]] if at < end[s] else 0
        for c in range(KEYS):
            low, high = plain[c], plain[(c + 1) % KEYS]
            for part in range(PARTS):
                out, left, right = wide[t, c * PARTS + part], np.int16(PARTS - part), np.int16(part)
                for s in range(lanes):
                    out[s] = np.int16(np.int16(low[s] * left) + np.int16(high[s] * right)) >> 3


@compiled
def _weighed(level: np.ndarray, weight: np.ndarray, cell: np.ndarray) -> None:
    """The score of one frame of the tune on one row, for every lane, rounded to integers."""
    for s in range(len(cell)):
        cell[s] = np.int16(np.int16(level[s] * weight) + np.int16(WHOLE // 2)) >> 5


@compiled
def _advance(  # noqa: PLR0917
    reached: np.ndarray,
    before: np.ndarray,
    two_before: np.ndarray,
    earlier: np.ndarray,
    cell: np.ndarray,
    cell_skipped: np.ndarray,
    cell_before: np.ndarray,
    aside: np.ndarray,
) -> None:
    """One step of the recursion: diagonal, one frame of the tune skipped, or one row held."""
    for j in range(len(reached)):
        here, cost = cell[j], aside[j]
        straight = np.int16(before[j] + here)
        skipped = np.int16(np.int16(np.int16(two_before[j] + cell_skipped[j]) + here) - cost)
        held = np.int16(np.int16(earlier[j] + (np.int16(cell_before[j] + here) >> 1)) - cost)
        best = straight if straight > skipped else skipped
        reached[j] = best if best > held else held


@compiled
def _update_best(  # noqa: PLR0917
    last: np.ndarray, gain: float, key: int, tune: int, value: np.ndarray, keys: np.ndarray, tunes: np.ndarray
) -> None:
    for s in range(len(last)):
        reached = np.float32(last[s]) * gain
        better = reached > value[s]
        value[s] = reached if better else value[s]
        keys[s] = key if better else keys[s]
        tunes[s] = tune if better else tunes[s]


@compiled
def best_ends(  # noqa: PLR0917
    table: np.ndarray,
    levels: np.ndarray,
    first: np.ndarray,
    end: np.ndarray,
    bounds: np.ndarray,
    place: np.ndarray,
    weight: np.ndarray,
    aside: np.ndarray,
    gain: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each row of several segments of a table: the best score of a path that ends there, its key and its tune.

    Segments are processed in parallel, one SIMD lane each; they do not depend on each other. Frames of a path that
    would lie before its segment add nothing: levels are never negative.

    Parameters
    ----------
    table : (rows, 12) uint8, salience as stored
    levels : (256,) int16, score of each stored value above the least
    first, end : (lanes,) int64, the rows of each segment
    bounds : (tunes + 1,) int64, the first frame of each tune
    place : (frames,) int64, its pitch in PARTS-ths of a semitone
    weight : (frames,) int16, WHOLE where the whole frame is voiced
    aside : (frames,) int16, the penalty of an off-diagonal step at each frame
    gain : (tunes,) float32, the factor that turns a tune's integer sums into log odds a frame

    Returns
    -------
    value, key, tune : (longest segment, lanes): float32, uint8, uint8
    """
    lanes, rows, most = len(first), (end - first).max(), np.diff(bounds).max()
    wide = np.empty((rows, KEYS * PARTS, lanes), np.int16)
    _spread(table, levels, first, end, wide)
    value = np.full((rows, lanes), np.float32(-1), np.float32)
    keys, tunes = np.zeros((rows, lanes), np.uint8), np.zeros((rows, lanes), np.uint8)
    score = np.empty((3, KEYS, (most + 2) * lanes), np.int16)
    cell = np.empty((2, KEYS, (most + 2) * lanes), np.int16)
    for tune in range(len(bounds) - 1):
        own = slice(bounds[tune], bounds[tune + 1])
        places, weights, costs = place[own], weight[own], np.repeat(aside[own], lanes)[lanes:]
        size = (len(places) + 2) * lanes
        score[:], cell[:] = 0, 0
        for t in range(rows):
            now, before, earlier = t % 3, (t + 2) % 3, (t + 1) % 3
            for k in range(KEYS):
                here, there = cell[t % 2, k], cell[1 - t % 2, k]
                for i in range(len(places)):
                    level = wide[t, (places[i] + PARTS * k) % (PARTS * KEYS)]
                    _weighed(level, weights[i], here[(i + 2) * lanes : (i + 3) * lanes])
                reached, last, older = score[now, k], score[before, k], score[earlier, k]
                reached[2 * lanes : 3 * lanes] = here[2 * lanes : 3 * lanes]
                _advance(
                    reached[3 * lanes : size], last[2 * lanes : size - lanes],
                    last[lanes : size - 2 * lanes], older[2 * lanes : size - lanes],
                    here[3 * lanes : size], here[2 * lanes : size - lanes], there[3 * lanes : size], costs,
                )  # fmt: skip
                _update_best(reached[size - lanes : size], gain[tune], k, tune, value[t], keys[t], tunes[t])
    return value, keys, tunes


@compiled
def _further(  # noqa: PLR0917
    reached: np.ndarray,
    before: np.ndarray,
    two_before: np.ndarray,
    earlier: np.ndarray,
    cell: np.ndarray,
    cell_skipped: np.ndarray,
    cell_before: np.ndarray,
    aside: np.ndarray,
) -> None:
    """As `_advance`, in floating point."""
    for j in range(len(reached)):
        straight = before[j] + cell[j]
        skipped = two_before[j] + cell_skipped[j] + cell[j] - aside[j]
        held = earlier[j] + np.float32(0.5) * (cell_before[j] + cell[j]) - aside[j]
        best = straight if straight > skipped else skipped
        reached[j] = best if best > held else held


@compiled
def _drift(to: np.ndarray, neighbour: np.ndarray, cost: np.ndarray) -> None:
    for i in range(len(to)):
        moved = neighbour[i] - cost[i]
        to[i] = moved if moved > to[i] else to[i]


@compiled
def best_path(  # noqa: PLR0917
    table: np.ndarray,
    odds: np.ndarray,
    low_class: np.ndarray,
    fraction: np.ndarray,
    weight: np.ndarray,
    penalty: float,
    drift: float,
    key: int,
) -> tuple[float, np.ndarray, np.ndarray]:
    """The best path in one key anywhere in a short table, with intonation drift.

    A voice may drift out of tune: the tune is given at several pitch offsets, and changing to a neighbouring offset
    costs `drift`.

    Parameters
    ----------
    table : (rows, 12) uint8
    odds : (256,) float32, log odds of each stored salience value
    low_class, fraction : (offsets, n), the tune, sung a little lower or higher
    weight : (n,) float32
    penalty, drift : log odds, times the weight of the frame in the case of `penalty`
    key : semitones that the tune is transposed up

    Returns
    -------
    score : float, in log odds
    rows : (n,) int64, the table row of each frame of the tune; all -1 if no path fits
    offsets : (n,) int64, the pitch offset of each frame
    """
    offsets, count = low_class.shape
    score = np.full((len(table) + 2, offsets, count + 2), _NEVER, np.float32)
    cell = np.zeros((len(table) + 2, offsets, count + 2), np.float32)
    aside = (np.float32(penalty) * weight).astype(np.float32)
    cost = np.where(weight > 0, np.float32(drift), -_NEVER).astype(np.float32)
    worth = np.empty(KEYS + 1, np.float32)
    best, last, offset = _NEVER, -1, 0
    for at in range(2, len(table) + 2):
        for c in range(KEYS):
            worth[c] = odds[table[at - 2, (c + key) % KEYS]]
        worth[KEYS] = worth[0]
        for u in range(offsets):
            for i in range(count):
                low = worth[low_class[u, i]]
                cell[at, u, i + 2] = weight[i] * (low + fraction[u, i] * (worth[low_class[u, i] + 1] - low))
            now, here = score[at, u], cell[at, u]
            now[2] = here[2]
            _further(
                now[3:], score[at - 1, u, 2:-1], score[at - 1, u, 1:-2], score[at - 2, u, 2:-1],
                here[3:], here[2:-1], cell[at - 1, u, 3:], aside[1:],
            )  # fmt: skip
        for u in range(1, offsets):
            _drift(score[at, u, 3:], score[at, u - 1, 3:], cost[1:])
        for u in range(offsets - 2, -1, -1):
            _drift(score[at, u, 3:], score[at, u + 1, 3:], cost[1:])
        for u in range(offsets):
            if score[at, u, count + 1] > best:
                best, last, offset = score[at, u, count + 1], at, u
    rows, offsets_of = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    if last >= 0:
        _back(score, cell, aside, cost, last, offset, rows, offsets_of)
    return float(best), rows, offsets_of


@compiled
def _back(  # noqa: PLR0917
    score: np.ndarray,
    cell: np.ndarray,
    aside: np.ndarray,
    cost: np.ndarray,
    at: int,
    u: int,
    rows: np.ndarray,
    offsets_of: np.ndarray,
) -> None:
    """Backtrack a path: at each frame the step that gives its score."""
    i = len(rows) - 1
    while i >= 0:
        x = i + 2
        rows[i], offsets_of[i] = at - 2, u
        if i == 0:
            return
        for v in (u - 1, u + 1):
            if 0 <= v < score.shape[1] and score[at, v, x] - max(cost[i], 1e-6) >= score[at, u, x]:
                u = v
                break
        else:
            here = cell[at, u, x]
            straight = score[at - 1, u, x - 1] + here
            skipped = score[at - 1, u, x - 2] + cell[at, u, x - 1] + here - aside[i]
            held = score[at - 2, u, x - 1] + np.float32(0.5) * (cell[at - 1, u, x] + here) - aside[i]
            if straight >= skipped and straight >= held:
                at, i = at - 1, i - 1
            elif skipped >= held:
                rows[i - 1], offsets_of[i - 1] = at - 2, u
                at, i = at - 1, i - 2
            else:
                at, i = at - 2, i - 1

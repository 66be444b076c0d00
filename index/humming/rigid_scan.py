"""Tunes laid on melody salience, in all twelve keys: no frame is stretched, only parts of a tune may shift.

The tune is cut into a few parts, each laid rigidly on the table; a part may come up to half a second early or late.
A note of several frames is looked up as one sum. All is done in 8-bit integers on long arrays, several times as
quickly as subsequence DTW; which places are worth that is what this tells, block by block. Which blocks are worth
this much is what `index.humming.sketch` tells. Compiled by numba.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from index.analysis.f0 import Tune
from index.humming.cut import TOP, Cut
from index.system.compiled import compiled

STRIDE = 2
"""Rows from one position to the next."""
BLOCK = 10
"""Positions of which the best is told."""
LEAD = 1
"""Positions before the first that a part may lie at."""
_LANES = 64
"""Blocks that are worked on at once."""
_AT_ONCE = 16 * _LANES


@dataclass(frozen=True)
class Starts:
    """The best place where the tune may begin, of each block of positions."""

    value: np.ndarray
    """(blocks,) float32: mean level under the tune, in [0, 1]."""
    row: np.ndarray
    """(blocks,) int64: the row of the table."""
    tune: np.ndarray
    """(blocks,) uint8: which of the tunes."""


def compile_all() -> None:
    """Compile everything here now."""
    tune = Tune(np.zeros(4, np.int64), np.zeros(4, np.float32), np.ones(4, np.float32))
    best_starts(np.zeros((40, 12), np.uint8), [tune], np.zeros(256), 1)


@compiled
def reached(  # noqa: PLR0912, PLR0917
    planes: np.ndarray,
    lanes: int,
    count: int,
    notes: np.ndarray,
    parts: np.ndarray,
    tune_of: np.ndarray,
    gain: np.ndarray,
    best: np.ndarray,
    which: np.ndarray,
) -> None:
    """How well the best of the tunes fits at each of `count` places, and which of them that is.

    Parameters
    ----------
    planes : (3, phases, 12, wide) uint8
        Levels, and their sums over two and four rows. Row r of lane l lies in phase r % `phases` at
        r // `phases` * `lanes` + l; place j begins LEAD positions after j // `lanes`, in lane j % `lanes`.
    notes, parts, tune_of, gain : as in `Cut`
    best, which : (count,) float32 and uint8
        Filled.
    """
    flat, wide, phases = planes.reshape(-1), planes.shape[3], planes.shape[1]
    size, places, late = np.uint64(count + 2 * LEAD * lanes), np.uint64(count), np.uint64(LEAD * lanes)
    part, total = np.zeros(count + 2 * LEAD * lanes, np.uint8), np.zeros(count, np.uint16)
    most, at = np.zeros(count, np.uint16), np.zeros(4, np.uint64)
    begins = (notes[:, 2] * phases + notes[:, 1] % phases) * 12 * wide + notes[:, 1] // phases * lanes
    best[:] = 0
    for p in range(len(tune_of)):
        if p and tune_of[p] == tune_of[p - 1]:
            continue
        end = p + 1
        while end < len(tune_of) and tune_of[end] == tune_of[p]:
            end += 1
        most[:] = 0
        for key in range(12):
            for q in range(p, end):
                i = parts[q]
                if parts[q + 1] == i:
                    part[:] = 0
                while i < parts[q + 1]:
                    left = parts[q + 1] - i
                    several = 4 if left >= 4 else 2 if left >= 2 else 1
                    for n in range(several):
                        c = notes[i + n, 0] + key
                        at[n] = begins[i + n] + (c - 12 if c >= 12 else c) * wide
                    if i == parts[q]:
                        _put(flat, at, several, part, size)
                    else:
                        _add(flat, at, several, part, size)
                    i += several
                if q == p:
                    for j in range(places):
                        total[j] = max(part[j], part[j + late], part[j + late + late])
                else:
                    for j in range(places):
                        total[j] = np.uint16(total[j] + max(part[j], part[j + late], part[j + late + late]))
            for j in range(places):
                most[j] = max(most[j], total[j])
        factor, number = gain[tune_of[p]], np.uint8(tune_of[p])
        for j in range(places):
            mean = np.float32(most[j]) * factor
            better = mean > best[j]
            best[j] = mean if better else best[j]
            which[j] = number if better else which[j]


@compiled
def _put(flat: np.ndarray, at: np.ndarray, several: int, part: np.ndarray, size: int) -> None:
    """The first notes of a part: one, two or four."""
    a, b, c, d = at[0], at[1], at[2], at[3]
    if several == 4:
        for j in range(size):
            ab, cd = np.uint8(flat[a + j] + flat[b + j]), np.uint8(flat[c + j] + flat[d + j])
            part[j] = np.uint8(ab + cd)
    elif several == 2:
        for j in range(size):
            part[j] = np.uint8(flat[a + j] + flat[b + j])
    else:
        for j in range(size):
            part[j] = flat[a + j]


@compiled
def _add(flat: np.ndarray, at: np.ndarray, several: int, part: np.ndarray, size: int) -> None:
    """Further ones."""
    a, b, c, d = at[0], at[1], at[2], at[3]
    if several == 4:
        for j in range(size):
            ab, cd = np.uint8(flat[a + j] + flat[b + j]), np.uint8(flat[c + j] + flat[d + j])
            part[j] = np.uint8(part[j] + np.uint8(ab + cd))
    elif several == 2:
        for j in range(size):
            part[j] = np.uint8(part[j] + np.uint8(flat[a + j] + flat[b + j]))
    else:
        for j in range(size):
            part[j] = np.uint8(part[j] + flat[a + j])


@compiled
def sum_up(planes: np.ndarray, lanes: int) -> None:
    """Fill the sums of two and of four rows, of planes as `reached` has them; the last ones are left as they are."""
    phases, wide = planes.shape[1], planes.shape[3]
    for length in range(1, 3):
        for phase in range(phases):
            row = phase + length
            on = np.uint64(row // phases * lanes)
            for c in range(12):
                out, shorter = planes[length, phase, c], planes[length - 1]
                here, there = shorter[phase, c], shorter[row % phases, c]
                for j in range(np.uint64(wide) - on):
                    out[j] = np.uint8(here[j] + there[j + on])


@compiled
def _fill(rows: np.ndarray, levels: np.ndarray, blocks: np.ndarray, planes: np.ndarray) -> None:
    """Levels of the rows from LEAD positions before each block on, a lane each; 0 outside the table."""
    flat, values, wide = planes.reshape(-1), rows.reshape(-1), planes.shape[3]
    deep, begins = wide // _LANES * STRIDE, (blocks * BLOCK - LEAD) * STRIDE
    inside = np.minimum(np.maximum(begins, 0), max(len(rows) - deep, 0)).astype(np.uint64) * np.uint64(12)
    for row in range(min(deep, len(rows))):
        for c in range(12):
            at, to = (
                np.uint64(12 * row + c),
                np.uint64((row % STRIDE * 12 + c) * wide + row // STRIDE * _LANES),
            )
            for lane in range(np.uint64(len(blocks))):
                flat[to + lane] = levels[values[inside[lane] + at]]
    for lane in range(len(blocks)):
        if begins[lane] < 0 or begins[lane] + deep > len(rows):
            for row in range(deep):
                at = begins[lane] + row
                for c in range(12):
                    level = levels[rows[at, c]] if 0 <= at < len(rows) else np.uint8(0)
                    planes[0, row % STRIDE, c, row // STRIDE * _LANES + lane] = level


@compiled
def _scan(  # noqa: PLR0917
    rows: np.ndarray,
    levels: np.ndarray,
    blocks: np.ndarray,
    reach: int,
    notes: np.ndarray,
    parts: np.ndarray,
    tune_of: np.ndarray,
    gain: np.ndarray,
    value: np.ndarray,
    row: np.ndarray,
    tune: np.ndarray,
) -> None:
    """Fill what `Starts` has, for these blocks."""
    planes = np.zeros((3, STRIDE, 12, (BLOCK + 2 * LEAD + reach // STRIDE + 4) * _LANES), np.uint8)
    count = BLOCK * _LANES
    best, which = np.zeros(count, np.float32), np.zeros(count, np.uint8)
    for first in range(0, len(blocks), _LANES):
        lanes = min(_LANES, len(blocks) - first)
        _fill(rows, levels, blocks[first : first + lanes], planes)
        sum_up(planes, _LANES)
        reached(planes, _LANES, count, notes, parts, tune_of, gain, best, which)
        for lane in range(lanes):
            most = lane
            for j in range(lane + _LANES, count, _LANES):
                if best[j] > best[most]:
                    most = j
            position = blocks[first + lane] * BLOCK + most // _LANES
            value[first + lane], row[first + lane], tune[first + lane] = (
                best[most],
                position * STRIDE,
                which[most],
            )


def levels_of(odds: np.ndarray) -> np.ndarray:
    """(256,) uint8: the level of each stored value, from the least of these log odds to TOP."""
    least, span = float(odds.min()), max(float(np.ptp(odds)), 1e-9)
    return np.round((odds - least) / span * TOP).astype(np.uint8)


def block_count(rows: int) -> int:
    """Blocks of so many rows."""
    return -(-rows // (STRIDE * BLOCK))


def best_starts(
    rows: np.ndarray, tunes: Sequence[Tune], odds: np.ndarray, threads: int, blocks: np.ndarray | None = None
) -> Starts:
    """Lay tunes rigidly on some blocks of a table.

    Parameters
    ----------
    rows : np.ndarray, shape=(n, 12), uint8
        Salience as stored; it may be mapped from a file.
    tunes : sequence of Tune
        At the table's frame rate, one per tempo ratio.
    odds : np.ndarray, shape=(256,)
        Log odds of each stored value.
    threads : int
    blocks : np.ndarray, shape=(m,), int64, optional
        Those that are asked; otherwise all.
    """
    levels, cut = levels_of(odds), Cut.of(tunes)
    asked = np.arange(block_count(len(rows))) if blocks is None else blocks
    found = Starts(
        np.zeros(len(asked), np.float32), np.zeros(len(asked), np.int64), np.zeros(len(asked), np.uint8)
    )

    def some(first: int) -> None:
        part = slice(first, first + _AT_ONCE)
        own = found.value[part], found.row[part], found.tune[part]
        _scan(rows, levels, asked[part], cut.reach, *cut.arrays, *own)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some, range(0, len(asked), _AT_ONCE)))
    return found

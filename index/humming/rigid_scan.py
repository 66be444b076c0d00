"""A quick scan of melody salience for a tune, in all twelve keys: no frame is stretched, only parts of it may shift.

The tune is cut into a few parts, each laid rigidly on the table; a part may come up to half a second early or late.
A note of several frames is looked up as one sum. All is done in 8-bit integers on long arrays, several times as
quickly as subsequence DTW; which places are worth that is what this tells. Compiled by numba.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from index.analysis.f0 import Tune
from index.system.compiled import compiled

TOP = 15
"""The highest level that a row may have; so many steps does the scan distinguish."""
STRIDE = 2
"""Rows from one position to the next."""
BLOCK = 10
"""Positions of which the best is told."""
_PARTS = 4
_PART_FRAMES = 16
"""With TOP levels a part's sum stays within 8 bits."""
_LONGEST_NOTE = 16
_VOICED = 0.3
_CHUNK = 4096


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
def _fill(rows: np.ndarray, levels: np.ndarray, first: int, planes: np.ndarray) -> None:
    """Levels from row `first` on as (3 lengths of note, 2 phases, 12 classes, positions); 0 outside the table."""
    wide = planes.shape[3]
    for j in range(wide):
        for phase in range(2):
            at = first + 2 * j + phase
            for c in range(12):
                planes[0, phase, c, j] = levels[rows[at, c]] if 0 <= at < len(rows) else 0
    for c in range(12):
        for j in range(wide - 1):
            planes[1, 0, c, j] = planes[0, 0, c, j] + planes[0, 1, c, j]
            planes[1, 1, c, j] = planes[0, 1, c, j] + planes[0, 0, c, j + 1]
        for j in range(wide - 2):
            planes[2, 0, c, j] = planes[1, 0, c, j] + planes[1, 0, c, j + 1]
            planes[2, 1, c, j] = planes[1, 1, c, j] + planes[1, 1, c, j + 1]


@compiled
def _scan(  # noqa: PLR0912, PLR0917
    rows: np.ndarray,
    levels: np.ndarray,
    low: int,
    high: int,
    reach: int,
    notes: np.ndarray,
    parts: np.ndarray,
    tune_of: np.ndarray,
    gain: np.ndarray,
    value: np.ndarray,
    row: np.ndarray,
    tune: np.ndarray,
) -> None:
    """Fill what `Starts` has for the positions from `low` to `high`, multiples of BLOCK.

    notes : (n, 3) int64: class, offset in rows, log2 of the length in rows
    parts : (parts + 1,) int64, the first note of each; tune_of : (parts,) int64, ascending
    """
    wide = _CHUNK + reach + 8
    planes = np.zeros((3, 2, 12, wide), np.uint8)
    flat = planes.reshape(-1)
    part, total = np.zeros(_CHUNK + 2, np.uint8), np.zeros(_CHUNK, np.uint16)
    best, which = np.zeros(_CHUNK, np.float32), np.zeros(_CHUNK, np.uint8)
    at = np.zeros(4, np.uint64)
    for chunk in range(low, high, _CHUNK):
        count = min(_CHUNK, high - chunk)
        size = np.uint64(count + 2)
        _fill(rows, levels, 2 * (chunk - 1), planes)
        best[:] = 0
        for k in range(12):
            total[:] = 0
            for p in range(len(tune_of)):
                part[:] = 0
                i = parts[p]
                while i < parts[p + 1]:
                    several = min(4, parts[p + 1] - i)
                    for q in range(several):
                        c, offset, length = notes[i + q, 0], notes[i + q, 1], notes[i + q, 2]
                        at[q] = ((length * 2 + (offset & 1)) * 12 + (c + k) % 12) * wide + (offset >> 1)
                    a, b, c4, d = at[0], at[1], at[2], at[3]
                    if several == 4:
                        for j in range(size):
                            ab, cd = np.uint8(flat[a + j] + flat[b + j]), np.uint8(flat[c4 + j] + flat[d + j])
                            part[j] = np.uint8(part[j] + np.uint8(ab + cd))
                    else:
                        for q in range(several):
                            a = at[q]
                            for j in range(size):
                                part[j] = np.uint8(part[j] + flat[a + j])
                    i += several
                for j in range(count):
                    total[j] = np.uint16(total[j] + max(part[j], part[j + 1], part[j + 2]))
                if p + 1 == len(tune_of) or tune_of[p + 1] != tune_of[p]:
                    factor, number = gain[tune_of[p]], np.uint8(tune_of[p])
                    for j in range(count):
                        reached = np.float32(total[j]) * factor
                        better = reached > best[j]
                        best[j] = reached if better else best[j]
                        which[j] = number if better else which[j]
                    total[:] = 0
        for first in range(0, count, BLOCK):
            most = first
            for j in range(first + 1, min(first + BLOCK, count)):
                if best[j] > best[most]:
                    most = j
            block = (chunk + first) // BLOCK
            value[block], row[block], tune[block] = best[most], 2 * (chunk + most), which[most]


def best_starts(rows: np.ndarray, tunes: Sequence[Tune], odds: np.ndarray, threads: int) -> Starts:
    """Lay tunes rigidly on a whole table.

    Parameters
    ----------
    rows : np.ndarray, shape=(n, 12), uint8
        Salience as stored; it may be mapped from a file.
    tunes : sequence of Tune
        At the table's frame rate, one per tempo ratio.
    odds : np.ndarray, shape=(256,)
        Log odds of each stored value.
    threads : int
    """
    least, span = float(odds.min()), max(float(np.ptp(odds)), 1e-9)
    levels = np.round((odds - least) / span * TOP).astype(np.uint8)
    notes: list[tuple[int, int, int]] = []
    parts, tune_of, gain = [0], [], []
    for number, tune in enumerate(tunes):
        own = _notes(tune)
        length = sum(1 << note[2] for note in own)
        count = max(_PARTS, -(-length // (_PART_FRAMES - 3)))
        for piece in _divided(own, length / count):
            notes += piece
            parts.append(len(notes))
            tune_of.append(number)
        gain.append(1 / (TOP * max(length, 1)))
    blocks = -(-len(rows) // (STRIDE * BLOCK))
    found = Starts(np.zeros(blocks, np.float32), np.zeros(blocks, np.int64), np.zeros(blocks, np.uint8))
    reach = max((note[1] for note in notes), default=0) // 2 + 2
    asked = (
        np.array(notes, np.int64).reshape(-1, 3),
        np.array(parts, np.int64),
        np.array(tune_of, np.int64),
        np.array(gain, np.float32),
    )
    step = _CHUNK // BLOCK * BLOCK * 4

    def some(low: int) -> None:
        high = min(low + step, blocks * BLOCK)
        for first in range(low, high, _CHUNK // BLOCK * BLOCK):
            last = min(first + _CHUNK // BLOCK * BLOCK, high)
            _scan(rows, levels, first, last, reach, *asked, found.value, found.row, found.tune)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some, range(0, blocks * BLOCK, step)))
    return found


def _notes(tune: Tune) -> list[tuple[int, int, int]]:
    """Class, offset and log2 of the length of what is sung, longer notes in several."""
    pitch = np.round(tune.low_class + tune.fraction).astype(int) % 12
    voiced = tune.weight > _VOICED
    found, i = [], 0
    while i < len(pitch):
        end = i + 1
        while end < len(pitch) and voiced[end] and pitch[end] == pitch[i]:
            end += 1
        at, left = i, min(end - i, _LONGEST_NOTE) if voiced[i] else 0
        while left > 0:
            power = 2 if left >= 4 else 1 if left >= 2 else 0
            found.append((int(pitch[i]), at, power))
            at, left = at + (1 << power), left - (1 << power)
        i = end
    return found


def _divided(notes: Sequence[tuple[int, int, int]], length: float) -> list[list[tuple[int, int, int]]]:
    """Parts of about this length, in voiced frames; never more than _PART_FRAMES."""
    parts: list[list[tuple[int, int, int]]] = [[]]
    done = 0
    for note in notes:
        if parts[-1] and done + (1 << note[2]) / 2 > length:
            parts.append([])
            done = 0
        parts[-1].append(note)
        done += 1 << note[2]
    return parts

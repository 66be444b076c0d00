"""A sketch of a library's melody, and which blocks of it may have a tune: the first look at a large library.

Two rows of salience are one here, in four bits a class: 15 bytes a second. It is made once, when a large library is
first hummed at. A tune at three tempi is laid on all of it as `index.humming.rigid_scan` lays tunes; only the likeliest
blocks are laid on finely then. Compiled by numba.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from index.analysis.f0 import Tune
from index.humming.cut import TOP, Cut
from index.humming.rigid_scan import BLOCK, LEAD, STRIDE, block_count, levels_of, reached, sum_up
from index.system.compiled import compiled

_AT_ONCE = 4000
"""Positions that are worked on at once: what is looked up of so many stays near the processor."""
_TASK = 16 * _AT_ONCE


@dataclass(frozen=True)
class Sketch:
    """The salience of some tracks, one after the other, coarsely."""

    pairs: np.ndarray
    """(6, positions) uint8: levels of class c in the lower bits and of class c + 6 in the upper ones."""

    @classmethod
    def of(cls, rows: np.ndarray, odds: np.ndarray, threads: int) -> Sketch:
        """Of a table's rows, (n, 12) uint8; `odds`, (256,), the log odds of each stored value."""
        first_of = np.searchsorted(levels_of(odds), np.arange(1, TOP + 1))
        least = np.ceil((first_of - 0.5) ** 2 / 2).astype(np.int16)
        pairs = np.zeros((6, block_count(len(rows)) * BLOCK), np.uint8)

        def some(first: int) -> None:
            own = pairs[:, first : first + _TASK]
            _draw(rows[first * STRIDE : (first + _TASK) * STRIDE].reshape(-1), least, own)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(some, range(0, pairs.shape[1], _TASK)))
        return cls(pairs)

    def likely(self, tunes: Sequence[Tune], threads: int) -> np.ndarray:
        """How well the best of some tunes fits where it fits best, in each block.

        Parameters
        ----------
        tunes : sequence of Tune
            At the sketch's rate, a row for STRIDE of the table.
        threads : int

        Returns
        -------
        np.ndarray, shape=(blocks,), float32
            Mean level under the tune, in [0, 1].
        """
        cut, whole = Cut.of(tunes), self.pairs.shape[1]
        value = np.zeros(whole // BLOCK, np.float32)

        def some(first: int) -> None:
            _look(self.pairs, first, min(first + _TASK, whole), cut.reach, *cut.arrays, value)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(some, range(0, whole, _TASK)))
        return value


def compile_all() -> None:
    """Compile everything here now."""
    tune = Tune(np.zeros(4, np.int64), np.zeros(4, np.float32), np.ones(4, np.float32))
    Sketch.of(np.zeros((40, 12), np.uint8), np.zeros(256), 1).likely([tune], 1)


@compiled
def _draw(rows: np.ndarray, least: np.ndarray, pairs: np.ndarray) -> None:
    """Fill `pairs` with the levels of two rows' root mean square each.

    rows : (n * 12,) uint8; least : (TOP,) int16, ascending: half the mean square from which each level is reached.
    """
    wide, deep = np.uint64(24), np.uint64(12)
    power, level = np.zeros(_AT_ONCE, np.int16), np.zeros((2, _AT_ONCE), np.int16)
    for first in range(0, len(rows) // 24, _AT_ONCE):
        count = np.uint64(min(_AT_ONCE, len(rows) // 24 - first))
        for c in range(6):
            level[:] = 0
            for half in range(2):
                own, begin = level[half], np.uint64(first * 24 + c + 6 * half)
                for j in range(count):
                    a, b = np.int16(rows[begin + j * wide]), np.int16(rows[begin + j * wide + deep])
                    power[j] = (np.uint16(a * a) >> 2) + (np.uint16(b * b) >> 2)
                for step in range(len(least)):
                    from_ = least[step]
                    for j in range(count):
                        own[j] += np.int16(power[j] >= from_)
            out, lower, upper = pairs[c, first : first + count], level[0], level[1]
            for j in range(count):
                out[j] = np.uint8(lower[j] | upper[j] << 4)


@compiled
def _look(  # noqa: PLR0917
    pairs: np.ndarray,
    low: int,
    high: int,
    reach: int,
    notes: np.ndarray,
    parts: np.ndarray,
    tune_of: np.ndarray,
    gain: np.ndarray,
    value: np.ndarray,
) -> None:
    """Fill `value` for the positions from `low` to `high`, multiples of BLOCK."""
    planes = np.zeros((3, 1, 12, _AT_ONCE + 2 * LEAD + reach + 4), np.uint8)
    best, which = np.zeros(_AT_ONCE, np.float32), np.zeros(_AT_ONCE, np.uint8)
    for first in range(low, high, _AT_ONCE):
        begin, end = max(first - LEAD, 0), min(first - LEAD + planes.shape[3], pairs.shape[1])
        planes[0] = 0
        for c in range(6):
            known, at = pairs[c, begin:end], begin - (first - LEAD)
            lower, upper = planes[0, 0, c, at : at + len(known)], planes[0, 0, c + 6, at : at + len(known)]
            for j in range(len(known)):
                lower[j], upper[j] = known[j] & 15, known[j] >> 4
        sum_up(planes, 1)
        reached(planes, 1, _AT_ONCE, notes, parts, tune_of, gain, best, which)
        for block in range(min(_AT_ONCE, high - first) // BLOCK):
            most = best[block * BLOCK]
            for j in range(block * BLOCK + 1, (block + 1) * BLOCK):
                most = max(most, best[j])
            value[first // BLOCK + block] = most

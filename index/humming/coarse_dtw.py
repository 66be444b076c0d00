"""The coarse pass of subsequence DTW: for every row of a salience table, the best path of a tune that ends there.

All twelve keys and several tempi are tried. Scores are 16-bit integers, so that many segments of the library are
computed in parallel, one SIMD lane each.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from index.analysis.f0 import Tune
from index.humming.dtw import PARTS, WHOLE, best_ends
from index.store.salience_store import SalienceTable

NOWHERE = -1e9
"""The score of a row that was not searched."""
_STRETCH = 384
_LANES = 64
_LARGEST = 32000
_LEAD = 1.5
"""Rows of context before a segment, per frame of the longest tune, in which paths may begin."""


@dataclass(frozen=True)
class Ends:
    """The best path that ends at each row of a table."""

    value: np.ndarray
    """(rows,) float32: log odds a frame of voiced tune."""
    key: np.ndarray
    """(rows,) uint8: semitones that the tune is moved up."""
    tune: np.ndarray
    """(rows,) uint8: which of the tunes."""


@dataclass(frozen=True)
class Stretches:
    """Segments of tracks that are computed independently, the longest first."""

    first: np.ndarray
    """(n,) int64: the first row, including the context before the segment."""
    own: np.ndarray
    """(n,) int64: the first row of the segment itself."""
    end: np.ndarray
    """(n,) int64: the row after the segment."""

    @classmethod
    def of(cls, bounds: np.ndarray, tracks: np.ndarray, lead: int) -> Stretches:
        """The segments of some tracks, (n,) int64; `bounds` as in `SalienceTable`, `lead` in rows."""
        low, rows = bounds[tracks], bounds[tracks + 1] - bounds[tracks]
        parts = -(-rows // _STRETCH)
        track = np.repeat(np.arange(len(tracks)), parts)
        part = np.arange(len(track)) - np.repeat(np.cumsum(parts) - parts, parts)
        own = low[track] + part * rows[track] // parts[track]
        end = low[track] + (part + 1) * rows[track] // parts[track]
        first = np.maximum(low[track], own - lead)
        order = np.argsort(first - end, kind="stable")
        return cls(first[order], own[order], end[order])


def align_everywhere(  # noqa: PLR0917
    table: SalienceTable,
    tracks: np.ndarray,
    tunes: Sequence[Tune],
    odds: np.ndarray,
    penalty: float,
    threads: int,
) -> Ends:
    """Align tunes with the whole of the given tracks by subsequence DTW.

    Parameters
    ----------
    table : SalienceTable
    tracks : np.ndarray, shape=(n,), int64
        Indices of the tracks to search.
    tunes : sequence of Tune
        At the table's frame rate, one per tempo ratio.
    odds : np.ndarray, shape=(256,), float32
        Log odds of each stored salience value.
    penalty : float
        Log odds that half an off-diagonal step costs, times the voicing of the frame.
    threads : int

    Returns
    -------
    Ends
        For every row of the table; NOWHERE in tracks that were not searched.
    """
    rows = len(table.rows)
    value, key = np.full(rows, NOWHERE, np.float32), np.zeros(rows, np.uint8)
    ends = Ends(value, key, np.zeros(rows, np.uint8))
    weights = [np.round(tune.weight * WHOLE).astype(np.int16) for tune in tunes]
    totals = np.array([max(int(weight.sum(dtype=np.int64)), 1) / WHOLE for weight in weights])
    least, span = float(odds.min()), float(np.ptp(odds))
    scale = min(32767 / WHOLE, _LARGEST / totals.max()) / span
    levels = np.floor((odds - least) * scale).astype(np.int16)
    weight = np.concatenate(weights)
    asked = (
        np.cumsum([0, *map(len, weights)]),
        np.concatenate([_places(tune) for tune in tunes]),
        weight,
        np.round(weight * (penalty * scale / WHOLE)).astype(np.int16),
        (1 / (scale * totals)).astype(np.float32),
    )
    lead = round(_LEAD * max(map(len, weights)))
    stretches = Stretches.of(table.bounds, tracks, lead)
    wholes: tuple[np.ndarray, ...] = (value, key, ends.tune)

    def several(number: int) -> None:
        part = slice(number, number + _LANES)
        first, own, end = stretches.first[part], stretches.own[part], stretches.end[part]
        found = best_ends(table.rows, levels, first, end, *asked)
        for lane, (before, low, high) in enumerate(zip(own - first, own, end, strict=True)):
            for whole, found_here in zip(wholes, found, strict=True):
                whole[low:high] = found_here[before : before + high - low, lane]
            value[low:high] += least

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(several, range(0, len(stretches.first), _LANES)))
    return ends


def _places(tune: Tune) -> np.ndarray:
    """(n,) int64: the pitch class of every frame in PARTS-ths of a semitone."""
    within: np.ndarray = np.round((tune.low_class + tune.fraction.astype(float)) * PARTS)
    return within.astype(np.int64) % (12 * PARTS)


def highest(value: np.ndarray, count: int) -> np.ndarray:
    """Indices of the `count` highest values, highest first; ties in order of index."""
    some = np.arange(len(value)) if len(value) <= count else np.argpartition(-value, count)[:count]
    return some[np.lexsort((some, -value[some]))]


def best_of_blocks(value: np.ndarray, block: int) -> np.ndarray:
    """The best score in each block of rows, excluded tracks left out: a sample of the null distribution."""
    blocks = value[: len(value) // block * block].reshape(-1, block).max(axis=1)
    return blocks[blocks > -1e8]

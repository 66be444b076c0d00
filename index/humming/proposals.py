"""Which stretches of a library a tune is aligned with: all of a small one, else those that a quick scan proposes.

The scan looks at all of a sketch of the library first (`index.humming.sketch`), then finely at what that leaves.
What chance alone gives is then measured on tracks spread over the whole library, since the proposed
stretches are the best ones and no sample of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.analysis.f0 import PitchTrack, tune_at
from index.analysis.melody_salience import SALIENCE_HZ
from index.humming.leniency import softened
from index.humming.rigid_scan import BLOCK, STRIDE, best_starts, block_count
from index.humming.sketch import Sketch
from index.store.salience_store import SalienceTable

EVERYTHING_S = 240_000.0
"""So much of a library is aligned with every tune."""
PROPOSED_S = 240_000.0
"""Of a larger one, so much of what the scan proposes."""
SAMPLED_S = 36_000.0
"""And so much of what it is compared with by chance."""
SKETCH_RATIOS = (0.74, 1.0, 1.34)
"""Tempi that are tried on the whole sketch of a large library."""
LOOKED_AT = 6
"""So many blocks are scanned finely for each that is proposed,"""
LOOKED_AT_SHARE = 0.05
"""and at least this share of all."""
_OF_SKETCH = 0.5
"""What a fit on the sketch counts beside a fine one."""
_A_SAMPLE_S = 300.0
_BEFORE_S, _AFTER_S = 3.0, 4.0


@dataclass(frozen=True)
class Laid:
    """Stretches of tracks, ready to be aligned."""

    table: SalienceTable
    """On the coarse grid, one stretch after the other."""
    track: np.ndarray
    """(stretches,) int64: which track each is of."""
    first: np.ndarray
    """(stretches,) int64: its first row on the coarse grid, from the start of its track."""
    asked: np.ndarray
    """(n,) int64: indices of those stretches that are aligned."""

    @classmethod
    def of(cls, table: SalienceTable, spans: Sequence[tuple[int, int, int]], step: int) -> Laid:
        """Stretches (track, first row, row after it, from the start of the track); `step` rows are pooled."""
        track, low, high = np.array(spans, np.int64).reshape(-1, 3).T
        begin, first = table.bounds[track], low // step
        pooled = table.pooled(begin + first * step, np.minimum(begin + high, table.bounds[track + 1]), step)
        return cls(pooled, track, first, np.arange(len(track)))

    @classmethod
    def whole(cls, coarse: SalienceTable) -> Laid:
        """All of all tracks."""
        count = len(coarse.bounds) - 1
        return cls(coarse, np.arange(count), np.zeros(count, int), np.arange(count))

    def lenient(self) -> Laid:
        """The same, of which each pitch class gives some of its salience to those around it."""
        return replace(self, table=replace(self.table, rows=softened(self.table.rows)))

    def only(self, stretches: np.ndarray) -> Laid:
        """The same, of which only these stretches, (n,) int64, are aligned."""
        return replace(self, asked=stretches)


def is_small(table: SalienceTable, tracks: np.ndarray) -> bool:
    """Whether all of these tracks, (n,) int64, can be aligned with every tune."""
    return bool(_rows_of(table, tracks).sum() <= EVERYTHING_S * SALIENCE_HZ)


def whole_tracks(table: SalienceTable, tracks: np.ndarray) -> list[tuple[int, int, int]]:
    """All of these tracks as stretches."""
    return [(int(track), 0, int(rows)) for track, rows in zip(tracks, _rows_of(table, tracks), strict=True)]


def sampled(table: SalienceTable, tracks: np.ndarray) -> list[tuple[int, int, int]]:
    """Stretches of tracks spread evenly over these."""
    longest = round(_A_SAMPLE_S * SALIENCE_HZ)
    length = np.minimum(_rows_of(table, tracks), longest)
    every = max(1, math.ceil(float(length.sum()) / (SAMPLED_S * SALIENCE_HZ)))
    return [(number, 0, min(rows, longest)) for number, _, rows in whole_tracks(table, tracks[::every])]


def proposed(  # noqa: PLR0917
    table: SalienceTable,
    tracks: np.ndarray,
    pitch: PitchTrack,
    ratios: Sequence[float],
    odds: np.ndarray,
    threads: int,
    sketch: Sketch | None = None,
) -> list[tuple[int, int, int]]:
    """The stretches of tracks in which a tune is most likely, without overlap.

    Parameters
    ----------
    table : SalienceTable
    tracks : np.ndarray, shape=(n,), int64
        Those that may be found.
    pitch : PitchTrack
    ratios : sequence of float
        Tempi to be tried.
    odds : np.ndarray, shape=(256,)
        Log odds of each stored salience value.
    threads : int
    sketch : Sketch, optional
        Of the table by these odds, if it is at hand.
    """
    tunes = [tune_at(pitch, ratio, SALIENCE_HZ) for ratio in ratios]
    before, after = round(_BEFORE_S * SALIENCE_HZ), round(_AFTER_S * SALIENCE_HZ)
    long = before + after + float(np.mean([len(tune.weight) for tune in tunes]))
    most = int(PROPOSED_S * SALIENCE_HZ / long)
    sketch = sketch or Sketch.of(table.rows, odds, threads)
    coarsely = sketch.likely([tune_at(pitch, each, SALIENCE_HZ / STRIDE) for each in SKETCH_RATIOS], threads)
    coarsely[~_blocks_of(table, tracks)] = 0
    looked_at = _highest(coarsely, max(LOOKED_AT * most, int(LOOKED_AT_SHARE * len(coarsely))))
    starts = best_starts(table.rows, tunes, odds, threads, looked_at)
    value, row = starts.value + _OF_SKETCH * coarsely[looked_at], np.minimum(starts.row, len(table.rows) - 1)
    track = np.searchsorted(table.bounds, row, side="right") - 1
    may = np.zeros(len(table.bounds) - 1, bool)
    may[tracks] = True
    best = _highest(np.where(may[track] & (starts.value > 0), value, np.float32(0)), most)
    lengths = np.array([len(tune.weight) for tune in tunes])
    low = np.maximum(row[best] - before, table.bounds[track[best]])
    high = np.minimum(row[best] + lengths[starts.tune[best]] + after, table.bounds[track[best] + 1])
    found: list[tuple[int, int, int]] = []
    for at in np.argsort(low, kind="stable"):
        number, own = int(track[best[at]]), int(table.bounds[track[best[at]]])
        first, last = int(low[at]) - own, int(high[at]) - own
        if found and found[-1][0] == number and first <= found[-1][2]:
            found[-1] = (number, found[-1][1], max(last, found[-1][2]))
        else:
            found.append((number, first, last))
    return found


def _blocks_of(table: SalienceTable, tracks: np.ndarray) -> np.ndarray:
    """(blocks,) bool: those that have something of these tracks."""
    change = np.zeros(block_count(len(table.rows)) + 1, np.int64)
    kept = tracks[_rows_of(table, tracks) > 0]
    np.add.at(change, table.bounds[kept] // (BLOCK * STRIDE), 1)
    np.add.at(change, (table.bounds[kept + 1] - 1) // (BLOCK * STRIDE) + 1, -1)
    return np.asarray(np.cumsum(change[:-1]) > 0)


def _highest(value: np.ndarray, count: int) -> np.ndarray:
    """Indices of the `count` highest values that are more than 0, in order."""
    if count >= len(value):
        return np.flatnonzero(value > 0)
    least = np.partition(value, len(value) - count)[len(value) - count]
    above = np.flatnonzero(value > max(least, 0))
    alike = np.flatnonzero(value == least)[: count - len(above)] if least > 0 else above[:0]
    return np.sort(np.concatenate([above, alike]))


def _rows_of(table: SalienceTable, tracks: np.ndarray) -> np.ndarray:
    rows: np.ndarray = table.bounds[tracks + 1] - table.bounds[tracks]
    return rows

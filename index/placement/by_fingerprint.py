"""Placement by fingerprint: where the very same recording lies, to a twentieth of a second, in noise and over the
telephone too, and where a copy of it lies that was played faster or higher.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.core.frames import FINGERPRINT_HZ, Frames
from index.core.moments import Span
from index.descriptors.fingerprint_bits import (
    UNCHANGED,
    Warp,
    agreement,
    everywhere,
    of_loud_cells,
    of_some_bands,
)
from index.descriptors.fingerprint_weights import cell_weights
from index.placement.bits import SHORTEST_S, Bits, rows_of
from index.placement.drawn import laid_out
from index.placement.prepared import PreparedQuery

NEAR_S = 1.0
"""How far from where a candidate lies the query is looked for, once it has been laid there."""
SURE = 0.2
"""A value that other music does not reach by chance: the best of a thousand windows of it has 0.15, rarely 0.2."""
SAME_RECORDING = 0.6
"""Agreement beyond chance from which on it is the very recording; the same notes by other instruments reach 0.55."""
MOST_OF_SOME = 0.4
"""More than this is said by all bands alone: the same tones on other instruments may agree as well in some of them."""
AS_GOOD = 0.02
"""Two places of the same tones differ by so much in agreement by chance."""
_PROMISING = 0.5 * SURE
_LOOKED_AT = (48, 192)
"""So many places are compared exactly, however little they agree: a tenth of all, no fewer and no more than these."""
_WEIGHED_AT_ONCE = 128
_COARSE = 2
_REACH_S = 0.3
_BEYOND_S = 2.0
"""So far a query may begin before a sound or end after it: a phone records before the music begins."""
_ROUNDS = 6
"""So many places of a sound are compared exactly, this many coarse places apart:"""
_APART = 8
_BESIDE = (0.985, 0.99, 0.995, 1.0, 1.005, 1.01, 1.015)
"""Tempi near one that was tried."""


@dataclass(frozen=True)
class Found:
    """Where a query lies in a sound, and after what change."""

    value: float
    """As `Fingerprint.similarity`."""
    start_s: float
    warp: Warp


def place(query: PreparedQuery, candidates: Sequence[Span], slack_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the query lies in or near each candidate: `similarity`, and the second at which it begins, (n,) each.

    First every other place and row of bits is compared, then, around the best of the promising, all of them: half a
    step beside it, a place of which a phone has left little is not told from chance.
    """
    value, starts_s = coarsely(query, candidates, slack_s)
    most = int(np.clip(len(value) // 10, *_LOOKED_AT))
    likeliest = np.argsort(-value, kind="stable")[:most]
    promising = np.union1d(np.flatnonzero(value >= _PROMISING), likeliest).astype(int).tolist()
    near = [Span(candidates[i].frames, float(starts_s[i]), candidates[i].end_s) for i in promising]
    value[promising], starts_s[promising] = nearest(query.bits, near, _REACH_S, _REACH_S)
    return value, starts_s


def coarsely(query: PreparedQuery, spans: Sequence[Span], slack_s: float) -> tuple[np.ndarray, np.ndarray]:
    """What `place` begins with: every other place and row of bits."""
    room_s = max((span.end_s - span.start_s for span in spans), default=0.0) - query.passage.duration_s
    return nearest(query.bits, spans, slack_s, max(0.0, room_s) + slack_s, step=_COARSE)


def search(query: PreparedQuery, frames: Frames, warps: Sequence[Warp]) -> Found:
    """The best place in a whole sound of the query as it would be after one of these changes, or nearly so."""
    return rounds(query, frames, warps)[0]


def rounds(query: PreparedQuery, frames: Frames, warps: Sequence[Warp]) -> list[Found]:
    """The few best places, which may be rounds of a loop or a theme that comes back; the best first, at least one.

    Every other place and row of bits is compared; the best few then exactly.
    """
    own, stored = query.bits, frames.fingerprint
    nothing = [Found(0.0, 0.0, UNCHANGED)]
    if own.seconds < SHORTEST_S or stored is None:
        return nothing
    beyond = round(_BEYOND_S * FINGERPRINT_HZ)
    most = max(len(warp.rows(own.rows)) for warp in warps)
    sound = np.pad(np.asarray(stored), (beyond, max(beyond, most - len(stored))))
    by_warp = [everywhere(own.rows, sound, own.counted, warp, _COARSE) for warp in warps]
    longest = max(map(len, by_warp))
    if longest == 0:  # the sound is shorter than the query after any of these changes
        return nothing
    table = np.stack([np.pad(each, (0, longest - len(each)), constant_values=-1.0) for each in by_warp])
    found = []
    for _ in range(_ROUNDS):
        number, place = divmod(int(table.argmax()), longest)
        if table[number, place] * own.weight < _PROMISING:
            break
        near_s = (_COARSE * place - beyond) / FINGERPRINT_HZ
        found.append(_exactly(query, frames, near_s, warps[number]))
        table[:, max(0, place - _APART) : place + _APART + 1] = -1.0
    return sorted([*found, *nothing], key=lambda each: -each.value)


def _exactly(query: PreparedQuery, frames: Frames, near_s: float, warp: Warp) -> Found:
    """The best place near one, at the best tempo near that of a change."""
    span = Span(frames, near_s, near_s + query.passage.duration_s)
    tried = []
    for beside in _BESIDE:
        finer = Warp(warp.ratio * beside, warp.bands)
        value, starts_s = nearest(query.bits, [span], _REACH_S, _REACH_S, warp=finer)
        tried.append(Found(float(value[0]), max(0.0, float(starts_s[0])), finer))
    return max(tried, key=lambda each: each.value)


def nearest(
    own: Bits,
    candidates: Sequence[Span],
    before_s: float,
    after_s: float,
    *,
    step: int = 1,
    warp: Warp = UNCHANGED,
    every_bit: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """The best value from `before_s` before to `after_s` after where each candidate begins, and at which second.

    With `every_bit` each bit counts alike, however little a room leaves of it.
    """
    starts_s = np.array([span.start_s for span in candidates])
    if own.seconds < SHORTEST_S:
        return np.zeros(len(candidates)), starts_s
    lags = round((before_s + after_s) * FINGERPRINT_HZ) + 1
    firsts = np.round((starts_s - before_s) * FINGERPRINT_HZ).astype(int)
    length = len(warp.rows(own.rows)) + lags - 1
    sounds = [span.frames for span in candidates]
    regions = laid_out(
        candidates, ("bits", before_s, length), lambda: rows_of(sounds, firsts.tolist(), length)
    )
    found = agreement(own.rows, regions, own.counted, warp, step)
    if warp == UNCHANGED and not every_bit:
        if step > 1:
            found = _by_bands(own, regions, found, step)
        else:
            loud = _by_loud_cells(own, sounds, firsts, regions)
            found = np.maximum(found, np.minimum(loud, MOST_OF_SOME))
    best = found.argmax(axis=1)
    value = found[np.arange(len(found)), best] * own.weight
    return value, (firsts + step * best) / FINGERPRINT_HZ


def _by_bands(own: Bits, regions: np.ndarray, found: np.ndarray, step: int) -> np.ndarray:
    """What all bands say at every lag, (m, lags / step), and some of them, where that is more, at the best lag."""
    every, count = np.arange(len(found)), len(own.rows)
    counted, lag = own.counted.copy(), found.argmax(axis=1)
    counted[np.flatnonzero(counted)[np.arange(np.count_nonzero(counted)) % step > 0]] = False
    some = of_some_bands(own.rows, regions[every[:, None], step * lag[:, None] + np.arange(count)], counted)
    found[every, lag] = np.maximum(found[every, lag], np.minimum(some, MOST_OF_SOME))
    return found


def _by_loud_cells(
    own: Bits, sounds: Sequence[Frames], firsts: np.ndarray, regions: np.ndarray
) -> np.ndarray:
    """What is said at every lag, (m, lags), by the bits that a room leaves, in the bands that agree best."""
    found = []
    for low in range(0, len(sounds), _WEIGHED_AT_ONCE):
        part = slice(low, low + _WEIGHED_AT_ONCE)
        weights = cell_weights(sounds[part], firsts[part].tolist(), regions.shape[1])
        found.append(of_loud_cells(own.rows, regions[part], own.counted, weights))
    return np.concatenate(found) if found else np.zeros((0, 1), np.float32)

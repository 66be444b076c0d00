"""The fingerprints of all tracks in one row, and the places at which a query agrees with them best.

Notes and timbre propose candidates by their vectors; of what a phone recorded in a room neither may be left. The bits
are 67 bytes a second of sound, so that all of a large library can be gone through: every other place, where two rows
are one number of 64 bits, and as many of the query's rows as there is time for. Nothing is decided here: what agrees
best is a candidate like others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from index.core.frames import FINGERPRINT_HZ
from index.core.moments import Moment
from index.core.tracks import Track
from index.descriptors.fingerprint_bits import BITS
from index.placement.bits import SHORTEST_S, Bits

PROPOSED = 96
_BLOCK = 16
"""Every other place of so many, two seconds, is one to choose from."""
_AT_ONCE = 1 << 15
_MOST_COMPARED = 120_000_000
"""Pairs of rows compared with pairs, at most: a sixth of a second of one processor, beside the store's own search."""
_MOST_PAIRS = 64
"""Of 83 that ten seconds have."""
_SOME_S = 3.0
"""A query that begins in one track and ends in the next is a candidate in either of which it has so much."""
_IN_A_BYTE = 3
"""So many pairs of rows cannot differ by more than a byte holds."""
_MOST_UNLIKE = np.iinfo(np.uint16).max


class FingerprintTable:
    """Fingerprints of tracks, (n,) uint32 each, one after the other, two rows beside each other."""

    def __init__(
        self, ids: Sequence[str], fingerprints: Iterable[np.ndarray], counts: Sequence[int] | np.ndarray
    ) -> None:
        """`counts`: rows of each; `fingerprints` is gone through once."""
        self._ids = tuple(ids)
        lengths = [-(-count // (2 * _BLOCK)) * _BLOCK for count in map(int, counts)]  # a block has one track
        self._bounds = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        rows = np.zeros(2 * int(self._bounds[-1]), np.uint32)
        for low, each in zip(self._bounds.tolist(), fingerprints, strict=False):
            rows[2 * low : 2 * low + len(each)] = each
        self._pairs = rows.view(np.uint64)

    def best(
        self, query: Bits, among: Mapping[str, Track], window_s: float, most: int = PROPOSED
    ) -> list[Moment]:
        """Windows that begin where most bits agree, best first, in some of the tracks; at most one in two seconds.

        A query may begin before a track does, and end after it: its window lies within the track.
        """
        places = len(self._pairs)
        whole = len(query.rows) // 2 * 2
        pairs = np.ascontiguousarray(query.rows[:whole], np.uint32).view(np.uint64)
        chosen = np.flatnonzero(query.counted[:whole].reshape(-1, 2).all(axis=1))
        if not places or not len(chosen) or query.seconds < SHORTEST_S:
            return []
        count = int(np.clip(_MOST_COMPARED // places, 8, _MOST_PAIRS))
        chosen = chosen[np.linspace(0, len(chosen) - 1, min(count, len(chosen))).round().astype(int)]
        # A query may begin before a track does: its middle says which track it lies in.
        middle = int(np.median(chosen))
        unlike = np.empty(places, np.uint16)
        for low in range(0, places, _AT_ONCE):
            self._count(pairs, chosen, low - middle, unlike[low : low + _AT_ONCE])
        starts = np.arange(0, places, _BLOCK)
        by_block = np.minimum.reduceat(unlike, starts)
        track = np.searchsorted(self._bounds, starts, side="right") - 1
        open_to = np.array([each in among for each in self._ids])
        by_block[~open_to[track]] = _MOST_UNLIKE
        found, beside = [], []
        for block in np.argsort(by_block, kind="stable")[:most].tolist():
            if by_block[block] == _MOST_UNLIKE:
                break
            at = block * _BLOCK + int(unlike[block * _BLOCK : (block + 1) * _BLOCK].argmin())
            windows = [
                window_at(among[self._ids[number]], self._seconds(number, at - middle), window_s)
                for number in self._lain_on(at, at - middle, at - middle + len(pairs))
                if open_to[number]
            ]
            found.append(windows[0])
            beside.append(windows[1:])
        return _with_neighbours(found, beside)[:most]

    def _seconds(self, number: int, place: int) -> float:
        return 2 * (place - int(self._bounds[number])) / FINGERPRINT_HZ

    def _lain_on(self, at: int, begin: int, end: int) -> list[int]:
        """The track in which a query from `begin` to `end` has its middle `at`, and others with some seconds of it."""
        here = int(np.searchsorted(self._bounds, at, side="right")) - 1
        few = round(_SOME_S * FINGERPRINT_HZ / 2)
        first = int(np.searchsorted(self._bounds, begin + few, side="right")) - 1
        last = int(np.searchsorted(self._bounds, end - few, side="right")) - 1
        others = range(max(0, first), min(last, len(self._ids) - 1) + 1)
        return [here, *(each for each in others if each != here)]

    def _count(self, pairs: np.ndarray, chosen: np.ndarray, first: int, unlike: np.ndarray) -> None:
        """Differing bits of each chosen pair with the table, where the query begins at `first` and every place on."""
        total = len(self._pairs)
        differing = np.empty(len(unlike), np.uint64)
        bits, few = np.empty(len(unlike), np.uint8), np.empty(len(unlike), np.uint8)
        unlike[:] = 0
        for some in range(0, len(chosen), _IN_A_BYTE):
            few[:] = 0
            for number in chosen[some : some + _IN_A_BYTE].tolist():
                low = first + number
                here = self._pairs[max(0, low) : max(0, min(total, low + len(unlike)))]
                before = max(0, -low)
                within = slice(before, before + len(here))
                few[:before] += BITS
                np.bitwise_xor(here, pairs[number], out=differing[within])
                few[within] += np.bitwise_count(differing[within], out=bits[within])
                few[within.stop :] += BITS
            unlike += few


def _with_neighbours(found: Sequence[Moment], beside: Sequence[Sequence[Moment]]) -> list[Moment]:
    """Each window, and after it those of other tracks that its place reaches into, unless these are among them."""
    near = {(each.track_id, round(each.start_s) // 2 + beyond) for each in found for beyond in (-1, 0, 1)}
    return [
        window
        for own, others in zip(found, beside, strict=True)
        for window in [
            own,
            *(each for each in others if (each.track_id, round(each.start_s) // 2) not in near),
        ]
    ]


def window_at(track: Track, start_s: float, window_s: float) -> Moment:
    """The window that begins there, or as near as it lies within the track."""
    start_s = min(max(0.0, start_s), max(0.0, track.duration_s - window_s))
    return Moment(track.id, start_s, min(start_s + window_s, track.duration_s))

"""The constellations of all tracks in one row, and the places at which most peaks of a clip fall together with them.

As the fingerprints (`index.store.fingerprint_table`) they propose candidates of which a phone has left neither notes
nor sound, and where tones last long they do where bits do not: 32 bytes a second, gone through in one loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from index.core.frames import PEAKS_A_SECOND, SPECTRA_HZ
from index.core.moments import Moment
from index.core.tracks import Track
from index.placement.by_peaks import LEAST_PEAKS, Peaks
from index.store.fingerprint_table import window_at

PROPOSED = 64
BLOCK_S = 2.0
_MOST_MET = 15_000_000
"""Pairs of peaks of one pitch, at most: in a larger library fewer of the query's are looked for."""
_FEWEST = 40
_OF_A_PITCH = 120
"""One in so many peaks has a given pitch, or one beside it."""


class PeakTable:
    """Constellations of tracks, (n, 16) uint16 each, one after the other."""

    def __init__(
        self, ids: Sequence[str], constellations: Iterable[np.ndarray], counts: Sequence[int] | np.ndarray
    ) -> None:
        """`counts`: numbers of each, two peaks in one of 32 bits; `constellations` is gone through once."""
        self._ids = tuple(ids)
        seconds = np.asarray(counts, np.int64) * 2 // PEAKS_A_SECOND
        self._bounds = np.concatenate([[0], np.cumsum(seconds)]).astype(np.int64)
        self._rows = np.zeros((int(self._bounds[-1]), PEAKS_A_SECOND), np.uint16)
        for low, each in zip(self._bounds.tolist(), constellations, strict=False):
            rows = np.ascontiguousarray(each).view(np.uint16).reshape(-1, PEAKS_A_SECOND)
            self._rows[low : low + len(rows)] = rows

    def best(
        self, query: Peaks, among: Mapping[str, Track], window_s: float, most: int = PROPOSED
    ) -> list[Moment]:
        """Windows that begin where most peaks fall together, beside what is usual in a track, best first."""
        from index.descriptors.coincidences import most_by_block

        if len(query) < LEAST_PEAKS or not len(self._rows):
            return []
        enough = max(_FEWEST, _MOST_MET * _OF_A_PITCH // (len(self._rows) * PEAKS_A_SECOND))
        chosen = np.linspace(0, len(query) - 1, min(enough, len(query))).round().astype(int)
        found = most_by_block(
            query.bins[chosen], query.times[chosen], self._rows, self._bounds, round(BLOCK_S * SPECTRA_HZ)
        )
        usual = found.usual[found.track]
        beyond = (found.count - usual) / np.sqrt(usual + 1)
        open_to = np.array([each in among for each in self._ids])
        beyond[~open_to[found.track]] = -np.inf
        return [
            window_at(
                among[self._ids[int(found.track[block])]], float(found.lag[block]) / SPECTRA_HZ, window_s
            )
            for block in np.argsort(-beyond, kind="stable")[:most].tolist()
            if beyond[block] > 0
        ]

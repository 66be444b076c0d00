"""A tune aligned exactly with places that the coarse pass found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from index.analysis.f0 import PitchTrack
from index.analysis.melody_salience import SALIENCE_HZ
from index.humming.evidence import Line, followed
from index.humming.leniency import softened
from index.humming.places import Place
from index.store.salience_store import SalienceTable

FINE_STEPS = (0.96, 1.04)
"""Tempi around each of the coarse pass's that are tried."""
REACH_S = 2.0


class Exact:
    """One tune at all tempi, and the table that it is aligned with."""

    def __init__(
        self,
        pitch: PitchTrack,
        table: SalienceTable,
        odds: np.ndarray,
        ratios: Sequence[float],
        *,
        evidence: bool,
    ) -> None:
        """`odds`, (256,) float32, as `best_path` has them; what weighs nothing is measured where `evidence` is
        wanted."""
        start_s, end_s = pitch.span_s
        self._length_s = end_s - start_s
        self._table, self._odds, self._evidence = table, odds, evidence
        self._lines = {ratio: [Line.of(pitch, ratio * step) for step in FINE_STEPS] for ratio in ratios}

    def aligned(self, places: Sequence[Place], threads: int) -> list[Place]:
        """Coarse places aligned exactly, best first; those where no path fits are left out."""
        with ThreadPoolExecutor(threads) as pool:
            found = [place for place in pool.map(self._aligned, places) if place is not None]
        return sorted(found, key=lambda place: -place.odds)

    def refined(self, places: Sequence[Place], threads: int) -> list[Place]:
        """Places that were aligned, each at the next tempo too where that fits better."""
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self._refined, places))

    def _aligned(self, place: Place) -> Place | None:
        return self._at(place, self._nearest(place)[0])

    def _refined(self, place: Place) -> Place:
        other = self._at(place, self._nearest(place)[1])
        return place if other is None or other.odds <= place.odds else other

    def _nearest(self, place: Place) -> list[float]:
        """The tempi, nearest first."""
        ratio = max(place.end_s - place.start_s, 1e-3) / self._length_s
        return sorted(self._lines, key=lambda known: abs(math.log(known / ratio)))

    def _at(self, place: Place, ratio: float) -> Place | None:
        low, high = (int(row) for row in self._table.bounds[place.track : place.track + 2])
        first = max(low, low + math.floor((place.start_s - REACH_S) * SALIENCE_HZ))
        rows = self._table.rows[first : min(high, low + math.ceil((place.end_s + REACH_S) * SALIENCE_HZ))]
        soft = softened(rows)
        paths = [followed(line, rows, self._odds, place.shift_semitones, soft) for line in self._lines[ratio]]
        best = max(paths, key=lambda path: path.odds)
        if not best.fits:
            return None
        begins_s = (first - low + int(best.rows[0])) / SALIENCE_HZ
        ends_s = (first - low + int(best.rows[-1]) + 1) / SALIENCE_HZ
        return replace(
            place,
            odds=best.total,
            start_s=begins_s,
            end_s=ends_s,
            evidence=best.evidence if self._evidence else None,
            ratio=(ends_s - begins_s) / self._length_s,
        )

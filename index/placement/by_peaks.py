"""Placement by constellation: where so many peaks of a clip's spectrum fall together with a sound's as chance does not
let them.

What a phone has recorded in a room is found by it where too few bits of the fingerprint are left: a tone that lasts
says nothing in bits, each of which compares a band with itself a moment ago, and stands out as a peak none the less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.core.frames import PEAKS_A_SECOND, PEAKS_HZ, SPECTRA_HZ, stretches
from index.core.moments import Passage, Span
from index.descriptors.constellation import A_SECOND, NEAR, bins_and_times
from index.placement.bits import LONGEST_S

LEAST_PEAKS = 12
"""A query of fewer peaks says nothing."""
_USUAL_SHARE = 0.012
"""Of a query's peaks fall on a peak of other music at one lag, for each that it has in a spectrum; measured by how
many fall on any, this is what is believed beforehand, as firmly as so many peaks and lags:"""
_BELIEVED = 3000.0
_OF_ALL = 200.0
"""What is true of all candidates is believed of each as firmly as so many of its own peaks and lags."""
_LEAST_BY_CHANCE = 0.3
_MOST_NATS = 600.0


@dataclass(frozen=True)
class Peaks:
    """What is compared of a query: at most its first 20 s."""

    bins: np.ndarray
    """(k,) int64."""
    times: np.ndarray
    """(k,) int64: spectra from its beginning."""

    def __len__(self) -> int:
        return len(self.bins)


@dataclass(frozen=True)
class FellTogether:
    """Where the most peaks of a query fall together with each candidate's."""

    nats: np.ndarray
    """(n,) minus the logarithm of the probability that at one lag so many do by chance; 0 where nothing is known."""
    starts_s: np.ndarray
    """(n,) where the query begins then."""
    count: np.ndarray
    """(n,) int: how many."""
    by_chance: np.ndarray
    """(n,) how many do by chance."""


def peaks_of(query: Passage) -> Peaks:
    """The constellation of a passage; empty where its sound has none."""
    stored = query.frames.peaks
    first = int(query.start_s * PEAKS_HZ)
    end_s = min(query.end_s, query.start_s + LONGEST_S)
    rows = (
        np.zeros((0, PEAKS_A_SECOND), np.uint16)
        if stored is None
        else np.asarray(stored[first : int(end_s) + 1])
    )
    bins, times = bins_and_times(rows)
    times = times - round((query.start_s - first / PEAKS_HZ) * SPECTRA_HZ)
    inside = (times >= 0) & (times < (end_s - query.start_s) * SPECTRA_HZ)
    return Peaks(bins[inside], times[inside])


def nearest(query: Peaks, candidates: Sequence[Span], before_s: float, after_s: float) -> FellTogether:
    """The best lag of the query from `before_s` before to `after_s` after where each candidate begins."""
    from index.descriptors.coincidences import coincidences

    starts_s = np.array([span.start_s for span in candidates])
    known = np.array([span.frames.peaks is not None for span in candidates], bool)
    nothing = np.zeros(len(candidates))
    if len(query) < LEAST_PEAKS or not known.any():
        return FellTogether(nothing, starts_s, nothing.astype(int), nothing)
    lags = round((before_s + after_s) * SPECTRA_HZ) + 1
    begin = np.round((starts_s - before_s) * SPECTRA_HZ).astype(int)
    low = begin // A_SECOND - 1
    seconds = -(-(lags + int(query.times.max())) // A_SECOND) + 2
    peaks_of_each = (span.frames.peaks for span in candidates)
    regions = stretches(peaks_of_each, low.tolist(), np.zeros((seconds, PEAKS_A_SECOND), np.uint16))
    count, peaks = coincidences(query.bins, query.times, regions, begin - low * A_SECOND, lags)
    best = count.argmax(axis=1)
    most = count[np.arange(len(count)), best]
    by_chance = _by_chance(count, best, peaks / (seconds * SPECTRA_HZ), len(query), known)
    at = (begin - low * A_SECOND + best)[:, None] + query.times
    by_chance = by_chance * _attacks(regions, at, peaks, len(query)) + _LEAST_BY_CHANCE
    nats = np.where(known, _surprise(most, by_chance), 0.0)
    last = (count[:, ::-1] == most[:, None]).argmax(axis=1)
    middle = np.minimum((best + lags - 1 - last) / 2, best + NEAR)  # as far as peaks fall together, alike
    return FellTogether(nats, (begin + middle) / SPECTRA_HZ, most, by_chance)


def _by_chance(
    count: np.ndarray, best: np.ndarray, density: np.ndarray, of_query: int, known: np.ndarray
) -> np.ndarray:
    """(m,) how many peaks fall together at one lag, on average: of all candidates, and more and more of each itself.

    A drone falls together with itself at every lag, and with all that has its tone. The best lag and those beside it
    are left out: what is to be judged by chance is no part of it.
    """
    low = np.maximum(best - 2 * NEAR, 0)[:, None]
    high = np.minimum(low + 6 * NEAR + 1, count.shape[1])
    total = np.concatenate([np.zeros((len(count), 1)), np.cumsum(count, axis=1)], axis=1)
    others = (total[:, -1:] - np.take_along_axis(total, high, 1) + np.take_along_axis(total, low, 1))[:, 0]
    lasted = density * (count.shape[1] - (high - low)[:, 0])
    usual = _USUAL_SHARE * of_query * (2 * NEAR + 1)
    share = (float(others[known].sum()) + _BELIEVED * usual) / (float(lasted[known].sum()) + _BELIEVED)
    return np.asarray((others + _OF_ALL * share) / (lasted + _OF_ALL) * density)


def _attacks(regions: np.ndarray, at: np.ndarray, peaks: np.ndarray, of_query: int) -> np.ndarray:
    """(m,) how many more peaks of any pitch sound where the query's lie, `at` (m, k), than at other times.

    Where attacks fall together, so do pitches by chance.
    """
    from index.descriptors.coincidences import peaks_near

    usual = of_query * (2 * NEAR + 1) * peaks / (regions.shape[1] * SPECTRA_HZ)
    return np.asarray((peaks_near(regions, at) + usual) / np.maximum(2 * usual, 1e-9)).clip(0.5)


def _surprise(count: np.ndarray, by_chance: np.ndarray) -> np.ndarray:
    """-log P(so many or more), of a Poisson distribution."""
    from scipy.special import pdtrc

    tail = np.where(count > 0, pdtrc(np.maximum(count - 1, 0), by_chance), 1.0)
    return np.asarray(-np.log(np.maximum(tail, np.exp(-_MOST_NATS))))

"""The fingerprint of a recording: sub-fingerprints of 32 bits that are robust to noise, rooms, telephones and MP3.

Each bit, at 16.7 Hz, says whether a band is louder than its surroundings in time and pitch. Another performance of the
same score has other bits; an excerpt of the same recording has the same ones and can be located exactly. Fingerprints
are compared by the share of equal bits; candidates and scores are not known here.

References
----------
Haitsma, Kalker, "A highly robust audio fingerprinting system", ISMIR 2002 (bits of band energies, compared by their
error rate; here each band is compared with a local mean, as in local contrast normalisation).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.core.frames import STEP
from index.core.smoothing import moving_mean

BITS = 32
LOWEST_HZ, HIGHEST_HZ = 200.0, 4000.0
_SMOOTH, _AROUND = 10, 100
"""Spectra, 0.2 s and 2 s: the span that a bit represents, and the context it is compared with."""
_BANDS_AROUND = 7
_LEAST_POWER = 1e-10
_GROUP = 4
_RUNS = (2, 4, 8)
"""So many groups of so many neighbouring bands, of 32, may hold all that a room has left: a quarter, a half, all."""
_LEAST_WEIGHT = 0.04
"""Where cells weigh less than so much of all together, there is too little to go by, and they count less."""
_AT_ONCE = 128
"""Regions compared at once, such that they fit the processor's cache."""


def band_edges_hz() -> np.ndarray:
    """(34,): where each band begins, has its middle, and ends: those of its neighbours."""
    return np.geomspace(LOWEST_HZ, HIGHEST_HZ, BITS + 2)


@lru_cache(maxsize=1)
def filters(rate_hz: int, fft: int) -> np.ndarray:
    """(32, fft / 2 + 1) float32: triangular filters over the bins of a spectrum, evenly spaced in pitch."""
    edges = band_edges_hz()[:, None]
    bins = np.fft.rfftfreq(fft, 1 / rate_hz)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(np.minimum(rising, falling), 0).astype(np.float32)


def fingerprint(bands: np.ndarray) -> np.ndarray:
    """Sub-fingerprints, (n / 3,) uint32 at 16.7 Hz, of the power in each band, (n, 32) float at 50 Hz."""
    level = np.log(moving_mean(bands.astype(np.float64), _SMOOTH, ends="constant") + _LEAST_POWER)
    level -= moving_mean(level, _AROUND)
    level -= moving_mean(level, _BANDS_AROUND, axis=1)
    bits = np.packbits(level[STEP // 2 :: STEP] > 0, axis=1)
    return np.ascontiguousarray(bits).view(">u4")[:, 0].astype(np.uint32)


@dataclass(frozen=True)
class Warp:
    """How a recording was modified: a change of tempo, of pitch, or of both."""

    ratio: float = 1.0
    """Length of the recording over length of the query."""
    bands: int = 0
    """Shift of the recording in bands of one and a half semitones; positive is higher."""

    @property
    def mask(self) -> np.uint32:
        """The bits of the recording that the query has, too."""
        every = (1 << BITS) - 1
        return np.uint32(every >> self.bands if self.bands >= 0 else (every << -self.bands) & every)

    def rows(self, query: np.ndarray) -> np.ndarray:
        """Sub-fingerprints (n,) uint32 as the recording would have them, (n ratio,); the lowest band is the top bit."""
        moved = query >> np.uint32(self.bands) if self.bands >= 0 else query << np.uint32(-self.bands)
        return moved[self.origin(len(query))]

    def origin(self, count: int) -> np.ndarray:
        """(count ratio,) int: the index among `count` rows from which each warped row is taken."""
        return np.minimum((np.arange(round(count * self.ratio)) / self.ratio).astype(int), count - 1)


UNCHANGED = Warp()


def agreement(
    query: np.ndarray, regions: np.ndarray, counted: np.ndarray, warp: Warp = UNCHANGED, step: int = 1
) -> np.ndarray:
    """Bit agreement of a query, warped, with each region at each lag.

    Parameters
    ----------
    query : (n,) uint32
    regions : (m, n ratio + lags - 1) uint32
    counted : (n,) bool, rows of the query that count: those that are not silent
    warp : applied to the query first
    step : only every `step`-th lag and every `step`-th row of the query is compared

    Returns
    -------
    (m, lags / step) float32 in [-1, 1]: 1 where all bits are equal, 0 where half of them are, as by chance.
    """
    rows, mask = warp.rows(query), warp.mask
    lags = range(0, regions.shape[1] - len(rows) + 1, step)
    chosen = np.flatnonzero(counted[warp.origin(len(query))])[::step]
    bits = rows[chosen, None]
    each = np.float32(2 / (int(mask).bit_count() * max(1, len(chosen))))
    found = np.empty((len(regions), len(lags)), np.float32)
    evenly = len(chosen) > 1 and bool((np.diff(chosen) == step).all())
    for low in range(0, len(regions), _AT_ONCE):
        part = np.ascontiguousarray(regions[low : low + _AT_ONCE].T)
        if evenly and warp.bands == 0:
            unlike = _unlike_in_pairs(part[chosen[0] :: step], bits, len(lags))
        else:
            unlike = [
                np.bitwise_count((part[chosen + lag] ^ bits) & mask).sum(axis=0, dtype=int) for lag in lags
            ]
        found[low : low + _AT_ONCE] = 1 - np.transpose(unlike) * each
    return found


def _unlike_in_pairs(rows: np.ndarray, bits: np.ndarray, lags: int) -> list[np.ndarray]:
    """How many bits, (n, 1) uint32, are others in the rows from each lag on, (n + lags - 1, m): (m,) for each.

    Two rows are compared at once, as 64 bits.
    """
    even = len(bits) // 2 * 2
    pairs, own = _pairs(rows), _pairs(bits)[:even:2]
    unlike = [
        np.bitwise_count(pairs[lag : lag + even : 2] ^ own).sum(axis=0, dtype=np.uint32)
        for lag in range(lags)
    ]
    if even < len(bits):
        for lag in range(lags):
            unlike[lag] += np.bitwise_count(rows[lag + even] ^ bits[even])
    return unlike


def _pairs(rows: np.ndarray) -> np.ndarray:
    """(n - 1, m) uint64: each row of 32 bits and the one after it."""
    return np.asarray(rows[:-1].astype(np.uint64) << np.uint64(BITS) | rows[1:])


def of_some_bands(query: np.ndarray, regions: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """How far the bits agree in the neighbouring bands in which they agree best, (m,), as significant as in all.

    A small loudspeaker plays no low bands, noise fills the high ones, voices the middle: what is left agrees well, and
    the mean over all hardly beyond chance. An agreement of a quarter of the bands counts half, of half of them 0.71:
    that is by how much more it varies by chance. (A scan statistic; over several runs some agree more by chance, too.)

    Parameters
    ----------
    query : (n,) uint32
    regions : (m, n) uint32, as they lie beside the query
    counted : (n,) bool
    """
    chosen = np.flatnonzero(counted)
    found = np.empty(len(regions), np.float32)
    groups = BITS // _GROUP
    masks = [np.uint32(((1 << _GROUP) - 1) << (_GROUP * group)) for group in range(groups)]
    for low in range(0, len(regions), _AT_ONCE):
        unlike = regions[low : low + _AT_ONCE][:, chosen] ^ query[chosen]
        counts = [np.bitwise_count(unlike & mask).sum(axis=1, dtype=np.uint32) for mask in masks]
        total = np.cumsum([np.zeros_like(counts[0]), *counts], axis=0).astype(np.float32)
        best = np.full(len(unlike), -1.0, np.float32)
        for run in _RUNS:
            least = (total[run:] - total[:-run]).min(axis=0)
            agreed = 1 - 2 * least / (_GROUP * run * max(1, len(chosen)))
            best = np.maximum(best, agreed * np.float32(np.sqrt(run / groups)))
        found[low : low + _AT_ONCE] = best
    return found


def of_loud_cells(
    query: np.ndarray, regions: np.ndarray, counted: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """`of_some_bands` at every lag, each bit of a region counted by a weight, as significant as all bits alike.

    Of bits that are right or wrong by chance a sum of w varies by the root of the sum of w squared, so that is what it
    is divided by: what few cells agree by is worth as much as the same deviation of all.

    Parameters
    ----------
    query : (n,) uint32
    regions : (m, n + lags - 1) uint32
    counted : (n,) bool
    weights : (m, n + lags - 1, 32) float32 in [0, 1], the lowest band first

    Returns
    -------
    (m, lags) float32
    """
    lags, chosen = regions.shape[1] - len(query) + 1, np.flatnonzero(counted)
    own = np.zeros((BITS, regions.shape[1], lags), np.float32)
    there = np.zeros((regions.shape[1], lags), np.float32)
    for lag in range(lags):
        own[:, chosen + lag, lag] = _signs(query[chosen]).T
        there[chosen + lag, lag] = 1
    groups, bits = BITS // _GROUP, np.float32(BITS * max(1, len(chosen)))
    weight = np.ascontiguousarray(weights.transpose(2, 0, 1))
    signed = weight * _signs(regions).transpose(2, 0, 1)
    by_band = np.stack([signed @ own, np.square(weight) @ there])  # (2, 32, m, lags)
    by_group = by_band.reshape(2, groups, _GROUP, *by_band.shape[2:]).sum(axis=2)
    total = np.cumsum(np.pad(by_group, ((0, 0), (1, 0), (0, 0), (0, 0))), axis=1)
    best = np.full(by_band.shape[2:], -1.0, np.float32)
    for run in _RUNS:
        agreed, squared = total[:, run:] - total[:, :-run]
        best = np.maximum(best, (agreed / np.sqrt(np.maximum(squared, _LEAST_WEIGHT * bits))).max(axis=0))
    return np.asarray(best / np.sqrt(bits))


def _signs(rows: np.ndarray) -> np.ndarray:
    """(..., 32) float32: 1 for each bit that is set, -1 for each that is not; the lowest band first."""
    bits = np.unpackbits(np.ascontiguousarray(rows).astype(">u4")[..., None].view(np.uint8), axis=-1)
    return np.float32(2) * bits - 1


def everywhere(
    query: np.ndarray, sound: np.ndarray, counted: np.ndarray, warp: Warp, step: int = 1
) -> np.ndarray:
    """`agreement` at every position of a whole recording, (n,) uint32: (positions / step,) float32; empty if it is
    shorter than the query.

    The query's rows are subsampled twice as coarsely as the positions.
    """
    rows, mask = warp.rows(query), warp.mask
    places = max(0, len(sound) - len(rows) + 1)
    chosen = np.flatnonzero(counted[warp.origin(len(query))])[:: 2 * step]
    unlike = np.zeros(len(range(0, places, step)), np.uint32)
    for row in chosen.tolist():
        unlike += np.bitwise_count((sound[row : row + places : step] ^ rows[row]) & mask)
    return 1 - unlike * np.float32(2 / (int(mask).bit_count() * max(1, len(chosen))))

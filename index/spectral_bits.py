"""The fingerprint of a recording: bits of its spectrogram that noise, rooms, telephones and MP3 mostly leave alone.

Each of 32 bits, some seventeen times a second, says whether a band is just now louder than its surroundings in time and
in pitch. Another performance of the same score has other bits; an excerpt of the same recording has the same ones, to
be found at its exact place. Bits are compared by the share that agrees; nothing is known here of candidates and scores.

References
----------
Haitsma, Kalker, "A highly robust audio fingerprinting system", ISMIR 2002 (bits of band energies, compared by their
error rate; here the sign is taken against a local mean, as in local contrast normalisation).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import uniform_filter1d

SPECTRA_HZ = 50.0
STEP = 3
"""Spectra from one row of bits to the next."""
FINGERPRINT_HZ = SPECTRA_HZ / STEP
BITS = 32
LOWEST_HZ, HIGHEST_HZ = 200.0, 4000.0
_SMOOTH, _AROUND = 10, 100
"""Spectra, 0.2 s and 2 s: what a bit hears, and what it is compared with."""
_BANDS_AROUND = 7
_LEAST_POWER = 1e-10
_AT_ONCE = 128
"""Regions compared at once: so many fit a processor's cache."""


@lru_cache(maxsize=1)
def filters(rate_hz: int, fft: int) -> np.ndarray:
    """(32, fft / 2 + 1) float32: triangles over the bins of a spectrum, evenly spaced in pitch."""
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BITS + 2)[:, None]
    bins = np.fft.rfftfreq(fft, 1 / rate_hz)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(np.minimum(rising, falling), 0).astype(np.float32)


def fingerprint(bands: np.ndarray) -> np.ndarray:
    """Bits of the power in each band, (n, 32) at 50 Hz, as (n / 3,) uint32 at 16.7 Hz."""
    level = np.log(
        uniform_filter1d(bands.astype(np.float64), _SMOOTH, axis=0, mode="constant") + _LEAST_POWER
    )
    level -= uniform_filter1d(level, _AROUND, axis=0, mode="nearest")
    level -= uniform_filter1d(level, _BANDS_AROUND, axis=1, mode="nearest")
    bits = np.packbits(level[STEP // 2 :: STEP] > 0, axis=1)
    return np.ascontiguousarray(bits).view(np.uint32)[:, 0]


def agreement(query: np.ndarray, regions: np.ndarray, counted: np.ndarray, step: int = 1) -> np.ndarray:
    """How far the bits of a query agree with those of each region at each lag.

    Parameters
    ----------
    query : (n,) uint32
    regions : (m, n + lags - 1) uint32
    counted : (n,) bool, rows of the query that count: those in which something sounds
    step : every so many lags, and every so many rows of the query, are compared

    Returns
    -------
    (m, lags / step) float32 in [-1, 1]: 1 where all bits are the same, 0 where half of them are, as by chance.
    """
    lags = range(0, regions.shape[1] - len(query) + 1, step)
    chosen = np.flatnonzero(counted)[::step]
    bits = query[chosen]
    found = np.empty((len(regions), len(lags)), np.float32)
    for low in range(0, len(regions), _AT_ONCE):
        part = np.ascontiguousarray(regions[low : low + _AT_ONCE].T)
        for column, lag in enumerate(lags):
            unlike = np.bitwise_count(part[chosen + lag] ^ bits[:, None]).sum(axis=0, dtype=np.uint32)
            found[low : low + _AT_ONCE, column] = 1 - unlike * np.float32(2 / (BITS * max(1, len(bits))))
    return found

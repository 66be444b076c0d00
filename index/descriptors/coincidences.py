"""How many peaks of two constellations fall together: loops that numba compiles, imported where they are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.core.frames import PEAKS_A_SECOND
from index.descriptors.constellation import A_SECOND, BINS, NEAR
from index.system.compiled import compiled


def coincidences(
    bins: np.ndarray, times: np.ndarray, regions: np.ndarray, firsts: np.ndarray, lags: int
) -> tuple[np.ndarray, np.ndarray]:
    """How many peaks of a query fall together with peaks of each region, at each lag.

    Parameters
    ----------
    bins, times : (k,) int64
        Of the query's peaks.
    regions : (m, seconds, 16) uint16
    firsts : (m,) int64
        The spectrum of each region at which lag 0 begins.
    lags : int

    Returns
    -------
    (m, lags) int32, and how many peaks each region has, (m,) int64
    """
    order = np.argsort(bins, kind="stable")
    bounds = np.searchsorted(bins[order], np.arange(BINS + 2))
    exact = np.zeros((len(regions), lags + 2 * NEAR), np.int32)
    _count(np.ascontiguousarray(regions), firsts.astype(np.int64) - NEAR, bounds, times[order], exact)
    near = np.zeros((len(regions), lags), np.int32)
    for beside in range(2 * NEAR + 1):
        near += exact[:, beside : beside + lags]
    return near, np.count_nonzero(regions, axis=(1, 2))


@compiled
def _is_peak(code: int) -> bool:
    """Whether a number may be a peak: of a damaged file anything may be read, and is not to lead anywhere."""
    return 0 < code >> 6 < BINS and code & 63 < 50


@compiled
def _count(
    regions: np.ndarray, firsts: np.ndarray, bounds: np.ndarray, times: np.ndarray, found: np.ndarray
) -> None:
    """Coincidences of peaks sorted by bin (those of bin b from `bounds[b]` on) at exactly each lag."""
    lags = found.shape[1]
    for i in range(regions.shape[0]):
        for second in range(regions.shape[1]):
            for number in range(regions.shape[2]):
                code = np.int64(regions[i, second, number])
                if not _is_peak(code):
                    continue
                own = code >> 6
                at = second * 50 + (code & 63) - firsts[i]
                for j in range(bounds[own - 1], bounds[own + 2]):
                    lag = at - times[j]
                    if 0 <= lag < lags:
                        found[i, lag] += 1


def peaks_near(regions: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(m,) int64: how many peaks of each region, of any pitch, sound near these spectra, (m, k), all together."""
    found = np.zeros(len(regions), np.int64)
    _near(np.ascontiguousarray(regions), np.ascontiguousarray(at, np.int64), found)
    return found


@compiled
def _near(regions: np.ndarray, at: np.ndarray, found: np.ndarray) -> None:
    spectra = regions.shape[1] * 50
    total = np.zeros(spectra + 1, np.int64)
    for i in range(regions.shape[0]):
        total[:] = 0
        for second in range(regions.shape[1]):
            for number in range(regions.shape[2]):
                code = np.int64(regions[i, second, number])
                if _is_peak(code):
                    total[second * 50 + (code & 63) + 1] += 1
        for each in range(spectra):
            total[each + 1] += total[each]
        for j in range(at.shape[1]):
            low, high = max(0, at[i, j] - 2), min(spectra, at[i, j] + 3)
            if low < high:
                found[i] += total[high] - total[low]


@dataclass(frozen=True)
class Blocks:
    """Where most peaks of a query fall together with those of many sounds, block by block of lags."""

    count: np.ndarray
    """(blocks,) int32: how many do at the best lag of the block."""
    lag: np.ndarray
    """(blocks,) int64: that lag, in spectra from the sound's beginning; it may be negative."""
    track: np.ndarray
    """(blocks,) int64: which of the sounds."""
    usual: np.ndarray
    """(sounds,) how many do at one lag on average."""


def most_by_block(
    bins: np.ndarray, times: np.ndarray, rows: np.ndarray, bounds: np.ndarray, block: int
) -> Blocks:
    """The best lag of each `block` spectra, of all sounds: rows (n, 16) uint16, those of sound i from bounds[i] on."""
    order = np.argsort(bins, kind="stable")
    of_bin = np.searchsorted(bins[order], np.arange(BINS + 2))
    before = int(times.max()) // block * block + block
    lags = (np.diff(bounds) * A_SECOND + before) // block * block + block
    firsts = np.concatenate([[0], np.cumsum(lags // block)])
    count, at = np.zeros(firsts[-1], np.int32), np.zeros(firsts[-1], np.int64)
    met = np.zeros(len(lags), np.int64)
    held = np.zeros(int(lags.max(initial=0)) // 2 + 2, np.int32)
    _best_of_blocks(rows, bounds, (of_bin, times[order], firsts), (before, block), (held, count, at, met))
    return Blocks(
        count, at, np.repeat(np.arange(len(lags)), lags // block), 3 * met / np.maximum(lags // 2, 1)
    )


@compiled
def _best_of_blocks(
    rows: np.ndarray,
    bounds: np.ndarray,
    query: tuple[np.ndarray, np.ndarray, np.ndarray],
    sizes: tuple[int, int],
    out: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Coincidences at every other lag, of three such lags together; `query` is sorted by bin."""
    of_bin, times, firsts = query
    before, block = sizes
    held, count, at, met = out
    for sound in range(len(bounds) - 1):
        half = (firsts[sound + 1] - firsts[sound]) * block // 2
        held[: half + 2] = 0
        for second in range(bounds[sound], bounds[sound + 1]):
            begin = (second - bounds[sound]) * 50 + before
            for number in range(rows.shape[1]):
                code = np.int64(rows[second, number])
                if code == 0:
                    break
                if not _is_peak(code):
                    continue
                own = code >> 6
                for j in range(of_bin[own - 1], of_bin[own + 2]):
                    lag = (begin + (code & 63) - times[j]) // 2
                    held[lag + 1] += 1
                    met[sound] += 1
        for lag in range(half):
            near = held[lag] + held[lag + 1] + held[lag + 2]
            here = firsts[sound] + 2 * lag // block
            if near > count[here]:
                count[here] = near
                at[here] = 2 * lag - before


def compile_all() -> None:
    """Compile everything here now."""
    some = np.ones(1, np.int64)
    nothing = np.zeros((1, PEAKS_A_SECOND), np.uint16)
    coincidences(some, some, nothing[None], some, 1)
    peaks_near(nothing[None], some[None])
    most_by_block(some, some, nothing, np.arange(2), 2)

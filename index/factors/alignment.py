"""Where a passage comes back in another key and tempo: one matrix product over keys, tempi and lags.

A query's chroma is stretched to several tempi and turned to twelve keys; a candidate's surroundings are cut
at every lag; the cosine of every pair is one product. Nothing here knows whether the chroma are of all notes or of a
melody.

References
----------
Serrà, Gómez, Herrera, "Transposing chroma representations to a common key", CIMCV 2008.
Müller, "Fundamentals of Music Processing", ch. 7.3 (diagonal matching with several tempi), Springer 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TEMPO_RATIOS: tuple[float, ...] = tuple(float(2 ** (step / 9.6)) for step in range(-4, 5))
"""Length of the hit over length of the query: nine steps from 0.75 to 1.33."""


@dataclass(frozen=True)
class Template:
    """A query's chroma at every tempo and key, ready to be compared."""

    matrix: np.ndarray
    """(frames * 12, keys * tempi) float32, unit columns: column k * tempi + t is the query in key k at tempo t."""
    lengths: np.ndarray
    """(tempi,) frames of the query at each tempo."""
    ratios: np.ndarray
    """(tempi,) the tempo ratios."""


@dataclass(frozen=True)
class Alignments:
    """The best place of a template in each of n regions."""

    value: np.ndarray
    """(n,) cosine in [-1, 1]."""
    shift_semitones: np.ndarray
    """(n,) in [-5, 6]: how much higher the region is."""
    ratio: np.ndarray
    """(n,) length of the match over length of the query."""
    lag_frames: np.ndarray
    """(n,) frames from the start of the region to the start of the match."""


def template(
    chroma: np.ndarray, rate_hz: float, to_hz: float, ratios: Sequence[float], shifts: Sequence[int]
) -> Template:
    """A query, (n, 12) chroma at `rate_hz`, at every tempo in `ratios` and key in `shifts`, on frames at `to_hz`."""
    stretched = [
        resample_rows(chroma, max(2, round(len(chroma) / rate_hz * ratio * to_hz))) for ratio in ratios
    ]
    longest = max(len(rows) for rows in stretched)
    matrix = np.zeros((longest, 12, len(shifts), len(stretched)), np.float32)
    turned = (np.arange(12)[:, None] - np.array(shifts)) % 12
    for index, rows in enumerate(stretched):
        matrix[: len(rows), :, :, index] = (rows / max(float(np.linalg.norm(rows)), 1e-9))[:, turned]
    lengths = np.array([len(rows) for rows in stretched])
    return Template(matrix.reshape(longest * 12, -1), lengths, np.array(ratios, float))


def align(query: Template, regions: np.ndarray, shifts: Sequence[int], lags: int) -> Alignments:
    """The best lag, tempo and key of a template in each region.

    Parameters
    ----------
    query : Template
    regions : np.ndarray, shape=(n, frames, 12), float32
        Chroma around each candidate; zeros where the sound has ended. `frames` is at least the longest
        template plus `lags` - 1.
    shifts : the keys the template was made for.
    lags : number of lags to try, from the start of the region.
    """
    count, frames, _ = regions.shape
    longest = len(query.matrix) // 12
    tempi = len(query.lengths)
    energy = np.zeros((count, frames + 1), np.float32)
    np.cumsum(np.einsum("ijk,ijk->ij", regions, regions), axis=1, out=energy[:, 1:])
    flat = np.ascontiguousarray(regions.reshape(count, frames * 12))
    product = np.empty((lags, len(shifts), tempi, count), np.float32)
    for lag in range(lags):
        at_lag = flat[:, lag * 12 : (lag + longest) * 12]
        np.matmul(query.matrix.T, at_lag.T, out=product[lag].reshape(-1, count))
    starts = np.arange(lags)
    ends = np.minimum(starts[:, None] + query.lengths[None, :], frames)
    norm = np.sqrt(np.maximum(energy[:, ends] - energy[:, starts][:, :, None], 1e-9))
    floor = 0.02 * np.sqrt(query.lengths, dtype=np.float32)
    value = product.max(axis=1).transpose(2, 0, 1) / np.maximum(norm, floor)
    best = value.reshape(count, -1).argmax(axis=1)
    lag, tempo = np.unravel_index(best, value.shape[1:])
    each = np.arange(count)
    key = product[lag, :, tempo, each].argmax(axis=1)
    return Alignments(
        value=value[each, lag, tempo],
        shift_semitones=np.array([centred(shift) for shift in shifts])[key],
        ratio=query.ratios[tempo],
        lag_frames=lag,
    )


def centred(shift: int) -> int:
    """A shift in semitones brought into [-5, 6]."""
    return (shift + 5) % 12 - 5


def resample_rows(rows: np.ndarray, count: int) -> np.ndarray:
    """(n, d) stretched or shrunk to (count, d): each new row is the mean over its share of the old ones."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=np.float64)])
    edges = np.linspace(0, len(rows), count + 1)
    low = np.minimum(edges.astype(int), len(rows) - 1)
    at_edges = total[low] + (edges - low)[:, None] * rows[low]
    return (np.diff(at_edges, axis=0) * (count / len(rows))).astype(np.float32)

"""Alignment of chroma: the transposition, tempo ratio and lag at which a passage fits best, in one matrix
product.

A query's chroma is stretched to several tempi and rotated to twelve keys; a candidate's surroundings are cut
at every lag; the cosines of all pairs are one product. Whether the chroma are of all notes or of a melody
makes no difference.

References
----------
Serrà, Gómez, Herrera, "Transposing chroma representations to a common key", CIMCV 2008.
Müller, "Fundamentals of Music Processing", ch. 7.3 (diagonal matching with several tempi), Springer 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

TEMPO_RATIOS: tuple[float, ...] = tuple(float(2 ** (step / 9.6)) for step in range(-4, 5))
"""Length of the hit over length of the query: nine steps from 0.75 to 1.33."""


KEYS = tuple(range(12))
_FREQUENCIES = 7
_TURNS = np.exp(-2j * np.pi * np.outer(np.arange(12), np.arange(_FREQUENCIES)) / 12)
_FOURIER = np.stack([_TURNS.real, _TURNS.imag], axis=-1).astype(np.float32)
"""(12, 7, 2): real and imaginary part of the Fourier transform over the pitch classes."""
_BACK = _TURNS.conj() * np.array([1, 2, 2, 2, 2, 2, 1]) / 12
_INVERSE = np.stack([_BACK.real, -_BACK.imag], axis=-1).reshape(12, -1).astype(np.float32)
"""(12, 14): the way back, from real and imaginary parts to the twelve keys."""


@dataclass(frozen=True)
class Template:
    """A query's chroma at every tempo ratio and transposition, ready to be compared."""

    matrix: np.ndarray
    """(frames * 12, keys * tempi) float32, unit columns:
    column k * tempi + t is the query in key k at tempo t.
    """
    lengths: np.ndarray
    """(tempi,) frames of the query at each tempo."""
    ratios: np.ndarray
    """(tempi,) the tempo ratios."""

    @cached_property
    def spectra(self) -> np.ndarray:
        """(7, 2 * tempi, frames * m * 2) float32: conjugate Fourier transform over the pitch classes, at
        every tempo.

        Rows are real, then imaginary parts of the product with a region's transform; columns go with its real
        and imaginary parts. Only where the template has all twelve keys, key 0 first.
        """
        frames, tempi = self.longest, len(self.lengths)
        in_first_key = self.matrix.reshape(frames, -1, 12, 12, tempi)[:, :, :, 0]
        real, imaginary = np.einsum("cfp,lmct->pftlm", _FOURIER, in_first_key)
        rows = np.stack([np.stack([real, imaginary], -1), np.stack([-imaginary, real], -1)], axis=1)
        return np.ascontiguousarray(rows.reshape(_FREQUENCIES, 2 * tempi, -1), np.float32)

    @property
    def longest(self) -> int:
        """Frames of the query at the slowest tempo."""
        return int(self.lengths.max())


@dataclass(frozen=True)
class Alignments:
    """The best alignment of a template in each of n regions."""

    value: np.ndarray
    """(n,) cosine in [-1, 1]."""
    shift_semitones: np.ndarray
    """(n,) in [-5, 6]: transposition in semitones; positive where the region is higher than the query."""
    ratio: np.ndarray
    """(n,) length of the match over length of the query."""
    lag_frames: np.ndarray
    """(n,) frames from the start of the region to the start of the match."""


def template(
    chroma: np.ndarray, rate_hz: float, to_hz: float, ratios: Sequence[float], shifts: Sequence[int]
) -> Template:
    """A query at every tempo ratio and transposition.

    Parameters
    ----------
    chroma : np.ndarray, shape=(n, 12 m), float32
        At `rate_hz`. m chroma of the same moment (of notes, of the spectrum) may stand side by side; they are
        rotated together.
    rate_hz, to_hz : float
        Frame rates of the chroma and of the template.
    ratios : tempo ratios, length of the match over length of the query
    shifts : transpositions in semitones
    """
    length_s = len(chroma) / rate_hz
    stretched = [resample_rows(chroma, max(2, round(length_s * ratio * to_hz))) for ratio in ratios]
    longest, width = max(len(rows) for rows in stretched), chroma.shape[1]
    matrix = np.zeros((longest, width, len(shifts), len(stretched)), np.float32)
    classes = np.arange(width)
    turned = np.stack([classes // 12 * 12 + (classes - shift) % 12 for shift in shifts], axis=1)
    for index, rows in enumerate(stretched):
        matrix[: len(rows), :, :, index] = (rows / max(float(np.linalg.norm(rows)), 1e-9))[:, turned]
    lengths = np.array([len(rows) for rows in stretched])
    return Template(matrix.reshape(longest * width, -1), lengths, np.array(ratios, float))


def align(query: Template, regions: np.ndarray, shifts: Sequence[int], lags: int) -> Alignments:
    """The best lag, tempo ratio and transposition of a template in each region.

    Parameters
    ----------
    query : Template
    regions : np.ndarray, shape=(n, frames, 12 m), float32
        Chroma, m as in the template, around each candidate; zeros where the sound has ended. `frames` is at
        least the longest template plus `lags` - 1.
    shifts : the keys the template was made for.
    lags : number of lags to try, from the start of the region.
    """
    count, frames, _ = regions.shape
    energy = np.zeros((count, frames + 1), np.float32)
    np.cumsum(np.einsum("ijk,ijk->ij", regions, regions), axis=1, out=energy[:, 1:])
    product = (_in_all_keys if tuple(shifts) == KEYS else _in_some_keys)(query, regions, lags)
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


def _in_some_keys(query: Template, regions: np.ndarray, lags: int) -> np.ndarray:
    """(lags, keys, tempi, n) float32: inner products of the template with each region at each lag."""
    count, _, width = regions.shape
    tempi = len(query.lengths)
    flat = np.ascontiguousarray(regions.reshape(count, -1))
    product = np.empty((lags, query.matrix.shape[1] // tempi, tempi, count), np.float32)
    for lag in range(lags):
        at_lag = flat[:, lag * width : (lag + query.longest) * width]
        np.matmul(query.matrix.T, at_lag.T, out=product[lag].reshape(-1, count))
    return product


def _in_all_keys(query: Template, regions: np.ndarray, lags: int) -> np.ndarray:
    """The same in all twelve keys: rotation of the pitch classes is a product of Fourier transforms."""
    count, frames, width = regions.shape
    step, tempi = width // 12 * 2, len(query.lengths)
    classes = regions.reshape(-1, 12)
    transformed = np.empty((lags, _FREQUENCIES, 2 * tempi, count), np.float32)
    spectrum = np.empty((len(classes), 2), np.float32)
    for frequency in range(_FREQUENCIES):
        np.matmul(classes, _FOURIER[:, frequency], out=spectrum)
        flat = spectrum.reshape(count, frames * step)
        for lag in range(lags):
            at_lag = flat[:, lag * step : (lag + query.longest) * step]
            np.matmul(query.spectra[frequency], at_lag.T, out=transformed[lag, frequency])
    product = np.empty((lags, 12, tempi * count), np.float32)
    np.matmul(_INVERSE, transformed.reshape(lags, 2 * _FREQUENCIES, -1), out=product)
    return product.reshape(lags, 12, tempi, count)


def centred(shift: int) -> int:
    """A shift in semitones brought into [-5, 6]."""
    return (shift + 5) % 12 - 5


def resample_rows(rows: np.ndarray, count: int) -> np.ndarray:
    """(n, d) stretched or shrunk to (count, d): each new row is the mean over its share of the old ones."""
    total = np.zeros((len(rows) + 1, rows.shape[1]))
    np.cumsum(rows, axis=0, dtype=np.float64, out=total[1:])
    edges = np.arange(count + 1) * (len(rows) / count)
    low = np.minimum(edges.astype(int), len(rows) - 1)
    at_edges = total[low] + (edges - low)[:, None] * rows[low]
    return ((at_edges[1:] - at_edges[:-1]) * (count / len(rows))).astype(np.float32)


def resample_each(parts: Sequence[np.ndarray], count: int) -> np.ndarray:
    """`resample_rows` of each of several, (n, d) float32 with any n: (parts, count, d)."""
    alike: dict[int, list[int]] = {}
    for number, part in enumerate(parts):
        alike.setdefault(len(part), []).append(number)
    found = np.empty((len(parts), count, parts[0].shape[1] if parts else 0), np.float32)
    for length, numbers in alike.items():
        found[numbers] = _shares(length, count) @ np.stack([parts[number] for number in numbers])
    return found


def _shares(length: int, count: int) -> np.ndarray:
    """(count, length) float32: how much of each new row is of each old one."""
    edges = np.arange(count + 1) * (length / count)
    upto = np.clip(edges[:, None] - np.arange(length), 0, 1)
    return (np.diff(upto, axis=0) * (count / length)).astype(np.float32)

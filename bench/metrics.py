"""What is said of a list of answers: recall, ranks, calibration, separation, hubs; with bootstrap intervals.

Arithmetic only; nothing here knows how the answers came about.

References
----------
Efron, Tibshirani, "An Introduction to the Bootstrap", 1993 (percentile intervals;
whole pieces are drawn, since queries of one piece are alike).
Guo et al., "On calibration of modern neural networks", ICML 2017 (expected calibration error).
Radovanović, Nanopoulos, Ivanović, "Hubs in space", JMLR 2010 (skew of the k-occurrence).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

ENOUGH_OVERLAP = 0.5
NOWHERE = 1_000_000
"""The rank of what was not found."""


@dataclass(frozen=True)
class Given:
    """One moment of an answer, best first in its list."""

    piece: str
    start_s: float
    end_s: float
    confidence: float = float("nan")
    score: float = float("nan")


@dataclass(frozen=True)
class Judged:
    """One answer held against the truth; ranks count from 0, and `NOWHERE` is not found."""

    kind: str
    piece: str
    moment_rank: int
    piece_rank: int
    start_error_s: float
    """Of the right moment, nan where there is none."""


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def overlap(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Intersection over union of two spans, in [0, 1]."""
    shared = min(first[1], second[1]) - max(first[0], second[0])
    return max(0.0, shared) / (max(first[1], second[1]) - min(first[0], second[0]))


def judge(kind: str, piece: str, spans: Sequence[tuple[float, float]], answer: Sequence[Given]) -> Judged:
    """Where the right moment and the right piece stand in an answer.

    Parameters
    ----------
    spans : where the piece has what the query plays, exact repeats included, in seconds.
    """
    moment_rank = piece_rank = NOWHERE
    error_s = float("nan")
    seen: list[str] = []
    for rank, given in enumerate(answer):
        if given.piece not in seen:
            seen.append(given.piece)
        if given.piece != piece:
            continue
        piece_rank = min(piece_rank, seen.index(piece))
        best = max(spans, key=lambda span: overlap(span, (given.start_s, given.end_s)))
        if moment_rank == NOWHERE and overlap(best, (given.start_s, given.end_s)) >= ENOUGH_OVERLAP:
            moment_rank, error_s = rank, abs(given.start_s - best[0])
    return Judged(kind, piece, moment_rank, piece_rank, error_s)


def recall(judged: Sequence[Judged], k: int, what: str = "moment") -> Estimate:
    """Share of queries whose right moment (or piece) is among the first k."""
    ranks = [each.moment_rank if what == "moment" else each.piece_rank for each in judged]
    return bootstrap([rank < k for rank in ranks], [each.piece for each in judged])


def reciprocal_rank(judged: Sequence[Judged]) -> Estimate:
    """Mean reciprocal rank of the piece; 0 where it is not in the list."""
    values = [1 / (1 + each.piece_rank) if each.piece_rank < NOWHERE else 0.0 for each in judged]
    return bootstrap(values, [each.piece for each in judged])


def bootstrap(values: Sequence[float], groups: Sequence[str], draws: int = 1000, seed: int = 0) -> Estimate:
    """Mean with its percentile interval; groups (pieces) are drawn whole."""
    numbers = np.asarray(values, float)
    if not len(numbers):
        return Estimate(float("nan"), float("nan"), float("nan"))
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    sums, counts = np.bincount(group, numbers), np.bincount(group)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(draws, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(numbers.mean()), float(low), float(high))


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width:
    how far what was promised lies from what came true.
    """
    promised, true = np.asarray(confidence, float), np.asarray(right, float)
    if not len(promised):
        return float("nan")
    place = np.minimum((promised * bins).astype(int), bins - 1)
    apart = np.abs(np.bincount(place, promised, bins) - np.bincount(place, true, bins))
    return float(apart.sum() / len(promised))


def brier(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Mean squared distance of what was promised from what came true."""
    if not len(confidence):
        return float("nan")
    return float(np.mean((np.asarray(confidence, float) - np.asarray(right, float)) ** 2))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Probability that a positive has a higher value than a negative; ties count half."""
    if not len(positive) or not len(negative):
        return float("nan")
    low = np.sort(np.asarray(negative, float))
    below = np.searchsorted(low, positive, "left") + np.searchsorted(low, positive, "right")
    return float(below.mean() / 2 / len(low))


def occurrence(answers: Iterable[Sequence[str]], everything: Sequence[str]) -> np.ndarray:
    """(n,) how often each of `everything` stands in an answer."""
    counts = Counter(name for answer in answers for name in answer)
    return np.array([counts[name] for name in everything])


def skew(counts: np.ndarray) -> float:
    """Skewness of the k-occurrence: 0 where all are found alike, large where a few are found always."""
    centred = counts - counts.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    return float(np.mean(centred**3) / spread**3) if spread else 0.0

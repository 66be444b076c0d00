"""Beat tracking and phrase segmentation near a moment, so that playback can start at a musical boundary.

A moment begins where it aligns with the query, which is rarely a boundary of the music. Boundaries are
detected: a beat where the tempo is clear and there is an onset on it; a phrase at an onset after a gap, after
a dip in level, or with a change of timbre. Downbeats are not known, nor phrases that follow one another
without a gap or a change. Where nothing is detected with confidence, nothing is offered.

References
----------
Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36(1), 2007.
Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000.
Cambouropoulos, "The local boundary detection model (LBDM)", ICMC 2001 (gaps between onsets).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from index.core.errors import clock
from index.core.facts import Fact
from index.core.frames import NOTE_HZ, ONSET_HZ, SKETCH_HZ, cut
from index.core.moments import Passage
from index.core.smoothing import gaussian_mean
from index.factors.dynamics import levels_db, onset_times_s
from index.factors.rhythm import Pulse, pulse

REACH_S = 3.0
"""How far from a moment's start or end a phrase may begin and still be offered for it."""
LEAST_PROBABILITY = 0.5
"""Probability from which a phrase boundary is offered."""
_RISE_S = 0.04
"""Delay from a note's onset to the peak of the onset strength: the median of 160 rendered pieces."""
_AROUND_S = 10.0
"""Context before and after a moment that is analysed for its boundaries."""
_APART_S = 1.0
"""Of two phrase boundaries closer than this, the more probable one counts."""
_TIGHTNESS = 100.0
_ON_BEAT_S = 0.07
_LONGEST_GAP_S = 3.0
_NEIGHBOURS = 25
_NOVELTY_S = 1.0
_LEAST_S = 1.0
_INTERCEPT = -6.06
_WEIGHTS = (2.36, 0.57, 0.83, 0.13, 0.41)
"""Logistic weights of `boundary_features`, by `python -m bench.boundaries --fit`."""


Kind = Literal["beat", "phrase"]
_DOES: dict[Kind, str] = {"beat": "falls", "phrase": "begins"}


@dataclass(frozen=True)
class Boundary:
    """A boundary: a beat, or the beginning of a phrase."""

    time_s: float
    """From the start of the sound."""
    kind: Kind
    strength: float
    """In [0, 1]. Of a beat: how strongly the onsets repeat at the tempo. Of a phrase: its probability."""


@dataclass(frozen=True)
class MusicalSpan:
    """The boundaries nearest to a moment's start and end; None where none was detected with confidence."""

    start: Boundary | None
    end: Boundary | None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The boundaries with their times: "a phrase begins at 1:21.4", "a beat falls at 1:33"."""
        places = ("near the start", self.start), ("near the end", self.end)
        return tuple(
            Fact(
                name, round(each.time_s, 1), "s", f"a {each.kind} {_DOES[each.kind]} at {clock(each.time_s)}"
            )
            for name, each in places
            if each is not None
        )


def musical_span(passage: Passage) -> MusicalSpan:
    """The phrase, else the beat, nearest to a passage's start, and to its end.

    A phrase boundary lies at most REACH_S away, a beat at most half a beat period. An end less than a second
    after the start is dropped. Takes a few milliseconds.
    """
    begins = phrases(_widened(passage, _AROUND_S))
    on_beat = beats(_widened(passage, REACH_S), pulse(passage))
    start = _nearest(passage.start_s, begins, on_beat)
    end = _nearest(passage.end_s, begins, on_beat)
    if end is not None and end.time_s < (start.time_s if start else passage.start_s) + _LEAST_S:
        end = None
    return MusicalSpan(start, end)


def _widened(passage: Passage, by_s: float) -> Passage:
    end_s = min(passage.frames.duration_s, passage.end_s + by_s)
    return replace(passage, start_s=max(0.0, passage.start_s - by_s), end_s=end_s)


def _nearest(time_s: float, begins: Sequence[Boundary], on_beat: Sequence[Boundary]) -> Boundary | None:
    near = [each for each in begins if abs(each.time_s - time_s) <= REACH_S]
    if not near and len(on_beat) > 1:
        half_s = float(np.median(np.diff([each.time_s for each in on_beat]))) / 2
        near = [each for each in on_beat if abs(each.time_s - time_s) <= half_s]
    return min(near, key=lambda each: abs(each.time_s - time_s), default=None)


def beats(passage: Passage, tempo: Pulse | None = None) -> tuple[Boundary, ...]:
    """The beats of a passage, in order, if its tempo is clear; only those that coincide with an onset.

    Beats are tracked by dynamic programming over the onset strength (Ellis 2007), at the given tempo (for
    instance that of a moment inside the passage) or at the passage's own.
    """
    tempo = tempo or pulse(passage)
    onsets_s = onset_times_s(passage)
    if not tempo.clear or not len(onsets_s):
        return ()
    strength = cut(passage.frames.onset, ONSET_HZ, passage.start_s, passage.end_s).astype(np.float64)
    at_s = passage.start_s + _beat_frames(strength, 60 * ONSET_HZ / tempo.bpm) / ONSET_HZ
    nearest_s = onsets_s[np.abs(onsets_s - at_s[:, None]).argmin(axis=1)]
    kept = np.unique(nearest_s[np.abs(nearest_s - at_s) <= _ON_BEAT_S])
    return tuple(_boundary(time_s, "beat", tempo.strength) for time_s in kept)


def _beat_frames(strength: np.ndarray, period: float) -> np.ndarray:
    """Beat positions (frames, int) in an onset strength (n,), for a period in frames, by dynamic programming."""
    local = gaussian_mean(strength / max(float(strength.std()), 1e-9), period / 32)
    shortest = max(1, round(period / 2))
    lags = np.arange(shortest, round(2 * period) + 1)
    cost = _TIGHTNESS * np.log(lags / period) ** 2
    score, before = local.copy(), np.full(len(local), -1)
    for first in range(
        shortest, len(local), shortest
    ):  # no lag is shorter, so a block does not depend on itself
        frames = np.arange(first, min(first + shortest, len(local)))
        from_ = frames[:, None] - lags
        worth = np.where(from_ >= 0, score[np.maximum(from_, 0)] - cost, 0.0)
        best = worth.argmax(axis=1)
        rows = np.arange(len(frames))
        score[frames] += worth[rows, best]
        before[frames] = np.where(worth[rows, best] > 0, from_[rows, best], -1)
    last = len(local) - min(len(local), round(period))
    path = [last + int(score[last:].argmax())]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])


def phrases(passage: Passage) -> tuple[Boundary, ...]:
    """The phrase boundaries of a passage, in order: onsets
    whose probability is a local maximum above the threshold.
    """
    onsets_s = onset_times_s(passage)
    if not len(onsets_s):
        return ()
    features = boundary_features(passage, onsets_s)
    probability = 1 / (1 + np.exp(-(features @ np.array(_WEIGHTS) + _INTERCEPT)))
    found = []
    for index in np.flatnonzero(probability >= LEAST_PROBABILITY):
        near = np.abs(onsets_s - onsets_s[index]) < _APART_S
        if probability[index] == probability[near].max():
            found.append(_boundary(onsets_s[index], "phrase", probability[index]))
    return tuple(found)


def boundary_features(passage: Passage, onsets_s: np.ndarray) -> np.ndarray:
    """Features of a phrase boundary at each onset, (n, 5) float64.

    Seconds since the previous onset, at most 3; the log2 of that, the log of the onset strength and the rise
    in level (dB), each relative to the median of the 25 surrounding onsets; and Foote's novelty of the timbre
    (MFCC, a second to each side). The first onset counts as one after a long gap. Novelty of the note chroma,
    with 1 to 8 s to each side, added nothing on 160 works of the development split and is left out.

    Parameters
    ----------
    passage : Passage
    onsets_s : np.ndarray, shape=(n,), float
        Onset times from the start of the sound; n at least 1.
    """
    span = passage.span
    strength = cut(passage.frames.onset, ONSET_HZ, passage.start_s, passage.end_s).astype(np.float64)
    mfcc = cut(passage.frames.mfcc, SKETCH_HZ, passage.start_s, passage.end_s).astype(np.float32)
    mfcc = (mfcc - mfcc.mean(axis=0)) / np.maximum(mfcc.std(axis=0), 1e-6)
    inside_s = onsets_s - passage.start_s
    gap_s = np.minimum(np.diff(onsets_s, prepend=-np.inf), _LONGEST_GAP_S)
    frames = np.clip(np.round(inside_s * ONSET_HZ).astype(int), 0, len(strength) - 1)
    logarithms = np.log2(gap_s), np.log(strength[frames] + 0.1)
    usual = [_against_usual(each) for each in (*logarithms, _rises_db(levels_db(span), inside_s - _RISE_S))]
    return np.stack([gap_s, *usual, _novelty(mfcc, inside_s - _RISE_S)], axis=1)


def _rises_db(level_db: np.ndarray, at_s: np.ndarray) -> np.ndarray:
    """(n,) rise from the lowest level in the 0.3 s before
    each time to the highest in the 0.5 s after it, in dB.
    """
    places = np.clip(np.round(at_s * NOTE_HZ).astype(int), 0, len(level_db) - 1)
    return np.array([level_db[i : i + 6].max() - level_db[max(0, i - 3) : i + 1].min() for i in places])


def _against_usual(values: np.ndarray) -> np.ndarray:
    """Values relative to the median of the surrounding onsets."""
    from scipy.ndimage import median_filter

    return np.asarray(values - median_filter(values, _NEIGHBOURS, mode="nearest"))


def _novelty(rows: np.ndarray, at_s: np.ndarray) -> np.ndarray:
    """(n,) novelty, 0 or more: how much features (m, d) at 2 Hz differ before and after each time.

    The square root of Foote's novelty: his checkerboard kernel is the outer product of a vector with itself,
    so on the self-similarity matrix it gives the square of what that vector gives on the features.
    """
    from scipy.ndimage import correlate1d

    half = round(_NOVELTY_S * SKETCH_HZ)
    places = np.arange(-half, half) + 0.5
    kernel = np.sign(places) * np.exp(-2 * (places / half) ** 2)
    edges = correlate1d(rows, 2 * kernel / np.abs(kernel).sum(), axis=0, mode="nearest")
    return np.interp(at_s, np.arange(len(rows)) / SKETCH_HZ, np.linalg.norm(edges, axis=1))


def _boundary(onset_s: float, kind: Kind, strength: float) -> Boundary:
    return Boundary(max(0.0, round(float(onset_s) - _RISE_S, 3)), kind, min(1.0, float(strength)))

"""Boundaries: the beats and the beginnings of phrases near a moment, so that it can be heard from a musical place.

A moment begins where it aligns with the query, which is rarely where the music begins anything. What is offered was
measured: a beat where the tempo is sure and a note begins on it; a phrase where a note begins after a gap, out of a
dip of level, or with other notes or another sound than before. Not known are bars (which beat is the first), and
phrases that follow one another without a breath or a change: where nothing is sure, nothing is offered.

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
from scipy.ndimage import correlate1d, gaussian_filter1d, median_filter

from index.core.errors import clock
from index.core.facts import Fact, Span
from index.core.frames import NOTE_HZ, ONSET_HZ, SKETCH_HZ, cut
from index.core.moments import Passage
from index.factors.dynamics import levels_db, onset_times_s
from index.factors.rhythm import Pulse, pulse

REACH_S = 3.0
"""How far from a moment's start or end a phrase may begin and still be offered for it."""
SURE_PHRASE = 0.5
"""Probability from which on a phrase is offered."""
_RISE_S = 0.04
"""How much later than a note the onset strength is highest: the median of 160 rendered pieces."""
_AROUND_S = 10.0
"""What is heard before and after a moment to judge its boundaries."""
_APART_S = 1.0
"""Of two phrases that begin closer than this, the surer one counts."""
_TIGHTNESS = 100.0
_ON_BEAT_S = 0.07
_LONGEST_GAP_S = 3.0
_NEIGHBOURS = 25
_NOVELTY_S = 1.0
_LEAST_S = 1.0
_INTERCEPT = -6.06
_WEIGHTS = (2.36, 0.57, 0.83, 0.13, 0.41)
"""Of `signs`, by `python -m bench.boundaries --fit`."""


Kind = Literal["beat", "phrase"]
_DOES: dict[Kind, str] = {"beat": "falls", "phrase": "begins"}


@dataclass(frozen=True)
class Boundary:
    """A place where something begins: a beat or a phrase."""

    time_s: float
    """In the sound's time."""
    kind: Kind
    strength: float
    """In [0, 1]. Of a beat: how strongly the onsets repeat at the tempo. Of a phrase: its probability."""


@dataclass(frozen=True)
class MusicalSpan:
    """The boundaries nearest to a moment's start and end; None where nothing is sure."""

    start: Boundary | None
    end: Boundary | None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What is there, with its time: "a phrase begins at 1:21.4", "a beat falls at 1:33"."""
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

    A phrase lies at most REACH_S away, a beat at most half a beat. An end that is not a second after the start is
    none. Takes a few milliseconds.
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
    """The beats of a passage, in order, where its tempo is clear; only those on which a note begins.

    The beats are the path through the onset strength that keeps the tempo best (Ellis 2007): the one given, as that of
    a moment inside the passage, else the passage's own.
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
    """Frames of the beats of an onset strength, (n,) of `period` frames each, by dynamic programming."""
    local = gaussian_filter1d(strength / max(float(strength.std()), 1e-9), period / 32)
    shortest = max(1, round(period / 2))
    lags = np.arange(shortest, round(2 * period) + 1)
    cost = _TIGHTNESS * np.log(lags / period) ** 2
    score, before = local.copy(), np.full(len(local), -1)
    for first in range(shortest, len(local), shortest):  # no lag is shorter: a block needs nothing of itself
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
    """The beginnings of phrases in a passage, in order: onsets that are surer than SURE_PHRASE and all around them."""
    onsets_s = onset_times_s(passage)
    if not len(onsets_s):
        return ()
    sure = 1 / (1 + np.exp(-(signs(passage, onsets_s) @ np.array(_WEIGHTS) + _INTERCEPT)))
    found = []
    for index in np.flatnonzero(sure >= SURE_PHRASE):
        near = np.abs(onsets_s - onsets_s[index]) < _APART_S
        if sure[index] == sure[near].max():
            found.append(_boundary(onsets_s[index], "phrase", sure[index]))
    return tuple(found)


def signs(passage: Passage, onsets_s: np.ndarray) -> np.ndarray:
    """What speaks for a phrase that begins at each onset, (n, 5) float; n at least 1.

    Seconds since the onset before, 3 at most; the same in octaves, how strong the onset is (the logarithm) and how
    far the level rises there (dB), each against the median of the 25 onsets around; and Foote's novelty of the timbre
    (MFCC, a second to each side). The first onset counts as one after a long gap. The novelty of the note chroma,
    with 1 to 8 s to each side, told no more than these on 160 works of the side "tune", and is left out.
    """
    span = Span(passage.frames, passage.start_s, passage.end_s)
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
    """From the softest of the 0.3 s before each time to the loudest of the 0.5 s after it, (n,)."""
    places = np.clip(np.round(at_s * NOTE_HZ).astype(int), 0, len(level_db) - 1)
    return np.array([level_db[i : i + 6].max() - level_db[max(0, i - 3) : i + 1].min() for i in places])


def _against_usual(values: np.ndarray) -> np.ndarray:
    """Values against the median of the onsets around."""
    return np.asarray(values - median_filter(values, _NEIGHBOURS, mode="nearest"))


def _novelty(rows: np.ndarray, at_s: np.ndarray) -> np.ndarray:
    """How different features (m, d) at 2 Hz are in the second before and after each time, (n,) at least 0.

    The root of Foote's novelty: his checkerboard is the outer product of one vector with itself, so that, laid on
    the products of features, it gives the square of what that vector gives on the features themselves.
    """
    half = round(_NOVELTY_S * SKETCH_HZ)
    places = np.arange(-half, half) + 0.5
    kernel = np.sign(places) * np.exp(-2 * (places / half) ** 2)
    edges = correlate1d(rows, 2 * kernel / np.abs(kernel).sum(), axis=0, mode="nearest")
    return np.interp(at_s, np.arange(len(rows)) / SKETCH_HZ, np.linalg.norm(edges, axis=1))


def _boundary(onset_s: float, kind: Kind, strength: float) -> Boundary:
    return Boundary(max(0.0, round(float(onset_s) - _RISE_S, 3)), kind, min(1.0, float(strength)))

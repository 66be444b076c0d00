"""Rhythm: the periodicities of the onsets on a logarithmic lag axis, where another tempo is a shift.

References
----------
Gruhne, Dittmar, "Improving rhythmic pattern features based on logarithmic preprocessing", AES 2009.
Grosche, Müller, Kurth, "Cyclic tempogram - a mid-level tempo representation for music signals", ICASSP 2010.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.core.facts import Beside, Fact
from index.core.frames import ONSET_HZ, cut
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.core.smoothing import gaussian_mean, quick_length
from index.factors.base import ProposesNothing, measured_once
from index.factors.dynamics import onset_density
from index.placement.prepared import PreparedQuery
from index.text.scales import FAST_FROM_BPM, PACE, SAME_TEMPO, SLOW_BELOW_BPM

_BINS_PER_OCTAVE = 12
_LAGS_S = 0.12 * 2 ** (np.arange(5 * _BINS_PER_OCTAVE) / _BINS_PER_OCTAVE)
_MAX_SHIFT = 5
_TEMPO_CENTRE_BPM = 110.0
_TEMPO_SPREAD_OCTAVES = 0.9
_FITS_OCTAVES = 0.09
_TOLD_OCTAVES = 0.04
"""Largest deviation of the ratio of two tempi from that of the alignment, for both to be reported: 2.8 %."""
_NEARLY = 0.6
_SLOWEST_BPM = 30.0
_FASTEST_BPM = 220.0
_FEWEST_FRAMES = 60
CLEAR_PULSE = 0.25
"""Autocorrelation of the onset strength from which a tempo is reported."""


class Rhythm(ProposesNothing):
    """Best correlation of two log-lag tempograms over small shifts of tempo."""

    name = "rhythm"

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """Correlation in [-1, 1] at the best of eleven tempo shifts (a semitone of lag each)."""
        return self.compare(query, self.measure(candidates))

    def measure(self, spans: Sequence[Span]) -> np.ndarray:
        """The log-lag tempogram of each span, (n, 60) float32."""
        return log_lag_tempograms(spans)

    def compare(self, query: PreparedQuery, measured: np.ndarray) -> np.ndarray:
        """Correlation in [-1, 1] at the best of eleven tempo shifts (a semitone of lag each)."""
        own = measured_once(self, query)
        return np.max(
            [_correlation(own, measured, shift) for shift in range(-_MAX_SHIFT, _MAX_SHIFT + 1)], axis=0
        )

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """Tempo and onset density."""
        beat, density = pulse(passage, beside), onset_density(passage)
        word = pace_word(density, beat)
        onsets = f"{density:.1f} onsets a second"
        return (
            Fact("tempo", round(beat.bpm), "bpm", f"{beat.bpm:.0f} bpm" if beat.clear else "no clear pulse"),
            Fact("density", round(density, 1), "/s", f"{word}, {onsets}" if word else onsets),
        )

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """The ratio of the two tempi, from the alignment; and the two tempi, where both have a pulse that fits it."""
        change = 1 / alignment.tempo_ratio - 1
        words = (
            "the same tempo"
            if abs(change) < SAME_TEMPO
            else f"{100 * abs(change):.0f} % {'faster' if change > 0 else 'slower'}"
        )
        facts = [Fact("tempo ratio", round(alignment.tempo_ratio, 3), "", words)]
        both = both_bpm(query, hit, alignment)
        return (*facts, Fact("pulse", both, "bpm", f"{both} bpm")) if both else tuple(facts)


def both_bpm(query: Passage, hit: Passage, alignment: Alignment) -> str:
    """As in "76 and 73": the tempi of both, where both have a pulse and its ratio is that of the alignment."""
    own, other = pulse(query), pulse(hit, Beside(query, alignment))
    fits = abs(np.log2(own.bpm / other.bpm / alignment.tempo_ratio)) < _TOLD_OCTAVES
    return f"{own.bpm:.0f} and {other.bpm:.0f}" if own.clear and other.clear and fits else ""


@dataclass(frozen=True)
class Pulse:
    """The tempo of a passage, and the autocorrelation of its onsets at that period, at most 1."""

    bpm: float
    strength: float

    @property
    def clear(self) -> bool:
        """Whether it is strong enough to be reported."""
        return self.strength >= CLEAR_PULSE


def pulse(passage: Passage, beside: Beside | None = None) -> Pulse:
    """The tempo of a passage: the strongest lag, with a log-normal prior around 110 bpm (as in librosa).

    Metrical-level (octave) ambiguity is resolved by another passage, if one is given: of the half, single and double
    tempo the one is chosen that agrees with the other's tempo and the alignment, if it is nearly as strong.
    """
    repeats = _onset_autocorrelation(passage)
    if not repeats.any():
        return Pulse(_TEMPO_CENTRE_BPM, 0.0)
    lags = np.arange(
        round(60 * ONSET_HZ / _FASTEST_BPM), min(round(60 * ONSET_HZ / _SLOWEST_BPM), len(repeats) - 1)
    )
    bpm = 60 * ONSET_HZ / np.maximum(lags, 1)
    octaves = np.log2(bpm / _TEMPO_CENTRE_BPM) / _TEMPO_SPREAD_OCTAVES
    weighed = np.maximum(repeats[lags], 0) * np.exp(-0.5 * octaves**2)
    best = int(np.argmax(weighed))
    if beside is not None:
        wanted_bpm = pulse(beside.passage).bpm / beside.alignment.tempo_ratio
        near = np.flatnonzero(np.abs(np.log2(bpm / wanted_bpm)) < _FITS_OCTAVES)
        if len(near) and repeats[lags[near]].max() >= _NEARLY * repeats[lags[best]]:
            best = int(near[repeats[lags[near]].argmax()])
    lag = lags[best] + _peak_offset(repeats, int(lags[best]))
    return Pulse(float(60 * ONSET_HZ / lag), float(repeats[lags[best]]))


def _onset_autocorrelation(passage: Passage) -> np.ndarray:
    """Autocorrelation of the onset strength at every lag (frames at 50 Hz), normalised to 1 at lag 0."""
    strength = cut(passage.frames.onset, ONSET_HZ, passage.start_s, passage.end_s).astype(np.float64)
    count = len(strength)
    smooth = gaussian_mean(strength, 1.0)
    smooth -= smooth.mean()
    size = quick_length(2 * count)
    spectrum = np.fft.rfft(smooth, size)
    lagged = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[:count]
    if count < _FEWEST_FRAMES or lagged[0] <= 1e-9:
        return np.zeros(count)
    return np.asarray(lagged / lagged[0] * (count / (count - np.arange(count))))


def pace_word(density: float, beat: Pulse) -> str:
    """Slow or fast, if onset density and tempo agree; else empty."""
    word = PACE.word(density)
    if beat.clear and (
        (word == "slow" and beat.bpm >= SLOW_BELOW_BPM) or (word == "fast" and beat.bpm < FAST_FROM_BPM)
    ):
        return ""
    return word


def log_lag_tempograms(spans: Sequence[Span]) -> np.ndarray:
    """(n, 60) float32: autocorrelation of the onset strength at lags of 0.12 to 3.6 s, twelve an octave."""
    from scipy.fft import irfft, rfft

    strengths = [cut(span.frames.onset, ONSET_HZ, span.start_s, span.end_s) for span in spans]
    longest = max(len(strength) for strength in strengths)
    rows = np.zeros((len(spans), longest), np.float32)
    for row, strength in zip(rows, strengths, strict=True):
        row[: len(strength)] = strength
        row[: len(strength)] -= row[: len(strength)].mean()
    size = quick_length(2 * longest)
    spectrum = rfft(rows, size, axis=1)
    correlation = irfft(spectrum.real**2 + spectrum.imag**2, size, axis=1)[:, :longest]
    at = _LAGS_S * ONSET_HZ
    low = np.floor(at).astype(int)
    usable = low + 1 < longest
    low = np.where(usable, low, 0)
    fraction = (at - low).astype(np.float32)
    sampled = (
        correlation[:, low] * (1 - fraction) + correlation[:, np.minimum(low + 1, longest - 1)] * fraction
    )
    sampled = np.where(usable, sampled, 0)
    return (sampled / np.maximum(correlation[:, :1], 1e-6)).astype(np.float32)


def tempo_bpm(passage: Passage) -> float:
    """Estimated tempo of a passage, in beats per minute."""
    return pulse(passage).bpm


def _peak_offset(curve: np.ndarray, peak: int) -> float:
    """Sub-bin position of a peak by parabolic interpolation, in [-0.5, 0.5]."""
    if not 0 < peak < len(curve) - 1:
        return 0.0
    left, top, right = (float(value) for value in curve[peak - 1 : peak + 2])
    bend = left - 2 * top + right
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (left - right) / bend))


def _correlation(own: np.ndarray, others: np.ndarray, shift: int) -> np.ndarray:
    if shift >= 0:
        first, second = own[: len(own) - shift], others[:, shift:]
    else:
        first, second = own[-shift:], others[:, :shift]
    first = first - first.mean()
    second = second - second.mean(axis=1, keepdims=True)
    return second @ first / np.maximum(np.linalg.norm(first) * np.linalg.norm(second, axis=1), 1e-6)

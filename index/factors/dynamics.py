"""Dynamics: the loudness curve and note density of a moment, independent of its overall level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from index.core.errors import clock
from index.core.facts import Beside, Fact
from index.core.frames import NOTE_HZ, ONSET_HZ, cut
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.core.smoothing import moving_mean
from index.factors.base import ProposesNothing, measured_once
from index.placement.prepared import PreparedQuery
from index.text.scales import ALONE_SHARE, COURSE_DB, LOUDNESS, RANGE, THINNING

_POINTS = 40
_SMOOTHED = 2
"""Half width of the moving average over a loudness curve, in frames."""
_FLOOR_DB = -60.0
_SCALE_DB = 6.0
_FEWEST_ONSETS = 3


class Dynamics(ProposesNothing):
    """Similarity of two loudness curves, resampled to the same length."""

    name = "dynamics"

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """In (0, 1]: exp of minus the RMS difference between the two courses in units of 6 dB."""
        return self.compare(query, self.measure(candidates))

    def measure(self, spans: Sequence[Span]) -> np.ndarray:
        """The course of each span, (n, 40) float32."""
        return courses(spans)

    def compare(self, query: PreparedQuery, measured: np.ndarray) -> np.ndarray:
        """In (0, 1]: exp of minus the RMS difference between the two courses in units of 6 dB."""
        own = measured_once(self, query)
        return np.exp(-np.sqrt(np.mean((measured - own) ** 2, axis=1)) / _SCALE_DB)

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """Loudness relative to the recording's mean, its range and curve, and the attack of the notes."""
        relative_db, spread_db, attack = relative_level_db(passage), range_db(passage), attack_db(passage)
        heard = loudness_course(passage)
        return (
            Fact("loudness", round(relative_db, 1), "dB", loudness_words(passage)),
            Fact(
                "range",
                round(spread_db, 1),
                "dB",
                ", ".join([*filter(None, [RANGE.word(spread_db)]), f"{spread_db:.0f} dB"]),
            ),
            Fact("course", round(heard.change_db, 1), "dB", heard.text or "keeps its level"),
            Fact("attack", round(attack, 1), "dB", f"onsets rise by {attack:.1f} dB"),
        )

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """The RMS difference between the two loudness curves, in dB."""
        apart_db = course_apart_db(query, hit)
        return (
            Fact("difference of course", round(apart_db, 1), "dB", f"loudness runs {apart_db:.1f} dB apart"),
        )


@dataclass(frozen=True)
class LoudnessCourse:
    """How loudness moves through a passage."""

    kind: Literal["", "swelling", "fading", "rising and falling"]
    change_db: float
    """From the first third to the last; for rising and falling, from the softer of them to the middle."""
    at_s: float
    """Where it turns, in the sound's time."""

    @property
    def text(self) -> str:
        """As in "swelling towards 1:29", "fading after 1:28"; empty where it keeps its level."""
        time = clock(round(self.at_s))
        if self.kind == "rising and falling":
            return f"rising and falling, loudest at {time}"
        return f"{self.kind} {'towards' if self.kind == 'swelling' else 'after'} {time}" if self.kind else ""


def loudness_course(passage: Passage) -> LoudnessCourse:
    """The course of loudness over the thirds of a passage."""
    level = moving_mean(levels_db(passage.span), 10)
    if len(level) < 20:
        return LoudnessCourse("", 0.0, passage.start_s)
    first, middle, last = (float(part.mean()) for part in np.array_split(level, 3))
    loudest = int(level.argmax())
    if middle - max(first, last) >= COURSE_DB:
        return LoudnessCourse(
            "rising and falling", middle - min(first, last), passage.start_s + loudest / NOTE_HZ
        )
    change = last - first
    if change >= COURSE_DB:
        return LoudnessCourse("swelling", change, passage.start_s + loudest / NOTE_HZ)
    if change <= -COURSE_DB:
        loud = np.flatnonzero(level >= level[loudest] - COURSE_DB / 2)
        return LoudnessCourse("fading", change, passage.start_s + float(loud[-1]) / NOTE_HZ)
    return LoudnessCourse("", change, passage.start_s)


def course_apart_db(one: Passage, other: Passage) -> float:
    """RMS difference between the loudness curves of two passages, each relative to its own mean, in dB."""
    here, there = courses([each.span for each in (one, other)])
    return float(np.sqrt(np.mean((here - there) ** 2)))


def relative_level_db(passage: Passage) -> float:
    """Level of a passage against that of its whole sound, both as mean power."""
    inside = levels_db(passage.span)
    whole = levels_db(Span(passage.frames, 0.0, passage.frames.duration_s))
    return mean_db(inside) - mean_db(whole)


def loudness_word(passage: Passage) -> str:
    """Soft or loud for its recording; empty in between, and where it is most of the recording."""
    if passage.duration_s >= ALONE_SHARE * passage.frames.duration_s:
        return ""
    return LOUDNESS.word(relative_level_db(passage))


def loudness_words(passage: Passage) -> str:
    """As in "soft, 7 dB below the recording's mean"."""
    if passage.duration_s >= ALONE_SHARE * passage.frames.duration_s:
        return f"recorded at {passage.frames.loudness_lufs:.0f} LUFS"
    against = round(relative_level_db(passage))
    place = (
        f"{abs(against)} dB {'above' if against > 0 else 'below'} the recording's mean"
        if against
        else "at the recording's mean"
    )
    return ", ".join([*filter(None, [loudness_word(passage)]), place])


def mean_db(level_db: np.ndarray) -> float:
    """Level of the mean power of levels in dB."""
    return float(10 * np.log10(np.mean(10 ** (level_db.astype(np.float64) / 10))))


def range_db(passage: Passage) -> float:
    """From soft to loud: between the 10th and the 95th percentile of the level."""
    low, high = np.percentile(levels_db(passage.span), [10, 95])
    return float(high - low)


def attack_db(passage: Passage) -> float:
    """Sharpness of the attacks: the 95th percentile of the onset strength, in dB."""
    return float(np.percentile(_onsets(passage), 95))


def thins_out(passage: Passage) -> float | None:
    """The time from which the onset density is at most half of that in the first third; None if it never is."""
    third_s = passage.duration_s / 3
    first, last = (
        onset_density(replace(passage, start_s=start_s, end_s=start_s + third_s))
        for start_s in (passage.start_s, passage.end_s - third_s)
    )
    return passage.end_s - third_s if first * third_s >= _FEWEST_ONSETS and last <= THINNING * first else None


def _onsets(passage: Passage) -> np.ndarray:
    return cut(passage.frames.onset, ONSET_HZ, passage.start_s, passage.end_s).astype(np.float32)


def levels_db(span: Span) -> np.ndarray:
    """(n,) float32: the level at 10 Hz, from -60 dB up."""
    return np.maximum(
        cut(span.frames.level_db, NOTE_HZ, span.start_s, span.end_s).astype(np.float32), _FLOOR_DB
    )


def courses(spans: Sequence[Span]) -> np.ndarray:
    """The course of each span, (n, 40) float32."""
    parts = [cut(span.frames.level_db, NOTE_HZ, span.start_s, span.end_s) for span in spans]
    last = np.array([len(part) for part in parts])[:, None] - 1
    start = np.concatenate([[0], np.cumsum(last[:-1, 0] + 1)])[:, None]
    levels = np.maximum(np.concatenate(parts).astype(np.float32), _FLOOR_DB)
    at = last * np.linspace(0, 1, _POINTS)
    before = at.astype(int)
    around = [levels[start + np.clip(before + step, 0, last)] for step in range(-_SMOOTHED, _SMOOTHED + 2)]
    low, high = sum(around[:-1]), sum(around[1:])
    curves = (low + (at - before) * (high - low)) / (2 * _SMOOTHED + 1)
    return (curves - curves.mean(axis=1, keepdims=True)).astype(np.float32)


def onset_density(passage: Passage) -> float:
    """Onsets a second."""
    return len(onset_times_s(passage)) / max(passage.duration_s, 0.1)


def onset_times_s(passage: Passage) -> np.ndarray:
    """Onset times from the start of the sound: peaks of the onset strength above a local threshold."""
    strength = _onsets(passage)
    if len(strength) < 3:
        return np.zeros(0)
    around = moving_mean(strength, 25)
    peak = (strength[1:-1] > strength[:-2]) & (strength[1:-1] >= strength[2:])
    standing = strength[1:-1] > around[1:-1] + 0.3 * strength.std() + 0.2
    return np.asarray(passage.start_s + (np.flatnonzero(peak & standing) + 1) / ONSET_HZ)

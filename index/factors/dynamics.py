"""Dynamics: how loudness and note density move through a moment, whatever the level as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import uniform_filter1d

from index.factors.base import Fact, Span
from index.frames import NOTE_HZ, ONSET_HZ, Frames, cut
from index.moments import Alignment, Passage

_POINTS = 40
_SMOOTHED = 2
"""Frames on each side that a point of a course is the mean of."""
_FLOOR_DB = -60.0
_SCALE_DB = 6.0


class Dynamics:
    """Closeness of two courses of loudness, resampled to the same length."""

    name = "dynamics"
    dimensions = 0

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """None: dynamics proposes no candidates, (n, 0)."""
        return np.zeros((len(spans), 0), np.float32)

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """None, (0, 0)."""
        return np.zeros((0, 0), np.float32)

    def similarity(self, query: Passage, candidates: Sequence[Span]) -> np.ndarray:
        """In (0, 1]: exp of minus the RMS difference between the two courses in units of 6 dB."""
        own = course(Span(query.frames, query.start_s, query.end_s))
        others = courses(candidates)
        return np.exp(-np.sqrt(np.mean((others - own) ** 2, axis=1)) / _SCALE_DB)

    def facts(self, passage: Passage) -> tuple[Fact, ...]:
        """Loudness, its range and its course."""
        level = _level(Span(passage.frames, passage.start_s, passage.end_s))
        loudness, span_db = float(10 * np.log10(np.mean(10 ** (level / 10)))), _range_db(level)
        half = len(level) // 2 or 1
        swell = float(level[half:].mean() - level[:half].mean()) if len(level) > 1 else 0.0
        return (
            Fact("loudness", round(loudness, 1), "dB", f"{_loudness_word(loudness)} ({loudness:.0f} dB)"),
            Fact("range", round(span_db, 1), "dB", f"{span_db:.0f} dB between soft and loud"),
            Fact("course", round(swell, 1), "dB", _course_words(swell)),
        )

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """How far apart the two courses run."""
        own = course(Span(query.frames, query.start_s, query.end_s))
        other = course(Span(hit.frames, hit.start_s, hit.end_s))
        apart_db = float(np.sqrt(np.mean((own - other) ** 2)))
        return (
            Fact("difference of course", round(apart_db, 1), "dB", f"loudness runs {apart_db:.1f} dB apart"),
        )


def _level(span: Span) -> np.ndarray:
    return np.maximum(
        cut(span.frames.level_db, NOTE_HZ, span.start_s, span.end_s).astype(np.float32), _FLOOR_DB
    )


def course(span: Span) -> np.ndarray:
    """(40,) float32: the level in dB against its mean, smoothed over half a second and resampled."""
    return courses([span])[0]


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
    """Onsets a second: peaks of the onset strength that stand out of their surroundings."""
    strength = cut(passage.frames.onset, ONSET_HZ, passage.start_s, passage.end_s).astype(np.float32)
    if len(strength) < 3:
        return 0.0
    around = uniform_filter1d(strength, 25, mode="nearest")
    peak = (strength[1:-1] > strength[:-2]) & (strength[1:-1] >= strength[2:])
    standing = strength[1:-1] > around[1:-1] + 0.3 * strength.std() + 0.2
    return float(np.count_nonzero(peak & standing) / max(passage.duration_s, 0.1))


def _range_db(level: np.ndarray) -> float:
    low, high = np.percentile(level, [10, 95])
    return float(high - low)


def _loudness_word(loudness_db: float) -> str:
    for limit, word in ((-40, "very soft"), (-30, "soft"), (-24, "moderate"), (-18, "loud")):
        if loudness_db < limit:
            return word
    return "very loud"


def _course_words(swell_db: float) -> str:
    if swell_db > 3:
        return f"swells by {swell_db:.0f} dB"
    if swell_db < -3:
        return f"fades by {-swell_db:.0f} dB"
    return "keeps its level"

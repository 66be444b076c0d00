"""Frames of a sound of which only some parts were analysed: the rest is silence there.

So a time means the same in the part, in the whole and in the file.
"""

from __future__ import annotations

import math

import numpy as np

from index.core.frames import NOT_ALWAYS_HZ, RATES_HZ, Frames, rows

GRID_S = 3.0
"""Parts begin and end on whole frames of every grid: the fingerprint's has 50 in three seconds."""
SILENCE_DB = -100.0
_RATES = {**RATES_HZ, **NOT_ALWAYS_HZ}

Span = tuple[float, float]


def on_grid(start_s: float, end_s: float, whole_s: float) -> Span:
    """The span, widened to where parts may begin and end."""
    return (
        math.floor(start_s / GRID_S) * GRID_S,
        min(math.ceil(end_s / GRID_S) * GRID_S, max(whole_s, end_s)),
    )


def placed(part: Frames, start_s: float, whole_s: float, whole: Frames | None = None) -> Frames:
    """Insert a part at its place in the whole, over what was analysed of it before."""
    arrays = {}
    for name, rate_hz in _RATES.items():
        own = getattr(part, name)
        if own is None:
            continue
        count, first = rows(whole_s, rate_hz), round(start_s * rate_hz)
        before = getattr(whole, name) if whole is not None else None
        array = np.full((count, *own.shape[1:]), SILENCE_DB if name == "level_db" else 0, own.dtype)
        if before is not None:
            array[: len(before)] = before[:count]
        array[first : first + len(own)] = own[: max(0, count - first)]
        arrays[name] = array
    return Frames(duration_s=whole_s, loudness_lufs=part.loudness_lufs, **arrays)


def cut_out(whole: Frames, start_s: float, end_s: float) -> Frames:
    """A part of a whole as a sound of its own; it should begin on the grid of parts."""
    end_s = min(end_s, whole.duration_s)
    arrays = {}
    for name, rate_hz in _RATES.items():
        if (array := getattr(whole, name)) is not None:
            first = round(start_s * rate_hz)
            arrays[name] = np.asarray(array[first : first + rows(end_s - start_s, rate_hz)])
    return Frames(duration_s=end_s - start_s, loudness_lufs=whole.loudness_lufs, **arrays)


def covers(parts: list[Span], start_s: float, end_s: float) -> bool:
    """Whether a span lies in what was listened to."""
    reached = start_s
    for first, last in sorted(parts):
        if first <= reached + 0.1:
            reached = max(reached, last)
    return reached >= end_s - 0.1


def left_over(parts: list[Span], whole_s: float, length_s: float = 600.0, most: int = 6) -> list[Span]:
    """Stretches that were not listened to, of one length, spread over what is left."""
    gaps: list[Span] = []
    reached = 0.0
    for first, last in [*sorted(parts), (whole_s, whole_s)]:
        if first - reached > 1.0:
            gaps.append((reached, first))
        reached = max(reached, last)
    whole = [
        (start, min(start + length_s, end))
        for first, end in gaps
        for start in np.arange(first, end - 1.0, length_s).tolist()
    ]
    if len(whole) <= most:
        return whole
    return [whole[round(place)] for place in np.linspace(0, len(whole) - 1, most)]

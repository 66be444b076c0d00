"""Refinement: a hit is not a grid cell. It is shifted and stretched to where it aligns with the query best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from index.factors.alignment import align, template
from index.factors.harmony import centred_chroma, fitted
from index.frames import NOTE_HZ, Frames, cut, fold_to_chroma
from index.moments import Alignment, Hit, Moment, Passage

REACH_S = 1.0
LONGEST_S = 30.0
_STRETCHES = (0.95, 0.975, 1.0, 1.025, 1.05)
_SURELY_SAME_TEMPO = 0.03


def refine(query: Passage, hit: Hit, frames: Frames) -> Hit:
    """The hit moved by up to a second and stretched by up to 5 % to its best alignment at 0.1 s."""
    length_s = min(query.duration_s, LONGEST_S)
    own = centred_chroma(
        fold_to_chroma(cut(query.frames.notes, NOTE_HZ, query.start_s, query.start_s + length_s))
    )
    shift = hit.alignment.shift_semitones % 12
    ratios = [hit.alignment.tempo_ratio * stretch for stretch in _STRETCHES]
    bank = template(own, NOTE_HZ, NOTE_HZ, ratios, (shift,))
    lags = round(2 * REACH_S * NOTE_HZ) + 1
    first = round((hit.moment.start_s - REACH_S) * NOTE_HZ)
    length = lags + len(bank.matrix) // 12 - 1
    low, high = max(0, first), max(0, first + length)
    region = fold_to_chroma(np.asarray(frames.notes[low:high]))
    padded = np.zeros((length, 12), np.float32)
    padded[low - first : low - first + len(region)] = centred_chroma(region)
    found = align(bank, padded[None], (shift,), lags)
    ratio = float(found.ratio[0])
    if abs(ratio - 1) < _SURELY_SAME_TEMPO:
        ratio = 1.0
    span = fitted(frames, (first + int(found.lag_frames[0])) / NOTE_HZ, query.duration_s * ratio)
    return replace(
        hit,
        moment=Moment(hit.moment.track_id, span.start_s, span.end_s),
        alignment=Alignment(hit.alignment.shift_semitones, ratio),
    )

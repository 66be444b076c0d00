"""Refinement: a hit is not a grid cell. It is shifted and stretched to where it aligns with the query best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from index.core.frames import NOTE_HZ, Frames, fold_to_chroma
from index.core.hits import Alignment, Hit
from index.core.moments import Moment, fitted
from index.core.query import PROOF
from index.descriptors.alignment import align
from index.placement.chroma import centred_chroma
from index.placement.prepared import PreparedQuery

REACH_S = 1.0
_STRETCHES = (0.95, 0.975, 1.0, 1.025, 1.05)
_SURELY_SAME_TEMPO = 0.03


def refine(query: PreparedQuery, hit: Hit, frames: Frames) -> Hit:
    """The hit, shifted by up to a second and stretched by up to 5 % to its best chroma alignment at 0.1 s.

    A hit that the fingerprint placed is exact already and is returned unchanged.
    """
    if PROOF in hit.factors:
        return hit
    bank = query.refining([hit.alignment.tempo_ratio * stretch for stretch in _STRETCHES])
    lags = round(2 * REACH_S * NOTE_HZ) + 1
    first = round((hit.moment.start_s - REACH_S) * NOTE_HZ)
    length = lags + bank.longest - 1
    low, high = max(0, first), max(0, first + length)
    region = fold_to_chroma(np.asarray(frames.notes[low:high]))
    in_own_key = np.roll(centred_chroma(region), -hit.alignment.shift_semitones, axis=1)
    padded = np.zeros((length, 12), np.float32)
    padded[low - first : low - first + len(region)] = in_own_key
    found = align(bank, padded[None], (0,), lags)
    ratio = float(found.ratio[0])
    if abs(ratio - 1) < _SURELY_SAME_TEMPO:
        ratio = 1.0
    span = fitted(frames, (first + int(found.lag_frames[0])) / NOTE_HZ, query.passage.duration_s * ratio)
    return replace(
        hit,
        moment=Moment(hit.moment.track_id, span.start_s, span.end_s),
        alignment=Alignment(hit.alignment.shift_semitones, ratio),
    )

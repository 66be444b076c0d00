"""Key and chords of a passage, and of two aligned passages: what both play at the same musical position.

Two passages that are explained together share one tonality: where their notes agree, the key is estimated
from both at once, so that the two keys never contradict the transposition between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from index.core.facts import Beside
from index.core.frames import NOTE_HZ, cut, fold_to_chroma
from index.core.hits import Alignment
from index.core.moments import Passage
from index.core.smoothing import moving_mean
from index.descriptors.alignment import resample_rows
from index.descriptors.key_and_chords import Chord, Key, estimate_chords, estimate_key, lowest_classes

SAME_TONALITY = 0.9
"""Cosine of two mean chroma from which one key is estimated for both."""
CLOSEST_S = 2.0
"""Shortest span in which two passages may agree most, in seconds."""
_SHORTEST_CHORD_S = 0.25
_AGREE_SMOOTH_S = 0.7


@dataclass(frozen=True)
class ChordPair:
    """What both passages play at the same musical position. Times in seconds from the query's start."""

    start_s: float
    end_s: float
    query: str
    hit: str
    """As it sounds."""
    hit_in_query_key: str
    agree: bool


@dataclass(frozen=True)
class Closest:
    """The span in which two passages agree most, in the time of each sound."""

    query_start_s: float
    query_end_s: float
    hit_start_s: float
    hit_end_s: float
    cosine: float
    """Mean of the two chroma's cosine in it."""


def note_chroma(passage: Passage) -> np.ndarray:
    """(n, 12) float32 at 10 Hz: a passage's notes folded into pitch classes from C."""
    return fold_to_chroma(cut(passage.frames.notes, NOTE_HZ, passage.start_s, passage.end_s))


def key_of(passage: Passage, beside: Beside | None = None) -> Key:
    """The key of a passage; together with that of another, where their notes agree."""
    chroma = note_chroma(passage)
    if beside is not None:
        other = np.roll(note_chroma(beside.passage), beside.alignment.shift_semitones, axis=1)
        if _cosine(chroma.mean(axis=0), other.mean(axis=0)) >= SAME_TONALITY:
            means = [
                part.mean(axis=0) / max(float(part.sum(axis=1).mean()), 1e-9) for part in (chroma, other)
            ]
            return estimate_key(np.array(means))
    return estimate_key(chroma)


def chords_of(passage: Passage, key: Key | None = None) -> tuple[Chord, ...]:
    """The chords of a passage with their bass, spelled in a key (its own where none is given)."""
    notes = cut(passage.frames.notes, NOTE_HZ, passage.start_s, passage.end_s)
    return estimate_chords(fold_to_chroma(notes), NOTE_HZ, lowest_classes(notes), key)


def side_by_side(query: Passage, hit: Passage, alignment: Alignment) -> tuple[ChordPair, ...]:
    """The chords of both passages on the query's timeline, the hit's transposed into the query's key."""
    key = key_of(query, Beside(hit, inverse(alignment)))
    own = chords_of(query, key)
    other = chords_of(hit, key_of(hit, Beside(query, alignment)))
    ratio = alignment.tempo_ratio
    ends_s = min(query.duration_s, hit.duration_s / ratio)
    bounds = sorted({0.0, ends_s} | {c.start_s for c in own} | {round(c.start_s / ratio, 2) for c in other})
    bounds = [0.0, *(b for b in bounds if _SHORTEST_CHORD_S <= b <= ends_s - _SHORTEST_CHORD_S), ends_s]
    pairs: list[ChordPair] = []
    for start_s, end_s in pairwise(_apart(bounds)):
        middle_s = (start_s + end_s) / 2
        mine, theirs = _at(own, middle_s), _at(other, middle_s * ratio)
        heard = theirs.transposed(-alignment.shift_semitones, key)
        pairs.append(ChordPair(start_s, end_s, mine.name, theirs.name, heard.name, mine.same_as(heard)))
    return _joined(pairs)


def agreement_count(pairs: Sequence[ChordPair]) -> tuple[int, int]:
    """Number of the query's chords that the hit shares for at least half of their duration, and their total."""
    agreeing = total = 0
    for name, run in groupby(pairs, key=lambda pair: pair.query):
        stretch = list(run)
        length_s = stretch[-1].end_s - stretch[0].start_s
        if name != "N":
            total += 1
            agreeing += sum(p.end_s - p.start_s for p in stretch if p.agree) >= length_s / 2
    return agreeing, total


def closest(query: Passage, hit: Passage, alignment: Alignment) -> Closest | None:
    """The span in which two passages agree most: at least CLOSEST_S, with the greatest sum of agreement above
    the mean.

    None if one of them is silent, or shorter than that.
    """
    own = note_chroma(query)
    ratio = alignment.tempo_ratio
    count = min(len(own), round(hit.duration_s / ratio * NOTE_HZ))
    least = round(CLOSEST_S * NOTE_HZ)
    if count <= least:
        return None
    hit_rows = note_chroma(hit)[: max(2, round(count * ratio))]
    other = np.roll(resample_rows(hit_rows, count), -alignment.shift_semitones, axis=1)
    width = round(_AGREE_SMOOTH_S * NOTE_HZ)
    own, other = (moving_mean(part, width) for part in (own[:count], other))
    norm = np.linalg.norm(own, axis=1) * np.linalg.norm(other, axis=1)
    if not np.any(norm > 0):
        return None
    cosine = (own * other).sum(axis=1) / np.maximum(norm, 1e-9)
    first, last = _best_stretch(cosine - cosine.mean(), least)
    return Closest(
        query.start_s + first / NOTE_HZ,
        query.start_s + last / NOTE_HZ,
        hit.start_s + first * ratio / NOTE_HZ,
        hit.start_s + last * ratio / NOTE_HZ,
        float(cosine[first:last].mean()),
    )


def inverse(alignment: Alignment) -> Alignment:
    """The alignment of the query against the hit, from that of the hit against the query."""
    return Alignment(-alignment.shift_semitones, 1 / alignment.tempo_ratio)


def _best_stretch(gain: np.ndarray, least: int) -> tuple[int, int]:
    """First and last (exclusive) index of the run of at least `least` values with the greatest sum."""
    total = np.concatenate([[0.0], np.cumsum(gain)])
    lowest = np.minimum.accumulate(total[: len(gain) - least + 1])
    last = least + int(np.argmax(total[least:] - lowest))
    return int(np.argmin(total[: last - least + 1])), last


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-9))


def _at(chords: tuple[Chord, ...], time_s: float) -> Chord:
    return next((chord for chord in chords if chord.start_s <= time_s < chord.end_s), chords[-1])


def _apart(bounds: list[float]) -> list[float]:
    """The bounds without those that follow another too closely."""
    kept = bounds[:1]
    for bound in bounds[1:-1]:
        if bound - kept[-1] >= _SHORTEST_CHORD_S:
            kept.append(bound)
    return [*kept, bounds[-1]]


def _joined(pairs: list[ChordPair]) -> tuple[ChordPair, ...]:
    """Merge neighbours with the same chords."""
    joined: list[ChordPair] = []
    for pair in pairs:
        last = joined[-1] if joined else None
        if last and (last.query, last.hit) == (pair.query, pair.hit):
            joined[-1] = ChordPair(
                last.start_s, pair.end_s, last.query, last.hit, last.hit_in_query_key, last.agree
            )
        else:
            joined.append(pair)
    return tuple(joined)

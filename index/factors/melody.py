"""Melody: the notes of a moment, each at its height, from part to part.

Two moments are compared twentieth by twentieth in whatever key fits best. Pitch classes alone would do for chords, and
many passages share these; that the same notes lie at the same distances above one another, and move up and down alike,
is rarer by far, and stays so whoever plays them on whatever instruments. Search by humming has its own ranking
(`index.humming.searcher`), since a voice sings one line; its hits are explained by the facts given here.

References
----------
Salamon, Serrà, Gómez, "Tonal representations for music retrieval: from version identification to query-by-humming",
IJMIR 2013 (key by the best rotation).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from index.core.facts import Beside, Fact, unit_rows
from index.core.frames import CONTOUR_BINS_PER_SEMITONE, LOWEST_MIDI, NOTE_HZ, PITCHES, cut, sounding
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.descriptors.alignment import resample_each
from index.factors.base import ProposesNothing, measured_once
from index.placement.prepared import PreparedQuery
from index.text.interval_words import shift_words
from index.text.scales import SAME_TEMPO

_HEARD = 0.1
_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_STEPS = 20
"""Segments of a moment, half a second each in ten seconds: a coarse grid is robust."""
_LAGS = (-1, 0, 1)
_SHIFTS = range(-19, 20)
"""Semitones by which a melody may be moved: any key, an octave up or down, and a little more."""


class Melody(ProposesNothing):
    """Cosine of two courses of notes at their heights, segment by segment, in the best of all keys."""

    name = "melody"

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """Cosine in [0, 1], moved by any of `_SHIFTS` and at most a twentieth of the moment aside."""
        return self.compare(query, self.measure(candidates))

    def measure(self, spans: Sequence[Span]) -> np.ndarray:
        """The notes of each span, (n, 1760) float32 of unit length: twenty parts of eighty-eight pitches."""
        parts = [sounding(cut(span.frames.notes, NOTE_HZ, span.start_s, span.end_s)) for span in spans]
        rows = resample_each(parts, _STEPS)
        return unit_rows(np.sqrt(rows, out=rows).reshape(len(spans), -1))

    def compare(self, query: PreparedQuery, measured: np.ndarray) -> np.ndarray:
        """Cosine in [0, 1], moved by any of `_SHIFTS` and at most a twentieth of the moment aside."""
        own = measured_once(self, query).reshape(_STEPS, PITCHES)
        moved = np.zeros((len(_LAGS) * len(_SHIFTS), _STEPS, PITCHES), np.float32)
        for number, (lag, shift) in enumerate(product(_LAGS, _SHIFTS)):
            later, higher = max(0, lag), max(0, shift)
            earlier, lower = max(0, -lag), max(0, -shift)
            moved[number, later : _STEPS - earlier, higher : PITCHES - lower] = own[
                earlier : _STEPS - later, lower : PITCHES - higher
            ]
        return np.asarray((measured @ moved.reshape(len(moved), -1).T).max(axis=1))

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """The range of the strongest contour, without its outermost twentieths."""
        contour = cut(passage.frames.contour, NOTE_HZ, passage.start_s, passage.end_s)
        heard = contour[contour[:, 1] > _HEARD * 65535, 0]
        if not len(heard):
            return (Fact("melodic range", 0, "semitones", "no tune heard"),)
        midi = np.percentile(heard, [5, 95]) / CONTOUR_BINS_PER_SEMITONE + LOWEST_MIDI
        low, high = round(float(midi[0])), round(float(midi[1]))
        size = high - low
        words = f"{note_name(low)} to {note_name(high)}, {size} semitone{'' if size == 1 else 's'}"
        return (Fact("melodic range", size, "semitones", words),)

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """The shift of key and the ratio of tempo between the tune and the place where it was found."""
        return (
            Fact("shift", alignment.shift_semitones, "semitones", shift_words(alignment.shift_semitones)),
            Fact("tempo ratio", round(alignment.tempo_ratio, 3), "", tempo_words(alignment.tempo_ratio)),
        )


def note_name(midi: int) -> str:
    """As "C4" for the middle C."""
    return f"{_NAMES[midi % 12]}{midi // 12 - 1}"


def tempo_words(tempo_ratio: float) -> str:
    """As in "7 % slower": the tempo of the hit relative to the query."""
    change = 1 / tempo_ratio - 1
    if abs(change) < SAME_TEMPO:
        return "at the same tempo"
    return f"{round(100 * abs(change))} % {'faster' if change > 0 else 'slower'}"

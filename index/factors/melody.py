"""Melody: the tune itself. It is not part of the ordinary fusion; a search by humming ranks by it.

What it measures of a passage comes from the strongest contour, of which basic-pitch keeps one a frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.factors.base import Beside, Fact, Span
from index.factors.harmony import shift_words
from index.frames import CONTOUR_BINS_PER_SEMITONE, LOWEST_MIDI, NOTE_HZ, Frames, cut
from index.moments import Alignment, Passage

_HEARD = 0.1
_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_SAME_TEMPO = 0.02


class Melody:
    """Facts of a tune; the comparison is `index.humming`."""

    name = "melody"
    dimensions = 0

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """None: a tune is looked for everywhere."""
        return np.zeros((len(spans), 0), np.float32)

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """None."""
        return np.zeros((0, 0), np.float32)

    def similarity(self, query: Passage, candidates: Sequence[Span]) -> np.ndarray:
        """Not compared span by span; zeros."""
        return np.zeros(len(candidates))

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """The range of the strongest contour, without its outermost twentieths."""
        contour = cut(passage.frames.contour, NOTE_HZ, passage.start_s, passage.end_s)
        heard = contour[contour[:, 1] > _HEARD * 65535, 0]
        if not len(heard):
            return (Fact("range", 0, "semitones", "no tune heard"),)
        midi = np.percentile(heard, [5, 95]) / CONTOUR_BINS_PER_SEMITONE + LOWEST_MIDI
        low, high = round(float(midi[0])), round(float(midi[1]))
        size = high - low
        words = f"{note_name(low)} to {note_name(high)}, {size} semitone{'' if size == 1 else 's'}"
        return (Fact("range", size, "semitones", words),)

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
    """As in "7 % slower": how the hit goes beside the query, in tempo."""
    change = 1 / tempo_ratio - 1
    if abs(change) < _SAME_TEMPO:
        return "at the same tempo"
    return f"{round(100 * abs(change))} % {'faster' if change > 0 else 'slower'}"

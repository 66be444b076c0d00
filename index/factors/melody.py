"""Melody: the skyline of a moment, taken from the highest notes that sound.

A frame's melody is the probability of each pitch class to be the highest that sounds; two moments are compared segment
by segment, in the best of twelve keys. Search by humming has its own ranking (`index.humming.searcher`); its hits are
explained by the facts given here.

References
----------
Salamon, Serrà, Gómez, "Tonal representations for music retrieval: from version identification to query-by-humming",
IJMIR 2013 (melody against melody, key by the best rotation).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.core.facts import Beside, Fact, unit_rows
from index.core.frames import CONTOUR_BINS_PER_SEMITONE, LOWEST_MIDI, NOTE_HZ, cut, octaves_summed, sounding
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.descriptors.alignment import resample_rows
from index.factors.base import ProposesNothing, measured_once
from index.placement.chroma import centred_chroma
from index.placement.prepared import PreparedQuery
from index.text.interval_words import shift_words

_HEARD = 0.1
_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_SAME_TEMPO = 0.02
_STEPS = 20
"""Segments of a moment, half a second each in ten seconds: a coarse grid is robust."""
_LAGS = (-1, 0, 1)


class Melody(ProposesNothing):
    """Cosine of two melodies, segment by segment, in the best of twelve keys."""

    name = "melody"

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """Cosine in [-1, 1], in the best of twelve keys and at most a twentieth of the moment aside."""
        return self.compare(query, self.measure(candidates))

    def measure(self, spans: Sequence[Span]) -> np.ndarray:
        """The melody of each span, (n, 240) float32 of unit length: twenty parts of twelve pitch classes."""
        parts = [cut(span.frames.notes, NOTE_HZ, span.start_s, span.end_s) for span in spans]
        edges = np.cumsum([len(part) for part in parts])[:-1]
        tunes = np.split(skyline(np.concatenate(parts)), edges)
        melodies = np.array([resample_rows(tune, _STEPS) for tune in tunes], np.float32)
        return unit_rows(centred_chroma(melodies).reshape(len(spans), -1))

    def compare(self, query: PreparedQuery, measured: np.ndarray) -> np.ndarray:
        """Cosine in [-1, 1], in the best of twelve keys and at most a twentieth of the moment aside."""
        own = measured_once(self, query).reshape(_STEPS, 12)
        theirs = np.fft.rfft(measured.reshape(-1, _STEPS, 12), axis=2)
        best = np.full(len(measured), -1.0)
        for lag in _LAGS:
            mine = np.zeros((_STEPS, 12), np.float32)
            mine[max(0, lag) : _STEPS + min(0, lag)] = own[max(0, -lag) : _STEPS - max(0, lag)]
            turned = np.einsum("ntf,tf->nf", theirs, np.fft.rfft(mine, axis=1).conj())
            np.maximum(best, np.fft.irfft(turned, 12, axis=1).max(axis=1), out=best)
        return best

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


def skyline(notes: np.ndarray) -> np.ndarray:
    """P(a pitch class is the highest that sounds), (n, 12) float32 from C, of (n, 88) uint8 notes."""
    heard = sounding(notes)
    heard[:, :-1] *= np.cumprod(1 - heard[:, :0:-1], axis=1)[:, ::-1]
    return octaves_summed(heard)


def note_name(midi: int) -> str:
    """As "C4" for the middle C."""
    return f"{_NAMES[midi % 12]}{midi // 12 - 1}"


def tempo_words(tempo_ratio: float) -> str:
    """As in "7 % slower": the tempo of the hit relative to the query."""
    change = 1 / tempo_ratio - 1
    if abs(change) < _SAME_TEMPO:
        return "at the same tempo"
    return f"{round(100 * abs(change))} % {'faster' if change > 0 else 'slower'}"

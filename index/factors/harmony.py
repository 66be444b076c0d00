"""Harmony: the same chords in any key and at any tempo, from the notes that basic-pitch detects.

The exact comparison aligns the query's note chroma with the candidate's surroundings in twelve keys, at nine tempo
ratios and at every lag of half a second. This alignment is also where every other factor compares.

References
----------
Serrà, Gómez, Herrera, "Transposing chroma representations to a common key", CIMCV 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import groupby

import numpy as np

from index.core.errors import clock
from index.core.facts import Beside, Fact, Span
from index.core.frames import NOTE_HZ, SKETCH_HZ, SKETCH_SCALE, Frames, cut, fold_to_chroma
from index.core.moments import Alignment, Passage
from index.descriptors.alignment import TEMPO_RATIOS, Alignments, align, resample_rows, template
from index.descriptors.chord_progression import agreement_count, chords_of, closest, key_of, side_by_side
from index.descriptors.texture import texture, texture_facts
from index.models import moment_vector
from index.text.wording import number_word

KEYS = tuple(range(12))
LONGEST_TEMPLATE_S = 10.0
SLACK_S = 2.0
FEW_TO_MANY_NOTES = (0.3, 0.8)
"""Mean norm of a frame's note chroma: in noisy recordings, and in clean polyphony."""
SPECTRUM_WEIGHTS = (0.7, 0.15)
BLOCK = 256
"""Candidates that are aligned with a query at once, such that they fit the processor's cache."""


@dataclass(frozen=True)
class Placed:
    """The placement of a query in each of n candidates, and its similarity there."""

    value: np.ndarray
    """(n,) cosine in [0, 1]."""
    spans: tuple[Span, ...]
    alignments: tuple[Alignment, ...]

    def only(self, kept: np.ndarray) -> Placed:
        """Those candidates, by index."""
        return Placed(
            self.value[kept], tuple(self.spans[i] for i in kept), tuple(self.alignments[i] for i in kept)
        )


class Harmony:
    """Note chroma: a learned moment vector for candidates, aligned exactly for the rerank."""

    name = "harmony"
    dimensions = moment_vector.DIMENSIONS

    def __init__(self) -> None:
        self._network = moment_vector.MomentVector()

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """The moment vector of each span, (n, 128) float32 of unit length: alike in any key and at any tempo."""
        return self._network.vectors(frames.notes, spans)

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """One vector: the span's own."""
        return self.vectors(frames, [span])

    def place(self, query: Passage, candidates: Sequence[Span]) -> Placed:
        """Align the first ten seconds of the query with the surroundings of each candidate span."""
        found, starts_s = self._aligned(query, candidates)
        durations_s = np.array([span.frames.duration_s for span in candidates])
        lengths_s = np.minimum(query.duration_s * found.ratio, durations_s)
        starts_s = np.clip(starts_s, 0.0, durations_s - lengths_s)
        edges = zip(candidates, starts_s.tolist(), (starts_s + lengths_s).tolist(), strict=True)
        turns = zip(found.shift_semitones.tolist(), found.ratio.tolist(), strict=True)
        return Placed(
            found.value,
            tuple(Span(span.frames, start_s, end_s) for span, start_s, end_s in edges),
            tuple(Alignment(shift, ratio) for shift, ratio in turns),
        )

    def similarity(self, query: Passage, candidates: Sequence[Span]) -> np.ndarray:
        """Cosine of the two note chroma at the best key, tempo and lag, in [0, 1]."""
        return self._aligned(query, candidates)[0].value

    def fit(
        self, query: Passage, candidates: Sequence[Span], ratio: float = 1.0, *, any_key: bool = False
    ) -> Alignments:
        """Similarity of the two note chroma from the start of each candidate, without search over lags or tempi."""
        own, keys = self._own(query), KEYS if any_key else (0,)
        weight = spectrum_weight(own)
        own[:, 12:] *= weight
        bank = template(own, NOTE_HZ, SKETCH_HZ, (ratio,), keys)
        firsts = [round(span.start_s * SKETCH_HZ) - 1 for span in candidates]
        regions = gather([span.frames for span in candidates], firsts, bank.longest + 2)
        regions[:, :, 12:] *= weight
        return align(bank, regions, keys, 3)

    def _own(self, query: Passage) -> np.ndarray:
        """(n, 24) as `chroma_pair`: what is laid of a query, at most its first ten seconds."""
        return chroma_pair(
            query.frames, query.start_s, query.start_s + min(query.duration_s, LONGEST_TEMPLATE_S)
        )

    def _aligned(self, query: Passage, candidates: Sequence[Span]) -> tuple[Alignments, np.ndarray]:
        """The best place of the query around each candidate, and the seconds at which it begins."""
        own, length_s = self._own(query), min(query.duration_s, LONGEST_TEMPLATE_S)
        weight = spectrum_weight(own)
        own[:, 12:] *= weight
        bank = template(own, NOTE_HZ, SKETCH_HZ, TEMPO_RATIOS, KEYS)
        span_s = max(span.end_s - span.start_s for span in candidates)
        lags = round((max(0.0, span_s - length_s) + 2 * SLACK_S) * SKETCH_HZ) + 1
        firsts = [round((span.start_s - SLACK_S) * SKETCH_HZ) for span in candidates]
        parts = []
        for low in range(0, len(candidates), BLOCK):
            sounds = [span.frames for span in candidates[low : low + BLOCK]]
            regions = gather(sounds, firsts[low : low + BLOCK], lags + bank.longest - 1)
            regions[:, :, 12:] *= weight
            parts.append(align(bank, regions, KEYS, lags))
        found = Alignments(*(np.concatenate(each) for each in zip(*map(astuple, parts), strict=True)))
        return found, (np.array(firsts) + found.lag_frames) / SKETCH_HZ

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """Key with its probability, the chord progression, the texture, and the contour of the top line."""
        key = key_of(passage, beside)
        names = [name for name, _ in groupby(c.name for c in chords_of(passage, key) if c.quality != "N")]
        return (
            Fact("key", key.name if key.confident else "", "", key.name if key.confident else "no clear key"),
            Fact("key certainty", round(100 * key.certainty), "%", f"{100 * key.certainty:.0f} % certain"),
            Fact("chords", " ".join(names), "", " ".join(names) or "no chords"),
            *texture_facts(texture(passage), key),
        )

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """The shift of key between the two, how many chords agree, and where they agree most."""
        agreeing, total = agreement_count(side_by_side(query, hit, alignment))
        shift = alignment.shift_semitones
        facts = [Fact("shift", shift, "semitones", shift_words(shift))]
        if total:
            share = round(100 * agreeing / total)
            facts.append(Fact("chords that agree", share, "%", agreement_words(agreeing, total)))
        best = closest(query, hit, alignment)
        if best is not None:
            here = f"{clock(round(best.query_start_s, 1))} to {clock(round(best.query_end_s, 1))}"
            there = f"{clock(round(best.hit_start_s, 1))} to {clock(round(best.hit_end_s, 1))}"
            facts.append(Fact("closest", here, "", f"closest from {here}, in the hit from {there}"))
        return tuple(facts)


def centred_chroma(chroma: np.ndarray) -> np.ndarray:
    """Chroma (..., 12) minus the mean of each frame: what counts is which pitch classes stand out."""
    return chroma - chroma.mean(axis=-1, keepdims=True)


def chroma_pair(frames: Frames, start_s: float, end_s: float) -> np.ndarray:
    """(n, 24) float32 at 10 Hz: centred chroma of the notes, and beside it that of the spectrum.

    Notes are robust to instrumentation; the spectrum is robust to noise, in which basic-pitch detects few notes.
    """
    notes = centred_chroma(fold_to_chroma(cut(frames.notes, NOTE_HZ, start_s, end_s)))
    spectrum = cut(frames.chroma, SKETCH_HZ, start_s, end_s).astype(np.float32) / 255
    as_often = resample_rows(centred_chroma(spectrum), len(notes))
    return np.concatenate([notes, as_often], axis=1)


def gather(sounds: Sequence[Frames], firsts: Sequence[int], length: int) -> np.ndarray:
    """(n, length, 24) float32: `chroma_pair` at 2 Hz, `length` frames of each sound from each first; zeros outside."""
    stored = np.zeros((len(sounds), length, 24), np.uint8)
    for region, frames, first in zip(stored, sounds, firsts, strict=True):
        low, high = max(0, first), min(len(frames.sketch), first + length)
        if high > low:
            region[low - first : high - first, :12] = frames.sketch[low:high]
            region[low - first : high - first, 12:] = frames.chroma[low:high]
    regions = stored * np.repeat(np.array([1 / SKETCH_SCALE, 1 / 255], np.float32), 12)
    both = regions.reshape(len(sounds), length, 2, 12)
    both -= np.einsum("ijkl->ijk", both)[..., None] / 12
    return regions


def spectrum_weight(query: np.ndarray) -> float:
    """Weight of the spectral chroma of a query, (n, 24) as `chroma_pair`: larger where fewer notes are detected."""
    notes = float(np.linalg.norm(query[:, :12], axis=1).mean())
    return float(np.interp(notes, FEW_TO_MANY_NOTES, SPECTRUM_WEIGHTS))


def fitted(frames: Frames, start_s: float, length_s: float) -> Span:
    """A span of that length that lies within the sound, moved as little as possible."""
    length_s = min(length_s, frames.duration_s)
    start_s = min(max(0.0, start_s), frames.duration_s - length_s)
    return Span(frames, start_s, start_s + length_s)


def agreement_words(agreeing: int, total: int) -> str:
    """As in "six of eight chords agree"."""
    if total == 1:
        return "the one chord agrees" if agreeing else "the one chord differs"
    if agreeing == 0:
        return f"none of the {number_word(total)} chords agree for half of their time"
    if agreeing == total:
        return f"all {number_word(total)} chords agree"
    few, all_of_them = (
        (str(agreeing), str(total)) if total > 12 else (number_word(agreeing), number_word(total))
    )
    return f"{few} of {all_of_them} chords {'agrees' if agreeing == 1 else 'agree'}"


_INTERVALS = ("", "a semitone", "a tone", "a minor third", "a major third", "a fourth", "a tritone")


def shift_words(semitones: int) -> str:
    """As in "a minor third higher"."""
    if semitones == 0:
        return "in the same key"
    return f"{_INTERVALS[abs(semitones)]} {'higher' if semitones > 0 else 'lower'}"

"""Harmony: the same chords in any key and at any tempo, from the notes that basic-pitch detects.

The exact comparison is that of the placement by notes: the query's note chroma in the best of twelve keys and nine
tempo ratios, which is also where every other factor compares.

References
----------
Serrà, Gómez, Herrera, "Transposing chroma representations to a common key", CIMCV 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np

from index.core.errors import clock
from index.core.facts import Beside, Fact, unit_rows
from index.core.frames import Frames
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.descriptors.chord_progression import agreement_count, chords_of, closest, key_of, side_by_side
from index.descriptors.texture import texture, texture_facts
from index.models import moment_vector
from index.placement import by_notes
from index.placement.prepared import PreparedQuery
from index.text.interval_words import agreement_words, shift_words

DIMENSIONS = 48
"""So many numbers find candidates: the moment vector's in the directions in which it says most."""
AXES = Path(__file__).with_name("harmony_axes.npz")


class Harmony:
    """Note chroma: a learned moment vector for candidates, aligned exactly for the rerank."""

    name = "harmony"
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self._network = moment_vector.MomentVector()

    def vectors(self, frames: Frames, spans: Sequence[tuple[float, float]]) -> np.ndarray:
        """What finds candidates of each span, (n, 48) float32 of unit length: alike in any key and at any tempo."""
        return unit_rows(self._network.vectors(frames.notes, spans) @ self._axes)

    @cached_property
    def _axes(self) -> np.ndarray:
        """(128, 48) what turns a moment vector; made by bench/train_harmony_axes.py."""
        with np.load(AXES) as numbers:
            return np.asarray(numbers["axes"], np.float32)

    def query_vectors(self, frames: Frames, span: tuple[float, float]) -> np.ndarray:
        """One vector: the span's own."""
        return self.vectors(frames, [span])

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """Cosine of the two note chroma at the best key, tempo and lag, in [0, 1]."""
        return by_notes.aligned(query, candidates)[0].value

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

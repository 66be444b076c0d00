"""A query, prepared once: what every part of a search needs of the passage that is searched for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from index.core.frames import NOTE_HZ, SKETCH_HZ, cut, fold_to_chroma
from index.core.moments import Span
from index.core.query import Query
from index.descriptors.alignment import Template, template
from index.placement.bits import Bits, bits_of
from index.placement.by_peaks import Peaks, peaks_of
from index.placement.chroma import centred_chroma, chroma_pair, spectrum_weight

COMPARED_S = 120.0
"""Longest part of a query, and of its candidates, that the factors compare."""
ALIGNED_S = 10.0
"""Longest part of a query that is aligned with candidates."""
REFINED_S = 30.0
"""Longest part of a query that a hit's place is refined by."""


class PreparedQuery:
    """A query, and what is made of its passage: each thing when it is first needed, and once."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.passage = passage = query.passage
        self.compared = Span(
            passage.frames, passage.start_s, min(passage.end_s, passage.start_s + COMPARED_S)
        )
        self._templates: dict[tuple[tuple[float, ...], tuple[int, ...]], Template] = {}
        self._refining: dict[tuple[float, ...], Template] = {}
        self.measured: dict[str, np.ndarray] = {}
        """What factors measured of the part that is compared, (d,) by name; they put it here."""

    @property
    def aligned_s(self) -> float:
        """How much of its beginning is aligned with candidates."""
        return min(self.passage.duration_s, ALIGNED_S)

    @cached_property
    def bits(self) -> Bits:
        """Its fingerprint."""
        return bits_of(self.passage)

    @cached_property
    def peaks(self) -> Peaks:
        """The peaks of its spectrum."""
        return peaks_of(self.passage)

    @cached_property
    def spectrum_weight(self) -> float:
        """What its spectral chroma count beside those of its notes: the more, the fewer notes were detected."""
        return spectrum_weight(self._chroma)

    def template(self, ratios: Sequence[float], keys: Sequence[int]) -> Template:
        """The part that is aligned, at 2 Hz, at each of these tempo ratios and in each of these keys."""
        wanted = (tuple(ratios), tuple(keys))
        if wanted not in self._templates:
            own = self._chroma.copy()
            own[:, 12:] *= self.spectrum_weight
            self._templates[wanted] = template(own, NOTE_HZ, SKETCH_HZ, ratios, keys)
        return self._templates[wanted]

    def refining(self, ratios: Sequence[float]) -> Template:
        """Its notes' chroma at 10 Hz, at each of these tempo ratios: what a hit's place is refined by."""
        wanted = tuple(ratios)
        if wanted not in self._refining:
            self._refining[wanted] = template(self._notes, NOTE_HZ, NOTE_HZ, ratios, (0,))
        return self._refining[wanted]

    @cached_property
    def _chroma(self) -> np.ndarray:
        """(n, 24) as `chroma_pair`."""
        start_s = self.passage.start_s
        return chroma_pair(self.passage.frames, start_s, start_s + self.aligned_s)

    @cached_property
    def _notes(self) -> np.ndarray:
        """(n, 12) at 10 Hz."""
        start_s = self.passage.start_s
        end_s = start_s + min(self.passage.duration_s, REFINED_S)
        return centred_chroma(fold_to_chroma(cut(self.passage.frames.notes, NOTE_HZ, start_s, end_s)))

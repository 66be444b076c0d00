"""Placement by notes: the first ten seconds of a query laid over what surrounds each candidate, in twelve keys, at nine
tempo ratios and at every lag of half a second.

References
----------
Serrà, Gómez, Herrera, "Transposing chroma representations to a common key", CIMCV 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np

from index.core.frames import SKETCH_HZ
from index.core.hits import Alignment
from index.core.moments import Span
from index.descriptors.alignment import KEYS, TEMPO_RATIOS, Alignments, align
from index.placement.chroma import regions_of
from index.placement.drawn import laid_out
from index.placement.prepared import PreparedQuery

SLACK_S = 2.0
_BLOCK = 256
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


def place(query: PreparedQuery, candidates: Sequence[Span]) -> Placed:
    """Align the first ten seconds of the query with the surroundings of each candidate span."""
    found, starts_s = aligned(query, candidates)
    durations_s = np.array([span.frames.duration_s for span in candidates])
    lengths_s = np.minimum(query.passage.duration_s * found.ratio, durations_s)
    starts_s = np.clip(starts_s, 0.0, durations_s - lengths_s)
    edges = zip(candidates, starts_s.tolist(), (starts_s + lengths_s).tolist(), strict=True)
    turns = zip(found.shift_semitones.tolist(), found.ratio.tolist(), strict=True)
    return Placed(
        found.value,
        tuple(Span(span.frames, start_s, end_s) for span, start_s, end_s in edges),
        tuple(Alignment(shift, ratio) for shift, ratio in turns),
    )


def aligned(query: PreparedQuery, candidates: Sequence[Span]) -> tuple[Alignments, np.ndarray]:
    """The best place of the query around each candidate, and the seconds at which it begins, (n,)."""
    bank = query.template(TEMPO_RATIOS, KEYS)
    span_s = max(span.end_s - span.start_s for span in candidates)
    lags = round((max(0.0, span_s - query.aligned_s) + 2 * SLACK_S) * SKETCH_HZ) + 1
    firsts = [round((span.start_s - SLACK_S) * SKETCH_HZ) for span in candidates]
    length = lags + bank.longest - 1
    weights = np.repeat(np.array([1, query.spectrum_weight], np.float32), 12)
    parts = []
    for low in range(0, len(candidates), _BLOCK):
        part = slice(low, low + _BLOCK)
        regions = laid_out(
            candidates,
            ("chroma", low, length),
            partial(regions_of, [span.frames for span in candidates[part]], firsts[part], length),
        )
        parts.append(align(bank, regions * weights, KEYS, lags))
    found = Alignments(*(np.concatenate(each) for each in zip(*map(astuple, parts), strict=True)))
    return found, (np.array(firsts) + found.lag_frames) / SKETCH_HZ


def fit(
    query: PreparedQuery, candidates: Sequence[Span], ratio: float = 1.0, *, any_key: bool = False
) -> Alignments:
    """Similarity of the two note chroma from the start of each candidate, without search over lags or tempi."""
    keys = KEYS if any_key else (0,)
    bank = query.template((ratio,), keys)
    firsts = [round(span.start_s * SKETCH_HZ) - 1 for span in candidates]
    regions = regions_of([span.frames for span in candidates], firsts, bank.longest + 2)
    regions[:, :, 12:] *= query.spectrum_weight
    return align(bank, regions, keys, 3)

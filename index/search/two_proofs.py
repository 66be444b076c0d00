"""Two proofs of the same recording become one: bits of the fingerprint that agree, and peaks that fall together.

Each has its own chance, known from this query and this library. What both say of one place is their evidence together;
else the better one counts. Peaks are brought to the agreement of bits that would surprise as much, so that all that is
made of it, score, confidence and bounds, stays as it is.

References
----------
Fisher, "Statistical Methods for Research Workers", 1925 (of two independent tests whose logarithms sum up to -s, chance
has less with the probability exp(-s) (1 + s)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.core.moments import Span
from index.placement.by_fingerprint import MOST_OF_SOME
from index.placement.by_peaks import nearest
from index.placement.prepared import PreparedQuery
from index.search.surprise import TAIL_FROM, Scale, tail

_TOGETHER_S = 0.12
"""Both say the same place."""
_AS_GOOD = 1e-6
_SPREAD = (1.0, 2.0)
"""Of surprise by chance: one where peaks are independent of each other, and more where music is full of attacks."""
_FEW = Scale(4.5, 1.3)
"""Where candidates are too few to tell."""


@dataclass(frozen=True)
class Bits:
    """What the bits of the fingerprint say of each candidate."""

    found: np.ndarray
    """(n,) how far they agree, as `by_fingerprint.place`."""
    starts_s: np.ndarray
    """(n,) where."""
    by_chance: Scale
    """The null distribution of that."""
    proof: float
    """The surprise from which they are a proof."""


def both(
    query: PreparedQuery, spans: Sequence[Span], bits: Bits, slack_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """The agreement with each candidate by bits and peaks together, and where the query begins there, (n,) each."""
    room_s = max((span.end_s - span.start_s for span in spans), default=0.0) - query.passage.duration_s
    peaks = nearest(query.peaks, spans, slack_s, max(0.0, room_s) + slack_s)
    by_peaks = _by_chance(peaks.nats[peaks.by_chance > 0]).surprise(peaks.nats)
    by_bits = bits.by_chance.surprise(bits.found)
    sum_of_both = by_bits + by_peaks
    together = np.where(
        np.abs(peaks.starts_s - bits.starts_s) <= _TOGETHER_S, sum_of_both - np.log1p(sum_of_both), 0.0
    )
    surprise = np.maximum(together, by_peaks)
    worth = np.minimum(
        bits.by_chance.location + bits.by_chance.spread * surprise, MOST_OF_SOME * query.bits.weight
    )
    better = (surprise > by_bits) & (worth > bits.found)
    better &= ~_said_by_bits(spans, bits.found, by_bits >= bits.proof)
    starts_s = np.where(better & (by_peaks > by_bits), peaks.starts_s, bits.starts_s)
    return np.where(better, worth, bits.found), starts_s


def _said_by_bits(spans: Sequence[Span], found: np.ndarray, proven: np.ndarray) -> np.ndarray:
    """(n,) bool: of a recording that bits prove, all places but the one they like best.

    Rounds of a loop have most of their peaks in common; their bits tell them apart.
    """
    _, of_sound = np.unique([id(span.frames) for span in spans], return_inverse=True)
    best = np.full(of_sound.max(initial=-1) + 1, -np.inf)
    np.maximum.at(best, of_sound[proven], found[proven])
    return np.asarray(found < best[of_sound] - _AS_GOOD)


def _by_chance(nats: np.ndarray) -> Scale:
    """The null distribution of what peaks say of the candidates of one query."""
    if len(nats) < TAIL_FROM:
        return _FEW
    fitted = tail(nats, _SPREAD[0])
    return Scale(fitted.location, min(fitted.spread, _SPREAD[1]))

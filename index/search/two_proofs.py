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

import numpy as np

from index.core.moments import Span
from index.placement.by_fingerprint import MOST_OF_SOME
from index.placement.by_peaks import nearest
from index.placement.prepared import PreparedQuery
from index.search.surprise import Scale, through_quantiles

_TOGETHER_S = 0.12
"""Both say the same place."""
_TAIL = (0.75, 0.97)
_FIT_FROM = 100
"""Of so many candidates and more they say it themselves; of fewer the right place may be too many."""
_SPREAD = (1.0, 2.0)
"""Of surprise by chance: one where peaks are independent of each other, and more where music is full of attacks."""
_FEW = Scale(4.5, 1.3)
"""Where candidates are too few to tell."""


def both(
    query: PreparedQuery,
    spans: Sequence[Span],
    found: np.ndarray,
    starts_s: np.ndarray,
    *,
    slack_s: float,
    by_chance: Scale,
) -> tuple[np.ndarray, np.ndarray]:
    """The agreement with each candidate by bits and peaks together, and where the query begins there, (n,) each.

    Parameters
    ----------
    found, starts_s : (n,)
        Agreement of the bits, and where, as `by_fingerprint.place`.
    by_chance : the null distribution of that agreement
    """
    room_s = max((span.end_s - span.start_s for span in spans), default=0.0) - query.passage.duration_s
    peaks = nearest(query.peaks, spans, slack_s, max(0.0, room_s) + slack_s)
    by_peaks = _tail(peaks.nats[peaks.by_chance > 0]).surprise(peaks.nats)
    by_bits = by_chance.surprise(found)
    sum_of_both = by_bits + by_peaks
    together = np.where(
        np.abs(peaks.starts_s - starts_s) <= _TOGETHER_S, sum_of_both - np.log1p(sum_of_both), 0.0
    )
    surprise = np.maximum(together, by_peaks)
    worth = np.minimum(by_chance.location + by_chance.spread * surprise, MOST_OF_SOME * query.bits.weight)
    better = (surprise > by_bits) & (worth > found)
    return np.where(better, worth, found), np.where(better & (by_peaks > by_bits), peaks.starts_s, starts_s)


def _tail(nats: np.ndarray) -> Scale:
    """The null distribution of what peaks say of the candidates of one query."""
    if len(nats) < _FIT_FROM:
        return _FEW
    fitted = through_quantiles(nats, _TAIL, _SPREAD[0])
    return Scale(fitted.location, min(fitted.spread, _SPREAD[1]))

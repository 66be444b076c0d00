"""Fingerprint: whether two moments are the very same recording, from the bits of their spectrograms.

Notes and sound cannot tell one round of a loop from the next; the fingerprint can, in noise and over the telephone too,
and says to a twentieth of a second where the query lies. It counts only where it agrees by more than chance: it speaks
for the same recording, somewhat for the same notes at the same tempo, and never against another performance.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from index.core.facts import Beside, Fact
from index.core.hits import Alignment
from index.core.moments import Passage, Span
from index.descriptors.fingerprint_bits import Warp
from index.factors.base import ProposesNothing
from index.placement import by_peaks
from index.placement.bits import bits_of
from index.placement.by_fingerprint import NEAR_S, nearest
from index.placement.by_peaks import peaks_of
from index.placement.prepared import PreparedQuery

_PEAKS_TOLD = 10.0
"""Nats: where only one place was looked at, other music has so many peaks in common once in a thousand times."""
_TOLD = 0.14
"""Where only one place was looked at, other music agrees as much as this once in a thousand times."""


class Fingerprint(ProposesNothing):
    """Agreement of fingerprints at the best lag, brought to what it would mean over ten seconds."""

    name = "fingerprint"

    def similarity(self, query: PreparedQuery, candidates: Sequence[Span]) -> np.ndarray:
        """(n,) agreement beyond chance: 0 by chance, 1 where ten seconds are bit for bit the same.

        Of t seconds it is weighed by the root of t / 10, so that a value means the same for short and long queries.
        """
        return nearest(query.bits, candidates, NEAR_S, NEAR_S)[0]

    def facts(self, passage: Passage, beside: Beside | None = None) -> tuple[Fact, ...]:
        """None: a fingerprint alone says nothing of the music."""
        return ()

    def shared(self, query: Passage, hit: Passage, alignment: Alignment) -> tuple[Fact, ...]:
        """How much of the fingerprint agrees, and how many peaks fall together, where that is beyond chance.

        Warped as the two lie. Whether it is said of bits by what a room leaves of them; what is said are all.
        """
        return (*_same_bits(query, hit.span, alignment), *_same_peaks(query, hit.span, alignment))


def _same_bits(query: Passage, span: Span, alignment: Alignment) -> tuple[Fact, ...]:
    own = bits_of(query)
    warps = [Warp(alignment.tempo_ratio, bands) for bands in (0, -1, 1)]
    near = partial(nearest, own, [span], NEAR_S, NEAR_S)
    if max(float(near(warp=warp)[0][0]) for warp in warps) < _TOLD:
        return ()
    best = max(float(near(warp=warp, every_bit=True)[0][0]) for warp in warps)
    share = round(50 + 50 * own.beyond_chance(best))
    return (Fact("same bits", share, "%", f"{share} % of its bits are the same (chance gives 50)"),)


def _same_peaks(query: Passage, span: Span, alignment: Alignment) -> tuple[Fact, ...]:
    if alignment != Alignment(0, 1.0):
        return ()
    own = peaks_of(query)
    found = by_peaks.nearest(own, [span], NEAR_S, NEAR_S)
    if found.nats[0] < _PEAKS_TOLD:
        return ()
    count, usual = int(found.count[0]), round(float(found.by_chance[0]))
    text = f"{count} of its {len(own)} spectral peaks fall together (chance gives {usual})"
    return (Fact("same peaks", count, "", text),)

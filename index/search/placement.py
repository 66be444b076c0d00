"""Where a query lies in the candidates: by its notes, by its fingerprint, and by that of a recording that was changed.

Notes say it for any performance, within half a second. The fingerprint says it for the same recording, within a
twentieth; a clip that was played faster or higher is looked for in the whole of the few recordings the notes like best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.core.frames import Frames
from index.core.hits import Alignment
from index.core.moments import Span, fitted
from index.core.query import PROOF
from index.core.tracks import Clip
from index.descriptors.fingerprint_bits import Warp
from index.placement import by_fingerprint, by_notes
from index.placement.by_fingerprint import AS_GOOD, NEAR_S, SAME_RECORDING, Found
from index.placement.by_notes import SLACK_S, Placed
from index.placement.prepared import PreparedQuery
from index.search import two_proofs
from index.search.fusion import FusionModel
from index.search.surprise import Scale

AS_IT_IS = Alignment(0, 1.0)
SURE_CHANGED = 0.25
"""Agreement of a modified copy that chance does not reach, although many modifications are tried."""
_BEYOND_DOUBT = 0.4
"""Agreement of the unmodified fingerprint from which no modification is searched for."""
_EARLY_S = 0.5
"""A recording that begins two seconds before the music lies so much before the first window's reach."""
_RECORDINGS, _TEMPI = 3, 2
"""Number of recordings that are searched for a modified copy, and of tempo ratios that are tried on each."""
_BESIDE = (0.97, 1.0, 1.03)
"""Tempo ratios between those of the alignment by notes."""
_HIGHER = (-1, 0, 1)


@dataclass(frozen=True)
class Placements:
    """A query placed in candidates; more than once in one where notes and fingerprint disagree."""

    placed: Placed
    of_span: Sequence[int]
    """(n,) int: the candidate that each placement belongs to."""
    proof: np.ndarray
    """(n,) agreement of the fingerprints, as `by_fingerprint.place`; 0 where it was placed by notes alone."""
    by_chance: Scale
    """The null distribution of that agreement: this query's bits with those of moments that were not chosen by them."""

    def joined(self, more: Placements) -> Placements:
        """Both."""
        return Placements(
            Placed(
                np.concatenate([self.placed.value, more.placed.value]),
                self.placed.spans + more.placed.spans,
                self.placed.alignments + more.placed.alignments,
            ),
            [*self.of_span, *more.of_span],
            np.concatenate([self.proof, more.proof]),
            self.by_chance,
        )


@dataclass(frozen=True)
class _Last:
    """The last placement; holding both sides keeps the identities of their frames."""

    wanted: Sequence[tuple[int, float, float]]
    held: Sequence[Span]
    placements: Placements


class Placer:
    """Places queries in candidates. The last result is cached: a query is often repeated with another emphasis."""

    def __init__(self, model: FusionModel) -> None:
        self._model = model
        self._last: _Last | None = None

    def place(
        self, query: PreparedQuery, spans: Sequence[Span], elsewhere: np.ndarray | None = None
    ) -> Placements:
        """Place the query in each of the spans, by notes and by fingerprint.

        Parameters
        ----------
        query : PreparedQuery
        spans : sequence of Span
            The candidates.
        elsewhere : np.ndarray, optional
            (n,) what `agreement_by_chance` says; None where the candidates are all there is, so that they say it.

        Returns
        -------
        Placements
            At least one for each span.
        """
        passage = query.passage
        asked = passage.span
        held = [asked, *spans]
        wanted = [(id(span.frames), span.start_s, span.end_s) for span in held]
        last = self._last
        if last is None or last.wanted != wanted:
            notes = by_notes.place(query, spans)
            placements = self._exactly(query, spans, notes, elsewhere)
            if isinstance(passage.source, Clip) and placements.proof.max(initial=0.0) < _BEYOND_DOUBT:
                placements = _changed(query, spans, notes, placements)
            last = self._last = _Last(wanted, held, placements)
        return last.placements

    def _exactly(
        self, query: PreparedQuery, spans: Sequence[Span], notes: Placed, elsewhere: np.ndarray | None
    ) -> Placements:
        """Where the fingerprint surely finds the query it lies too; there alone, if that is where the notes put it.

        Sure is what the best of so many candidates does not reach by chance: a drone agrees with much, an attack with
        little, and what a phone has left of the bits may agree by a sixth and be without doubt.
        """
        proof, of_span = np.zeros(len(spans)), list(range(len(spans)))
        found, starts_s, by_chance = proved(self._model, query, spans, SLACK_S + _EARLY_S, elsewhere)
        sure = np.flatnonzero(by_chance.surprise(found) >= self._model.proof[PROOF]).tolist()
        if not sure:
            return Placements(notes, of_span, proof, by_chance)
        value, placed = notes.value.copy(), list(notes.spans)
        exact = [fitted(spans[i].frames, float(starts_s[i]), query.passage.duration_s) for i in sure]
        fit = by_notes.fit(query, exact).value
        apart: list[int] = []
        for number, (index, span) in enumerate(zip(sure, exact, strict=True)):
            if notes.alignments[index] == AS_IT_IS and abs(placed[index].start_s - span.start_s) <= NEAR_S:
                value[index], placed[index], proof[index] = fit[number], span, found[index]
            else:
                apart.append(number)
        placements = Placements(Placed(value, tuple(placed), notes.alignments), of_span, proof, by_chance)
        return placements.joined(
            Placements(
                Placed(fit[apart], tuple(exact[i] for i in apart), (AS_IT_IS,) * len(apart)),
                [sure[i] for i in apart],
                found[[sure[i] for i in apart]],
                by_chance,
            )
        )


def proved(
    model: FusionModel,
    query: PreparedQuery,
    spans: Sequence[Span],
    slack_s: float,
    elsewhere: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, Scale]:
    """How far bits, of a clip peaks as well, agree with each candidate, where it begins then, and what chance reaches.

    `elsewhere`: (n,) what `agreement_by_chance` says; None where the candidates are all there is.
    """
    found, starts_s = by_fingerprint.place(query, spans, slack_s)
    by_chance = model.by_chance(PROOF, found[_with_bits(spans)] if elsewhere is None else elsewhere)
    if isinstance(query.passage.source, Clip):
        bits = two_proofs.Bits(found, starts_s, by_chance, model.proof[PROOF])
        found, starts_s = two_proofs.both(query, spans, bits, slack_s)
    return found, starts_s, by_chance


def agreement_by_chance(query: PreparedQuery, spans: Sequence[Span]) -> np.ndarray:
    """(n,) how far the bits of a query agree near random moments: what chance reaches, as `Placer.place` looks.

    Candidates that the bits themselves have proposed say too much of it.
    """
    return by_fingerprint.place(query, spans, SLACK_S + _EARLY_S)[0][_with_bits(spans)]


def _with_bits(spans: Sequence[Span]) -> np.ndarray:
    """(n,) bool: which have a fingerprint. What was analysed before there were any says nothing of chance."""
    return np.array([span.frames.fingerprint is not None for span in spans], bool)


def _changed(
    query: PreparedQuery, spans: Sequence[Span], notes: Placed, placements: Placements
) -> Placements:
    """Add the placement in a recording of which the query is a faster or higher copy, if there is one."""
    for indices in _liked_best(spans, notes):
        frames = spans[indices[0]].frames
        ratios = list(dict.fromkeys(notes.alignments[i].tempo_ratio for i in indices))[:_TEMPI]
        found = by_fingerprint.rounds(query, frames, _warps(ratios))
        best = found[0].value
        if best >= SURE_CHANGED:
            least = best if best >= SAME_RECORDING else best - AS_GOOD
            placed = max(
                (_placed(query, frames, each) for each in found if each.value >= least),
                key=lambda each: float(each.value[0]),
            )
            proof = np.array([best])
            placements = placements.joined(Placements(placed, indices[:1], proof, placements.by_chance))
    return placements


def _placed(query: PreparedQuery, frames: Frames, found: Found) -> Placed:
    """The query where its fingerprint lies after a change, and how its notes fit there.

    Of two rounds whose bits agree alike, and no better than another performance of the same tones may, notes choose.
    """
    span = fitted(frames, found.start_s, query.passage.duration_s * found.warp.ratio)
    fit = by_notes.fit(query, [span], found.warp.ratio, any_key=True)
    return Placed(fit.value, (span,), (Alignment(int(fit.shift_semitones[0]), found.warp.ratio),))


def _liked_best(spans: Sequence[Span], notes: Placed) -> list[list[int]]:
    """The candidates of the few recordings with the best alignment by notes, best first each."""
    of_sound: dict[int, list[int]] = {}
    for index in np.argsort(-notes.value, kind="stable").tolist():
        sound = id(spans[index].frames)
        if sound in of_sound or len(of_sound) < _RECORDINGS:
            of_sound.setdefault(sound, []).append(index)
    return list(of_sound.values())


def _warps(ratios: Sequence[float]) -> list[Warp]:
    """Modifications near those tempo ratios, and of the pitch alone."""
    tempi = [ratio * beside for ratio in ratios for beside in _BESIDE]
    return list(dict.fromkeys(Warp(ratio, bands) for ratio in [1.0, *tempi] for bands in _HIGHER))

"""Where a query lies in the candidates: by its notes, by its fingerprint, and by that of a recording that was changed.

Notes say it for any performance, within half a second. The fingerprint says it for the same recording, within a
twentieth; a clip that was played faster or higher is looked for in the whole of the few recordings the notes like best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.core.moments import PROOF, Alignment, Clip, Passage
from index.descriptors.fingerprint_bits import Warp
from index.factors import Span
from index.factors.fingerprint import NEAR_S, Fingerprint
from index.factors.harmony import SLACK_S, Harmony, Placed, fitted
from index.search.fusion import FusionModel, Scale

AS_IT_IS = Alignment(0, 1.0)
SURE_CHANGED = 0.25
"""A value that no change reaches by chance where many were tried."""
_BEYOND_DOUBT = 0.4
"""Where the fingerprint as it is agrees so well, no change is looked for."""
_EARLY_S = 0.5
"""A recording that begins two seconds before the music lies so much before the first window's reach."""
_RECORDINGS, _TEMPI = 3, 2
"""So many are searched for a changed recording, at so many tempi of those at which notes laid the query there."""
_BESIDE = (0.97, 1.0, 1.03)
"""Tempi between those that notes are laid at."""
_HIGHER = (-1, 0, 1)


@dataclass(frozen=True)
class Laid:
    """A query laid on candidates; more than once on one where notes and fingerprint differ."""

    placed: Placed
    of_span: Sequence[int]
    """(n,) the candidate that each lies in."""
    proof: np.ndarray
    """(n,) how the fingerprints agree, as `Fingerprint.similarity`; 0 where notes alone laid it there."""
    by_chance: Scale
    """How they agree where nothing is the same recording: this query's bits with those of all candidates."""

    def joined(self, more: Laid) -> Laid:
        """Both."""
        return Laid(
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
    """What was laid last; holding both sides keeps the identities of their frames."""

    wanted: Sequence[tuple[int, float, float]]
    held: Sequence[Passage | Span]
    laid: Laid


class Layer:
    """Lays queries on candidates. The last answer is kept: the same is often asked with another emphasis."""

    def __init__(self, harmony: Harmony, fingerprint: Fingerprint, model: FusionModel) -> None:
        self._harmony = harmony
        self._fingerprint = fingerprint
        self._model = model
        self._last: _Last | None = None

    def lay(self, passage: Passage, spans: Sequence[Span]) -> Laid:
        """Where the query lies in the spans."""
        held: list[Passage | Span] = [passage, *spans]
        wanted = [(id(span.frames), span.start_s, span.end_s) for span in held]
        last = self._last
        if last is None or last.wanted != wanted:
            by_notes = self._harmony.place(passage, spans)
            laid = self._exactly(passage, spans, by_notes)
            if isinstance(passage.source, Clip) and laid.proof.max(initial=0.0) < _BEYOND_DOUBT:
                laid = self._changed(passage, spans, by_notes, laid)
            last = self._last = _Last(wanted, held, laid)
        return last.laid

    def _exactly(self, passage: Passage, spans: Sequence[Span], by_notes: Placed) -> Laid:
        """Where the fingerprint surely finds the query it lies too; there alone, if that is where the notes put it.

        Sure is what the best of so many candidates does not reach by chance: a drone agrees with much, an attack with
        little, and what a phone has left of the bits may agree by a sixth and be without doubt.
        """
        proof, of_span = np.zeros(len(spans)), list(range(len(spans)))
        found, starts_s = self._fingerprint.place(passage, spans, SLACK_S + _EARLY_S)
        by_chance = self._model.by_chance(PROOF, found)
        sure = np.flatnonzero(by_chance.surprise(found) >= self._model.proof[PROOF]).tolist()
        if not sure:
            return Laid(by_notes, of_span, proof, by_chance)
        value, placed = by_notes.value.copy(), list(by_notes.spans)
        exact = [fitted(spans[i].frames, float(starts_s[i]), passage.duration_s) for i in sure]
        fit = self._harmony.fit(passage, exact).value
        apart: list[int] = []
        for number, (index, span) in enumerate(zip(sure, exact, strict=True)):
            if by_notes.alignments[index] == AS_IT_IS and abs(placed[index].start_s - span.start_s) <= NEAR_S:
                value[index], placed[index], proof[index] = fit[number], span, found[index]
            else:
                apart.append(number)
        laid = Laid(Placed(value, tuple(placed), by_notes.alignments), of_span, proof, by_chance)
        return laid.joined(
            Laid(
                Placed(fit[apart], tuple(exact[i] for i in apart), (AS_IT_IS,) * len(apart)),
                [sure[i] for i in apart],
                found[[sure[i] for i in apart]],
                by_chance,
            )
        )

    def _changed(self, passage: Passage, spans: Sequence[Span], by_notes: Placed, laid: Laid) -> Laid:
        """With it where a recording lies that was played faster or higher, if there is one."""
        for indices in _liked_best(spans, by_notes):
            frames = spans[indices[0]].frames
            ratios = list(dict.fromkeys(by_notes.alignments[i].tempo_ratio for i in indices))[:_TEMPI]
            found = self._fingerprint.search(passage, frames, _warps(ratios))
            if found.value >= SURE_CHANGED:
                span = fitted(frames, found.start_s, passage.duration_s * found.warp.ratio)
                fit = self._harmony.fit(passage, [span], found.warp.ratio, any_key=True)
                alignment = Alignment(int(fit.shift_semitones[0]), found.warp.ratio)
                placed = Placed(fit.value, (span,), (alignment,))
                laid = laid.joined(Laid(placed, indices[:1], np.array([found.value]), laid.by_chance))
        return laid


def _liked_best(spans: Sequence[Span], by_notes: Placed) -> list[list[int]]:
    """The candidates of the few sounds that notes like best, best first each."""
    of_sound: dict[int, list[int]] = {}
    for index in np.argsort(-by_notes.value, kind="stable").tolist():
        sound = id(spans[index].frames)
        if sound in of_sound or len(of_sound) < _RECORDINGS:
            of_sound.setdefault(sound, []).append(index)
    return list(of_sound.values())


def _warps(ratios: Sequence[float]) -> list[Warp]:
    """Changes near those tempi, and of the pitch alone."""
    tempi = [ratio * beside for ratio in ratios for beside in _BESIDE]
    return list(dict.fromkeys(Warp(ratio, bands) for ratio in [1.0, *tempi] for bands in _HIGHER))

"""The exact rerank: candidates are aligned with the query, compared by every factor, fused and ordered.

All candidates get the cheap comparisons: placement by harmony and fingerprint, and timbre. The best of these are
compared by character, and only the best of all by all factors: the best by their score so far, and in turn with them
the best by notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.core.frames import Frames
from index.core.hits import Hit
from index.core.moments import Moment
from index.core.query import CHARACTER, PROOF, Query
from index.core.tracks import Clip, Track
from index.descriptors.alignment import TEMPO_RATIOS
from index.factors import Factor, MeasuresMeans, Span
from index.factors.timbre import mean_embeddings
from index.placement.by_notes import Placed
from index.placement.prepared import COMPARED_S, PreparedQuery
from index.search.candidates import worth_comparing
from index.search.diversity import considered
from index.search.fusion import Fused, FusionModel, confidence, fuse
from index.search.moment_filter import MomentFilter
from index.search.null_distribution import Background
from index.search.placement import Placer, agreement_by_chance
from index.search.surprise import Scale, through_quartiles

RERANKED = 64
"""Windows that are compared by all factors, and by which more follow where more hits are asked for; so many a hit:"""
RERANKED_A_HIT = 6
PLACED_BY = ("fingerprint", "notes", "mfcc", "sketch", "chroma")
_ALL_BY = (*PLACED_BY, "embedding", "network")
_BEST_BY = ("onset", "level_db")
"""Arrays of frames: where the query lies is found by the first, all candidates are compared by the second, the best by
the third as well."""
_BESIDE_S = 3.0
"""So much before and after is looked at too, where it lies a little beside."""
FELT = 4
"""For each window that every search compares by all factors, so many are compared by character first, however many hits
are asked for: a rank is the same for any number."""
WINDOWS_A_TRACK = 6
"""So many of one track, for each hit that it may have, before windows of others: neighbours are much alike."""


@dataclass(frozen=True)
class Scored:
    """Candidates aligned with the query, compared by every factor, and fused."""

    tracks: tuple[Track, ...]
    placed: Placed
    fused: Fused
    likeness: np.ndarray
    confidence: np.ndarray
    turn: np.ndarray
    """(n,) int: 0 for those that every search compares, more for those that follow where more hits are asked for."""

    def order(self) -> list[int]:
        """Indices, best first; more hits go on where fewer ended, so that a rank is the same for any number."""
        return np.lexsort((-self.fused.score, self.turn)).tolist()

    def hit(self, index: int) -> Hit:
        """One candidate as a hit, not yet ranked or refined."""
        track, span = self.tracks[index], self.placed.spans[index]
        return Hit(
            rank=0,
            track=track,
            moment=Moment(track.id, span.start_s, span.end_s),
            score=float(self.fused.score[index]),
            likeness=float(self.likeness[index]),
            confidence=float(self.confidence[index]),
            factors=self.fused.parts(index),
            alignment=self.placed.alignments[index],
        )


class Scorer:
    """Compares candidates with a query by every factor."""

    def __init__(
        self,
        factors: Mapping[str, Factor],
        model: FusionModel,
        background: Background,
        *,
        in_memory: bool = True,
    ) -> None:
        """`in_memory`: whether all frames have room there; else only the rows that are compared are read."""
        self._in_memory = in_memory
        self._factors = factors
        self._placer = Placer(model)
        self._model = model
        self._background = background

    def at_random(self, prepared: PreparedQuery, *, proposed: bool = False) -> dict[str, np.ndarray]:
        """The null distribution of every factor: similarities to random moments, (n,) each.

        Of the fingerprint only where candidates are `proposed`: where they are all there is, they say it themselves.
        """
        values = self._background.values(prepared)
        if proposed:
            values[PROOF] = agreement_by_chance(prepared, self._background.spans)
        return values

    def score(
        self,
        prepared: PreparedQuery,
        spans: Sequence[Span],
        tracks: Sequence[Track],
        random_values: Mapping[str, np.ndarray] | None = None,
        *,
        reranked: int = 0,
        moment_filter: MomentFilter | None = None,
    ) -> Scored:
        """Compare all candidates by harmony, timbre and emphasised factors, and the best of these by all factors.

        Moments that fail the filters are dropped before, so that they do not take the place of others.

        Parameters
        ----------
        random_values : result of `at_random`, if it was computed already
        reranked : number of candidates that are compared by all factors; 0 for the default
        """
        query = prepared.query
        in_one_turn = reranked or RERANKED
        reranked = reranked or max(RERANKED, RERANKED_A_HIT * considered(query))
        at_random = dict(self.at_random(prepared) if random_values is None else random_values)
        elsewhere = at_random.pop(PROOF, None)
        scales = {name: self._model.scale(name, at_random.get(name, np.zeros(0))) for name in self._factors}
        clip = isinstance(query.passage.source, Clip)
        self._read_ahead(prepared, spans, (*_ALL_BY, "peaks") if clip else _ALL_BY)
        placements = self._placer.place(prepared, spans, elsewhere)
        scales[PROOF] = placements.by_chance
        placed, tracks = placements.placed, [tracks[index] for index in placements.of_span]
        means = mean_embeddings(self._spans_of(placed)) if tracks else None
        values = {name: self._compared_by(means, name, prepared, placed) for name in self._early(query)}
        values |= {"harmony": placed.value, "fingerprint": placements.proof}
        turn = np.zeros(len(tracks), int)
        if len(tracks) > in_one_turn or moment_filter:
            first = fuse(self._model, values, scales, query.emphasis)
            most = FELT * in_one_turn
            values[CHARACTER], felt = self._felt(prepared, placed, first.score, tracks, most, means)
            first = fuse(self._model, values, scales, query.emphasis)
            order = _in_turn(first, self._model.chance, tracks)
            kept = worth_comparing(
                order,
                tracks,
                placed.spans,
                most=reranked,
                most_a_track=WINDOWS_A_TRACK * query.hits_per_track,
                moment_filter=moment_filter,
            )
            turn = np.arange(len(kept)) // in_one_turn
            values = {name: array[kept] for name, array in values.items()}
            placed, tracks = placed.only(kept), [tracks[i] for i in kept]
            missing = np.flatnonzero(~felt[kept])
            values[CHARACTER][missing] = self._compared(CHARACTER, prepared, placed.only(missing))
        self._read_ahead(prepared, placed.spans, _BEST_BY)
        values |= {
            name: self._compared(name, prepared, placed) for name in self._factors if name not in values
        }
        fused = fuse(self._model, values, scales, query.emphasis)
        return Scored(
            tracks=tuple(tracks),
            placed=placed,
            fused=fused,
            likeness=self._likeness(fused, at_random, scales, query),
            confidence=confidence(self._model, values, scales),
            turn=turn,
        )

    def _felt(  # noqa: PLR0917
        self,
        query: PreparedQuery,
        placed: Placed,
        score: np.ndarray,
        tracks: Sequence[Track],
        most: int,
        means: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Character of the best by score, of each track the best before any second, and which these are, (n,) each.

        Of the others the least that was measured. Where nothing is the same music, character would else have no say in
        what is compared at all.
        """
        best = _best_of_each_first(np.argsort(-score, kind="stable"), tracks)[:most]
        felt = np.zeros(len(tracks), bool)
        felt[best] = True
        character = np.zeros(len(tracks))
        own = None if means is None else means[best]
        character[best] = self._compared_by(own, CHARACTER, query, placed.only(best))
        character[~felt] = character[felt].min(initial=np.inf)
        return character, felt

    def _read_ahead(self, query: PreparedQuery, spans: Sequence[Span], names: Collection[str]) -> None:
        """Have of each sound what lies around its candidates."""
        if self._in_memory:
            return
        longest_s = max([query.passage.duration_s, *(span.end_s - span.start_s for span in spans)])
        reach_s = min(longest_s, COMPARED_S) * TEMPO_RATIOS[-1] + _BESIDE_S
        of_sound: dict[int, tuple[Frames, list[tuple[float, float]]]] = {}
        for span in spans:
            stretches_s = of_sound.setdefault(id(span.frames), (span.frames, []))[1]
            stretches_s.append((span.start_s - _BESIDE_S, span.start_s + reach_s))
        for frames, stretches_s in of_sound.values():
            frames.ahead(names, stretches_s)

    def _compared(self, name: str, query: PreparedQuery, placed: Placed) -> np.ndarray:
        """One factor's similarity of the query and each placed candidate, (n,) float."""
        spans = self._spans_of(placed)
        return self._factors[name].similarity(query, spans) if spans else np.zeros(0)

    def _compared_by(
        self, means: np.ndarray | None, name: str, query: PreparedQuery, placed: Placed
    ) -> np.ndarray:
        """The same, where the mean embeddings of the candidates are known, (n, 200): they are not made again."""
        factor = None if means is None else self._factors[name]
        if not isinstance(factor, MeasuresMeans) or not factor.by_means:
            return self._compared(name, query, placed)
        return factor.compare(query, factor.measure(self._spans_of(placed), means))

    @staticmethod
    def _spans_of(placed: Placed) -> list[Span]:
        """What is compared of each placed candidate."""
        return [
            span
            if span.end_s - span.start_s <= COMPARED_S * ratio.tempo_ratio
            else replace(span, end_s=span.start_s + COMPARED_S * ratio.tempo_ratio)
            for span, ratio in zip(placed.spans, placed.alignments, strict=True)
        ]

    def _early(self, query: Query) -> list[str]:
        """The factors that all candidates are compared by, beside harmony and the fingerprint."""
        asked_for = query.emphasis.get("harmony", 1.0)
        others = [name for name in self._factors if name not in ("harmony", "fingerprint")]
        return [name for name in others if name == "timbre" or query.emphasis.get(name, 1.0) > asked_for]

    def _likeness(
        self, fused: Fused, random_values: Mapping[str, np.ndarray], scales: Mapping[str, Scale], query: Query
    ) -> np.ndarray:
        """(n,) in [0, 1]: the percentile of each fused score among those of random moments."""
        random_scores = fuse(self._model, random_values, scales, query.emphasis).score
        if len(random_scores) < 4:
            return np.ones_like(fused.score)
        return through_quartiles(random_scores).percentile(fused.score)


def _in_turn(first: Fused, alike: Collection[str], tracks: Sequence[Track]) -> list[int]:
    """Indices in which candidates are worth an exact comparison: the best by score and the best by notes take turns.

    By then the notes have said only a part of what they say together, and what they say alone may lie within chance. By
    score the best of each track come first: windows of one track feel much alike, and would be all that is compared.
    """
    notes = np.sum(
        [first.weights[name] * first.values[name] for name in first.values if name in alike], axis=0
    )
    by_score = _best_of_each_first(np.argsort(-first.score, kind="stable"), tracks)
    by_notes = np.argsort(-notes, kind="stable") if np.ptp(notes) > 0 else by_score
    return list(dict.fromkeys(np.stack([by_score, by_notes], axis=1).ravel().tolist()))


def _best_of_each_first(order: np.ndarray, tracks: Sequence[Track]) -> np.ndarray:
    """The same order, but every track's best before any track's second best."""
    seen = Counter[str]()
    place = []
    for index in order.tolist():
        place.append(seen[tracks[index].id])
        seen[tracks[index].id] += 1
    return np.asarray(order[np.argsort(place, kind="stable")])

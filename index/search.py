"""Search: candidates from every factor, an exact rerank, fusion, merging, refinement, diversity. A Query in, Hits out.

Nothing is known here of files, tags or words: tracks come from a `Shelf`, vectors from a store, frames from a store.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import ThreadpoolController

from index.background import Background
from index.candidates import ASKED_AT_ONCE, Candidate, Proposal, Shelf, worth_comparing
from index.conditions import MomentFilter
from index.diversity import considered, select
from index.errors import EmptyLibraryError
from index.factors import Factor, Span
from index.factors.harmony import Harmony, Placed
from index.frames import FrameStore
from index.fusion import Fused, FusionModel, Scale, confidence, fuse, through_quartiles
from index.moments import Clip, Hit, Moment, Passage, Query, Results, Track
from index.refinement import Refiner
from index.vectors import VectorStore

BACKGROUND_MOMENTS = 192
RERANKED = 64
"""Windows that are compared by all factors, and by which more follow where more hits are asked for; so many a hit:"""
RERANKED_A_HIT = 6
WINDOWS_A_TRACK = 6
"""So many of one track, for each hit that it may have, before windows of others: neighbours are much alike."""
SAME_RECORDING_TIMBRE = 0.65
SURE = 0.9
UNSURE = 0.5
"""Below this confidence a hit is called weak where it is not alike either."""
SAME_PASSAGE_OVERLAP = 0.3


@dataclass(frozen=True)
class Scored:
    """Candidates laid against the query, compared by every factor, and fused."""

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


@dataclass(frozen=True)
class LastPlaced:
    """A query laid on its candidates; holding both keeps the identities of their frames."""

    wanted: Sequence[tuple[int, float, float]]
    held: Sequence[Passage | Span]
    placed: Placed


class Searcher:
    """Finds moments on one shelf."""

    def __init__(
        self,
        shelf: Shelf,
        vectors: VectorStore | None,
        frames: FrameStore,
        factors: Mapping[str, Factor],
        model: FusionModel,
    ) -> None:
        self._shelf = shelf
        self._vectors = vectors
        self._frames = frames
        self._factors = factors
        harmony = factors["harmony"]
        assert isinstance(harmony, Harmony)
        self._harmony = harmony
        self._model = model.among(shelf.total_windows * shelf.grid.hop_s / shelf.grid.window_s)
        # Several threads of BLAS wait for each other actively: beside `reprise add` a search took four times
        # the processor's time. Its products are small; one thread is enough.
        self._blas = ThreadpoolController().select(user_api="blas")
        self._asking = ThreadPoolExecutor(ASKED_AT_ONCE, "asking")
        random_spans = [self._span(candidate) for candidate in shelf.sample(BACKGROUND_MOMENTS)]
        self._background = Background(random_spans, factors)
        self._last_placed: LastPlaced | None = None

    def find(self, query: Query, allowed: Callable[[Track], bool] | None = None) -> Results:
        """The moments of the library most like the query's passage.

        `allowed` says which tracks are open to this query (filters on tags); None means all.
        """
        with self._blas.limit(limits=1):
            return self._find(query, allowed)

    def _find(self, query: Query, allowed: Callable[[Track], bool] | None) -> Results:
        started = time.perf_counter()
        if not self._shelf.tracks:
            raise EmptyLibraryError
        excluded = query.passage.source.id if self._leaves_own_out(query) else ""
        open_tracks = self._shelf.narrowed(allowed, excluded)
        moment_filter = MomentFilter(query.filters)
        widen = 3 if moment_filter else 1
        asked = Proposal(query.passage, open_tracks, self._vectors, self._factors, self._asking, widen=widen)
        at_random = self._background.values(query.passage)  # while the store looks
        hits = self._hits(query, asked.candidates(), moment_filter, at_random)
        return Results(
            query=query,
            hits=hits,
            compared=open_tracks.windows,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            itself=next((hit for hit in hits[:1] if is_itself(query, hit)), None),
            weak=any(self._is_weak(hit) for hit in hits[:1]),
        )

    def _is_weak(self, best: Hit) -> bool:
        nearness = self._model.nearness({name: part.value for name, part in best.factors.items()})
        return best.confidence < UNSURE and nearness < self._model.unlike

    def repeats(self, query: Query) -> Results:
        """Where a passage of a track comes back in that same track; the passage itself is left out."""
        started = time.perf_counter()
        passage = query.passage
        own = self._shelf.narrowed(lambda track: track.id == passage.source.id, "")
        elsewhere = [
            candidate
            for candidate in own.all_windows()
            if min(candidate.end_s, passage.end_s) - max(candidate.start_s, passage.start_s)
            < 0.5 * passage.duration_s
        ]
        hits = self._hits(query, elsewhere, MomentFilter(query.filters), self._background.values(passage))
        apart = tuple(
            hit
            for hit in hits
            if hit.moment.overlap(Moment(hit.track.id, passage.start_s, passage.end_s)) < SAME_PASSAGE_OVERLAP
        )
        elapsed_ms = (time.perf_counter() - started) * 1000
        return Results(query, tuple(ranked(apart)), len(elsewhere), elapsed_ms)

    def judge(self, query: Query, other: Passage) -> Hit:
        """Another passage as if it had been found for the query: every factor's value, likeness and part."""
        span = Span(other.frames, other.start_s, other.end_s)
        source = other.source
        track = source if isinstance(source, Track) else as_track(source)
        scored = self._compared(query, [span], [track], self._background.values(query.passage))
        hit = scored.hit(0)
        return replace(hit, rank=1, moment=Moment(track.id, other.start_s, other.end_s))

    def compare(self, query: Query, candidates: Sequence[Candidate], reranked: int = 0) -> Scored:
        """Every factor of the candidates, fused; all factors of the `reranked` best (0: as many as a search takes)."""
        at_random = self._background.values(query.passage)
        return self._compared(query, *self._laid_out(candidates), at_random, reranked=reranked)

    def _laid_out(self, candidates: Sequence[Candidate]) -> tuple[list[Span], list[Track]]:
        tracks = [self._shelf.tracks[candidate.track_id] for candidate in candidates]
        return [self._span(each) for each in candidates], tracks

    def _compared(
        self,
        query: Query,
        spans: Sequence[Span],
        tracks: Sequence[Track],
        random_values: Mapping[str, np.ndarray],
        *,
        reranked: int = 0,
        moment_filter: MomentFilter | None = None,
    ) -> Scored:
        """The best by harmony, timbre and whatever counts for more are compared by all factors.

        What does not meet the conditions on the moment is left out before, else it would take the place of what does.
        """
        in_one_turn = reranked or RERANKED
        reranked = reranked or max(RERANKED, RERANKED_A_HIT * considered(query))
        passage, others = query.passage, [name for name in self._factors if name != "harmony"]
        scales = {name: self._model.scale(name, random_values[name]) for name in self._factors}
        placed = self._place(passage, spans)
        asked_for = query.emphasis.get("harmony", 1.0)
        early = [name for name in others if name == "timbre" or query.emphasis.get(name, 1.0) > asked_for]
        values = {name: self._factors[name].similarity(passage, placed.spans) for name in early}
        values["harmony"] = placed.value
        turn = np.zeros(len(spans), int)
        if len(spans) > in_one_turn or moment_filter:
            first = fuse(self._model, values, scales, query.emphasis)
            order = np.argsort(-first.score, kind="stable").tolist()
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
        values |= {
            name: self._factors[name].similarity(passage, placed.spans) if placed.spans else np.zeros(0)
            for name in others
            if name not in values
        }
        fused = fuse(self._model, values, scales, query.emphasis)
        return Scored(
            tracks=tuple(tracks),
            placed=placed,
            fused=fused,
            likeness=self._likeness(fused, random_values, scales, query),
            confidence=confidence(self._model, values, scales),
            turn=turn,
        )

    def _place(self, passage: Passage, spans: Sequence[Span]) -> Placed:
        """Where the query lies in each span. The last answer is kept: the same is often asked with another emphasis."""
        held: list[Passage | Span] = [passage, *spans]
        wanted = [(id(span.frames), span.start_s, span.end_s) for span in held]
        last = self._last_placed
        if last is None or last.wanted != wanted:
            placed = self._harmony.place(passage, spans)
            last = self._last_placed = LastPlaced(wanted, held, placed)
        return last.placed

    def _likeness(
        self, fused: Fused, random_values: Mapping[str, np.ndarray], scales: Mapping[str, Scale], query: Query
    ) -> np.ndarray:
        """Where each fused score stands among those of random moments."""
        random_scores = fuse(self._model, random_values, scales, query.emphasis).score
        if len(random_scores) < 4:
            return np.ones_like(fused.score)
        return through_quartiles(random_scores).percentile(fused.score)

    def _hits(
        self,
        query: Query,
        candidates: Sequence[Candidate],
        moment_filter: MomentFilter,
        at_random: Mapping[str, np.ndarray],
    ) -> tuple[Hit, ...]:
        if not candidates:
            return ()
        scored = self._compared(query, *self._laid_out(candidates), at_random, moment_filter=moment_filter)
        distinct: list[Hit] = []
        per_track: dict[str, int] = {}
        wanted = considered(query)
        for index in scored.order():
            hit = scored.hit(index)
            if per_track.get(hit.track.id, 0) >= query.hits_per_track:
                continue
            if any(hit.moment.overlap(other.moment) >= SAME_PASSAGE_OVERLAP for other in distinct):
                continue
            if hit.likeness < query.min_likeness:
                continue
            distinct.append(hit)
            per_track[hit.track.id] = per_track.get(hit.track.id, 0) + 1
            if len(distinct) >= wanted:
                break
        chosen = select(distinct, query)
        refiner = Refiner(query.passage)
        return tuple(ranked([refiner.refine(hit, self._frames.read(hit.track.id)) for hit in chosen]))

    def _span(self, candidate: Candidate) -> Span:
        return Span(self._frames.read(candidate.track_id), candidate.start_s, candidate.end_s)

    @staticmethod
    def _leaves_own_out(query: Query) -> bool:
        return query.exclude_same_track and isinstance(query.passage.source, Track)


def as_track(clip: Clip) -> Track:
    """A clip as if it were a track, to be compared like one."""
    return Track(clip.id, clip.path, clip.name, "", "", "", "", None, clip.duration_s)


def ranked(hits: Sequence[Hit]) -> list[Hit]:
    """The hits numbered from 1 in their order."""
    return [replace(hit, rank=number) for number, hit in enumerate(hits, start=1)]


def is_itself(query: Query, hit: Hit) -> bool:
    """Whether a hit is the very recording that the clip was cut from: same key, same tempo, same sound, and sure."""
    return (
        isinstance(query.passage.source, Clip)
        and hit.confidence >= SURE
        and hit.alignment.shift_semitones == 0
        and abs(hit.alignment.tempo_ratio - 1) < 0.03
        and hit.factors["timbre"].value >= SAME_RECORDING_TIMBRE
    )

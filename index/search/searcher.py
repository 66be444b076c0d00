"""Search: candidates from every factor, an exact rerank, fusion, merging, refinement, diversity. A Query in, Hits out.

Nothing is known here of files, tags or words: tracks come from a `Shelf`, vectors from a store, frames from a store.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from index.core.errors import DamagedFramesError, EmptyLibraryError
from index.core.hits import UNSURE, Hit, Results
from index.core.moments import Moment, Passage
from index.core.query import PROOF, Query
from index.core.selection import apart, same_passage
from index.core.tracks import Clip, Track
from index.factors import Factor, Span
from index.placement.by_fingerprint import SAME_RECORDING
from index.placement.prepared import PreparedQuery
from index.search import overhanging
from index.search.candidates import ASKED_AT_ONCE, Proposal, Shelf, merge_successive
from index.search.diversity import considered, select
from index.search.fusion import FusionModel
from index.search.moment_filter import MomentFilter
from index.search.null_distribution import Background
from index.search.placement import AS_IT_IS
from index.search.refinement import refine
from index.search.rerank import PLACED_BY, Scored, Scorer
from index.store.fingerprint_store import FingerprintStore
from index.store.fingerprint_table import FingerprintTable
from index.store.frame_store import FrameStore
from index.store.peak_table import PeakTable
from index.store.vectors import VectorStore
from index.system.blas import OneBlasThread

BACKGROUND_MOMENTS = 192


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
        self._model = model.among(shelf.total_windows * shelf.grid.hop_s / shelf.grid.window_s)
        self._left_out: set[str] = set()
        self._asking = ThreadPoolExecutor(ASKED_AT_ONCE, "asking")
        random_spans, _ = self._laid_out(shelf.sample(BACKGROUND_MOMENTS))
        self._random_spans = random_spans
        by_library = {name: factor for name, factor in factors.items() if name != PROOF}
        fit = frames.fit(shelf.total_windows * shelf.grid.hop_s)
        for span in () if fit else random_spans:
            span.frames.hold(PLACED_BY)
        self._scorer = Scorer(factors, self._model, Background(random_spans, by_library), in_memory=fit)

    def find(self, query: Query, allowed: Callable[[Track], bool] | None = None) -> Results:
        """The moments of the library most similar to the query's passage.

        Parameters
        ----------
        query : Query
        allowed : callable, optional
            Which tracks may be returned (filters on tags); by default all.

        Raises
        ------
        EmptyLibraryError
        """
        started = time.perf_counter()
        with OneBlasThread():
            results, candidates, everything = self._find(query, allowed)
            if part := self._overhanging(results, candidates, everything=everything):
                inner, *_ = self._find(replace(query, passage=part), allowed)
                results = inner if overhanging.is_at_an_end(inner) else results
        return replace(results, elapsed_ms=(time.perf_counter() - started) * 1000)

    def _find(
        self, query: Query, allowed: Callable[[Track], bool] | None
    ) -> tuple[Results, Sequence[Moment], bool]:
        """Results, what was compared for them, and whether that is all there is."""
        if not self._shelf.tracks:
            raise EmptyLibraryError
        excluded = query.passage.source.id if self._leaves_own_out(query) else ""
        open_tracks = self._shelf.narrowed(allowed, excluded)
        moment_filter = MomentFilter(query.filters)
        widen = 3 if moment_filter else 1
        prepared = PreparedQuery(query)
        by_bits = partial(self._alike, prepared, open_tracks)
        asked = Proposal(
            prepared,
            open_tracks,
            self._vectors,
            self._factors,
            self._asking,
            widen=widen,
            more=by_bits if isinstance(query.passage.source, Clip) else None,
        )
        at_random = self._scorer.at_random(prepared, proposed=not asked.everything)  # while the store looks
        candidates = merge_successive(asked.candidates(), self._shelf.grid.hop_s)
        hits = self._hits(prepared, candidates, moment_filter, at_random)
        results = Results(
            query=query,
            hits=hits,
            compared=open_tracks.windows,
            elapsed_ms=0.0,
            itself=next((hit for hit in hits[:1] if is_itself(prepared, hit)), None),
            weak=any(self._is_weak(hit) for hit in hits[:1]),
        )
        return results, candidates, asked.everything

    def _overhanging(
        self, results: Results, candidates: Sequence[Moment], *, everything: bool
    ) -> Passage | None:
        """The part of a clip that lies within a recording, where the clip began before it or went on after it."""
        if results.itself or not isinstance(results.query.passage.source, Clip):
            return None
        spans, _ = self._laid_out(overhanging.at_an_end(candidates, self._shelf.tracks))
        sounds, elsewhere = [span.frames for span in spans], () if everything else self._random_spans
        return overhanging.lying_within(results, sounds, self._model, elsewhere)

    def _is_weak(self, best: Hit) -> bool:
        nearness = self._model.nearness({name: part.value for name, part in best.factors.items()})
        return best.confidence < UNSURE and nearness < self._model.unlike

    def repeats(self, query: Query) -> Results:
        """Repetitions of a passage within its own track; the passage itself is left out."""
        started = time.perf_counter()
        passage, prepared = query.passage, PreparedQuery(query)
        own = self._shelf.narrowed(lambda track: track.id == passage.source.id, "")
        elsewhere = [
            candidate
            for candidate in own.all_windows()
            if min(candidate.end_s, passage.end_s) - max(candidate.start_s, passage.start_s)
            < 0.5 * passage.duration_s
        ]
        at_random = self._scorer.at_random(prepared)
        hits = self._hits(prepared, elsewhere, MomentFilter(query.filters), at_random)
        asked = Moment(passage.source.id, passage.start_s, passage.end_s)
        others = [hit for hit in hits if not same_passage(hit.moment, asked)]
        elapsed_ms = (time.perf_counter() - started) * 1000
        return Results(query, tuple(ranked(others)), len(elsewhere), elapsed_ms)

    def judge(self, query: Query, other: Passage) -> Hit:
        """Score another passage as a hit of the query: every factor's value, likeness and contribution."""
        source = other.source
        track = source if isinstance(source, Track) else as_track(source)
        scored = self._scorer.score(PreparedQuery(query), [other.span], [track])
        hit = scored.hit(0)
        return replace(hit, rank=1, moment=Moment(track.id, other.start_s, other.end_s))

    def compare(self, query: Query, candidates: Sequence[Moment], reranked: int = 0) -> Scored:
        """Compare candidates by every factor and fuse; all factors for the `reranked` best (0: the default number)."""
        return self._scorer.score(PreparedQuery(query), *self._laid_out(candidates), reranked=reranked)

    def _alike(self, query: PreparedQuery, open_tracks: Shelf) -> list[Moment]:
        """Candidates by fingerprint: where bits and peaks of a clip agree best in the whole of the open tracks."""
        window_s = self._shelf.grid.window_s
        by_peaks = self._peaks.best(query.peaks, open_tracks.tracks, window_s)
        return [*self._fingerprints.best(query.bits, open_tracks.tracks, window_s), *by_peaks]

    @cached_property
    def _fingerprints(self) -> FingerprintTable:
        """The fingerprints of all tracks; read when a clip is first looked for in a large library."""
        kept = self._kept_fingerprints.bits(self._shelf.tracks)
        return FingerprintTable(kept.ids, kept.parts, kept.counts)

    @cached_property
    def _peaks(self) -> PeakTable:
        """The constellations of all tracks; read then, too."""
        kept = self._kept_fingerprints.peaks(self._shelf.tracks)
        return PeakTable(kept.ids, kept.parts, kept.counts)

    @property
    def _kept_fingerprints(self) -> FingerprintStore:
        return FingerprintStore.of_home(self._frames.folder.parent, self._frames)

    def _laid_out(self, candidates: Sequence[Moment]) -> tuple[list[Span], list[Track]]:
        """The spans of candidates and their tracks; those whose frames cannot be read are left out."""
        self._frames.fetch({candidate.track_id for candidate in candidates})
        spans, tracks = [], []
        for candidate in candidates:
            try:
                frames = self._frames.read(candidate.track_id)
            except (FileNotFoundError, DamagedFramesError) as error:
                self._missing(candidate.track_id, error)
                continue
            spans.append(Span(frames, candidate.start_s, candidate.end_s))
            tracks.append(self._shelf.tracks[candidate.track_id])
        return spans, tracks

    def _missing(self, track_id: str, error: Exception) -> None:
        """Note once of a track that it is left out; it may have been removed just now, or be damaged."""
        if track_id not in self._left_out:
            self._left_out.add(track_id)
            logging.getLogger("reprise.search").warning("%s is left out: %s", track_id, error)

    def _hits(
        self,
        query: PreparedQuery,
        candidates: Sequence[Moment],
        moment_filter: MomentFilter,
        at_random: Mapping[str, np.ndarray],
    ) -> tuple[Hit, ...]:
        wanted = query.query
        spans, tracks = self._laid_out(candidates)
        if not spans:
            return ()
        scored = self._scorer.score(query, spans, tracks, at_random, moment_filter=moment_filter)
        keeps_pace = moment_filter.paced(wanted.passage)
        distinct = apart(
            (scored.hit(index) for index in scored.order()),
            lambda hit: hit.moment,
            track=lambda hit: hit.track.id,
            a_track=wanted.hits_per_track,
            most=considered(wanted),
            admits=lambda hit: hit.likeness >= wanted.min_likeness and keeps_pace(hit),
        )
        chosen = select(distinct, wanted)
        refined = [refine(query, hit, self._frames.read(hit.track.id)) for hit in chosen]
        return tuple(ranked([hit for hit in refined if keeps_pace(hit)]))

    @staticmethod
    def _leaves_own_out(query: Query) -> bool:
        return query.exclude_same_track and isinstance(query.passage.source, Track)


def as_track(clip: Clip) -> Track:
    """A clip as if it were a track, to be compared like one."""
    return Track(clip.id, clip.path, clip.name, "", "", "", "", None, clip.duration_s)


def ranked(hits: Sequence[Hit]) -> list[Hit]:
    """The hits numbered from 1 in their order."""
    return [replace(hit, rank=number) for number, hit in enumerate(hits, start=1)]


def is_itself(query: PreparedQuery, hit: Hit) -> bool:
    """Whether a hit is the very recording that the clip was cut from: its fingerprint matches, with high confidence."""
    proof = hit.factors.get(PROOF)
    return (
        isinstance(query.passage.source, Clip)
        and hit.confidence >= overhanging.SURE
        and proof is not None
        and hit.alignment == AS_IT_IS
        and query.bits.beyond_chance(proof.value) >= SAME_RECORDING
    )

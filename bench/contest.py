"""The contest: several query sets as one library, every query asked in every way, and moments of the library
itself.

The sets' libraries are put together, so a query from a score has to be told from recordings too. Where there
are more windows than are compared one by one, they are kept in a store of their own, as the product does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np

from bench.landmarks import Landmarks
from bench.metrics import Given
from bench.quality_sets import TrueQuery, open_set, together
from bench.rivals import Rivals
from index.audio.tags import read_tags
from index.core.errors import QueryError
from index.core.hits import Results
from index.core.moments import Grid, Passage, window_count
from index.core.query import DIVERSITIES, Query
from index.core.tracks import Track
from index.factors import build
from index.factors.proposing import COLLECTION, proposing
from index.factors.proposing import vectors as side_by_side_of
from index.humming.searcher import TuneSearcher
from index.search.candidates import SCAN_WINDOWS, Shelf
from index.search.fusion import FusionModel
from index.search.searcher import Searcher
from index.store.salience_store import SalienceStore
from index.store.vectors import VectorStore, open_vectors, window_ids

FUSION = "fusion"
LANDMARKS = "landmarks"
HUMMED = ("hum", "sung")

Beside = Literal["all", "landmarks", "none"]
"""What else a query is asked of, beside the product: every other way and each factor alone, or landmarks."""


@dataclass(frozen=True)
class Outcome:
    """What every way answered to one query."""

    kind: str
    piece: str
    spans: tuple[tuple[float, float], ...]
    answers: dict[str, tuple[Given, ...]]
    absent: tuple[Given, ...]
    """The fusion's answer where the query's piece is not in the library."""
    elapsed_ms: float
    """Of the fusion."""


@dataclass(frozen=True)
class Neighbours:
    """What is found for a moment of the library: ids of tracks, best first, by way."""

    track_id: str
    found: dict[str, tuple[str, ...]]
    score: dict[str, float]
    """Mean score of the hits: "closest", "balanced", "adventurous"."""


class Contest:
    """All sets as one library, and the ways to search it."""

    def __init__(self, folders: Sequence[Path], work: Path) -> None:
        library = together([open_set(folder) for folder in folders])
        self.tracks = tuple(_tagged(track) for track in library.tracks)
        self.queries: tuple[TrueQuery, ...] = library.queries
        self.frames = library.frames
        grid, factors = Grid(), build()
        self.shelf = Shelf.of(self.tracks, grid)
        self.vectors = None
        if self.shelf.windows > SCAN_WINDOWS:
            self.vectors = self._stored(work, grid)
        self.searcher = Searcher(self.shelf, self.vectors, self.frames, factors, FusionModel.load())
        self.rivals = Rivals(self.tracks, [self.frames.read(track.id) for track in self.tracks])
        self.factors = tuple(factors)
        self._work = work
        if any(query.kind in HUMMED for query in self.queries):
            _ = self.tunes

    def ask(self, number: int, beside: Beside = "all") -> Outcome:
        """One query; the fusion of a hummed one is the search by humming, as in the product."""
        query = self.queries[number]
        names = self.rivals.names if beside == "all" else []
        answers = {name: tuple(self.rivals.find(name, query.passage)) for name in names}
        if beside != "none":
            answers[LANDMARKS] = tuple(self.landmarks.find(query.passage))
        for name in self.factors if beside == "all" else ():
            alone = {other: float(other == name) for other in self.factors}
            answers[name] = _given(self.searcher.find(Query(query.passage, emphasis=alone)))
        fused = self._find(query.kind, Query(query.passage))
        answers[FUSION] = _given(fused)
        absent = self._find(query.kind, Query(query.passage), leave_out=query.piece)
        spans = tuple((float(low), float(high)) for low, high in query.spans)
        return Outcome(query.kind, query.piece, spans, answers, _given(absent), fused.elapsed_ms)

    def neighbours(self, number: int, among: frozenset[str]) -> Neighbours:
        """What a random moment of a track finds among some tracks (ids), its own left out."""
        track = self.tracks[number]
        frames = self.frames.read(track.id)
        start_s = float(np.random.default_rng([7, number]).uniform(0, max(0.01, frames.duration_s - 10)))
        passage = Passage(track, frames, start_s, min(start_s + 10, frames.duration_s))
        found: dict[str, tuple[str, ...]] = {}
        score: dict[str, float] = {}
        for diversity in DIVERSITIES:
            query = Query(passage, diversity=diversity)
            hits = self.searcher.find(query, lambda each: each.id in among).hits
            found[FUSION if diversity == "closest" else diversity] = tuple(hit.track.id for hit in hits)
            score[diversity] = float(np.mean([hit.score for hit in hits])) if hits else 0.0
        ids = {each.title: each.id for each in self.tracks}
        for name in self.rivals.names:
            given = self.rivals.find(name, passage, among=among - {track.id})
            found[name] = tuple(ids[each.piece] for each in given)
        return Neighbours(track.id, found, score)

    def close(self) -> None:
        """Let go of the store."""
        if self.vectors is not None:
            self.vectors.close()

    @cached_property
    def landmarks(self) -> Landmarks:
        """The search by landmarks; every file is read at its first use, and what was found is kept."""
        return Landmarks(self.tracks, self._work / "landmarks")

    @cached_property
    def tunes(self) -> TuneSearcher:
        """The search by humming; measured at its first use, and kept."""
        table = SalienceStore(self._work / "salience", self.frames).table(self.tracks)
        return TuneSearcher(self.tracks, table, self.shelf.grid)

    def _find(self, kind: str, query: Query, leave_out: str = "") -> Results:
        allowed = (lambda track: track.title != leave_out) if leave_out else None
        if kind in HUMMED:
            try:
                return self.tunes.find(query, allowed)
            except QueryError:  # there is no tune in it
                return Results(query, (), self.shelf.windows, 0.0)
        return self.searcher.find(query, allowed)

    def _stored(self, work: Path, grid: Grid) -> VectorStore:
        """The vectors of all windows, kept for the next time."""
        factors = build()
        shape = " ".join(f"{name} {each.dimensions}" for name, each in proposing(factors).items())
        names = " ".join(sorted(track.id for track in self.tracks))
        key = hashlib.blake2b(f"{shape} {names}".encode(), digest_size=6).hexdigest()
        vectors = open_vectors(work / f"store-{key}")
        ids = {
            track.id: window_ids(track.id, window_count(track, grid), grid.vector_stride)
            for track in self.tracks
        }
        if vectors.count(COLLECTION) != sum(map(len, ids.values())):
            for track_id, own in ids.items():
                frames = self.frames.read(track_id)
                rows = side_by_side_of(factors, frames, grid.vector_spans(frames.duration_s))
                vectors.upsert(COLLECTION, own, rows)
        return vectors


def run(
    folders: Sequence[Path],
    work: Path,
    queries: Sequence[int],
    moments: Sequence[tuple[int, frozenset[str]]],
    workers: int,
    *,
    beside: Beside = "all",
) -> tuple[list[Outcome], list[Neighbours]]:
    """Ask the queries, and the moments among some tracks, by number, in several processes; 0 is in this one."""
    given = (tuple(folders), work)
    if not workers:
        return [_ask(*given, number, beside) for number in queries], [
            _neighbours(*given, *each) for each in moments
        ]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        asked = [pool.submit(_ask, *given, number, beside) for number in queries]
        near = [pool.submit(_neighbours, *given, *each) for each in moments]
        return [each.result() for each in asked], [each.result() for each in near]


@lru_cache(maxsize=1)
def _contest(folders: tuple[Path, ...], work: Path) -> Contest:
    return Contest(folders, work)


def _ask(folders: tuple[Path, ...], work: Path, number: int, beside: Beside) -> Outcome:
    return _contest(folders, work).ask(number, beside)


def _neighbours(folders: tuple[Path, ...], work: Path, number: int, among: frozenset[str]) -> Neighbours:
    return _contest(folders, work).neighbours(number, among)


def _given(results: Results) -> tuple[Given, ...]:
    return tuple(
        Given(hit.track.title, hit.moment.start_s, hit.moment.end_s, hit.confidence, hit.score)
        for hit in results.hits
    )


def _tagged(track: Track) -> Track:
    """A track with composer and artist from its tags; its title stays the name that the truth knows."""
    tags = read_tags(Path(track.path))
    return Track(
        track.id, track.path, track.title, tags.artist, tags.composer, "", "", None, track.duration_s
    )

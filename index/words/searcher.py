"""Search by words: every window of the library is scored on the terms of a description.

Each query term gives every window a score in [0, 1] (`index.words.term_scores`). Their logarithms are added, so that a
moment must score on all terms, and the parts add up to the total.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from index.core.errors import LibraryError
from index.core.filters import Filters
from index.core.hits import Alignment, Hit
from index.core.moments import Moment
from index.core.selection import apart
from index.core.tracks import Track
from index.factors import Span
from index.search.candidates import Shelf
from index.search.diversity import considered, select
from index.search.moment_filter import MomentFilter
from index.store.frame_store import FrameStore
from index.store.property_table import STEPS, PropertyTable, Ranks
from index.store.window_store import table_of
from index.words.clap_space import Joint, JointWindows
from index.words.heard_conditions import heard_conditions
from index.words.lexicon import Meaning, NearestMeaning
from index.words.measured_facts import facts_of
from index.words.parse import Understanding, Understood, understand
from index.words.results import Part, TermScore, TextQuery, TextResults
from index.words.term_scores import TermScores, score_of, worth

_ROUNDED = 0.999
"""The table keeps half-precision numbers."""
_SORTED_FIRST = 4096
_SILENT_DB = 25.0
"""A window this far below the loudest of its track is nearly silent, and is never returned."""
_SILENCE_DB = -60.0
"""The level of a window in which all is at the floor of what is measured; quiet music moves above it."""
_UNMOVED_DB = 0.01


class WordSearcher:
    """Finds moments of one shelf by words."""

    def __init__(
        self,
        shelf: Shelf,
        table: PropertyTable,
        frames: FrameStore,
        nearest: Callable[[str], tuple[Meaning, float] | None],
        joint: JointWindows | None = None,
    ) -> None:
        self._shelf = shelf
        self._table = table
        self._frames = frames
        self._nearest = nearest
        self._joint = joint
        self._tracks = [shelf.tracks[track_id] for track_id in table.track_ids]
        self._scores = TermScores(table, self._tracks)
        self._sounding = self._not_silent()

    def find(self, query: TextQuery, allowed: Callable[[Track], bool] | None = None) -> TextResults:
        """The moments that fit a description best; none if no word was understood."""
        began = time.perf_counter()
        understanding = self.understand(query.description)
        open_rows = self._open(allowed)
        hits: list[Hit] = []
        parts = self._parts(query.description, understanding)
        if not parts and (words := heard_conditions(query.filters)):
            understanding = replace(self.understand(words), unknown=understanding.unknown)
            parts = self._parts(words, understanding)
        if parts:
            hits = self._hits(query, _score(parts), open_rows)
        return TextResults(
            query=query,
            understanding=understanding,
            hits=tuple(hits),
            met=tuple(self.parts_met(parts, hit) for hit in hits),
            compared=int(open_rows.sum()),
            elapsed_ms=(time.perf_counter() - began) * 1000,
        )

    def understand(self, description: str) -> Understanding:
        """The query terms of a description, given this library's tags."""
        return understand(description, self._scores.in_tags, self._nearest)

    def part(self, word: Understood) -> Part:
        """The scores of all windows on one query term."""
        valued = self._scores.worth(word)
        told = partial(facts_of, word, self._table, self._tracks)
        return Part(word.words, word.meaning.name, word.wanted, _weight(word), valued, told, score_of)

    def met(self, understood: Sequence[Understood], hit: Hit) -> tuple[TermScore, ...]:
        """The scores of a hit on each query term, the largest contribution first."""
        return self.parts_met([self.part(word) for word in understood], hit)

    def described(self, description: str, hit: Hit) -> tuple[TermScore, ...]:
        """The scores of a hit on the terms of a description, the largest contribution first."""
        return self.parts_met(self._parts(description, self.understand(description)), hit)

    def _parts(self, description: str, understanding: Understanding) -> list[Part]:
        """The part of each query term, and that of the whole description where a joint network embeds it."""
        parts = [self.part(word) for word in understanding.understood]
        if self._joint is not None:
            near = self._joint.near(description)

            def told(row: int) -> str:
                return f"nearer to the words than {np.mean(near < near[row]):.0%} of the library".replace(
                    "%", " %"
                )

            parts.append(
                Part(description.strip(), "the whole, by CLAP", True, 1.0, worth(near), told, score_of)
            )
        return parts

    def parts_met(self, parts: Sequence[Part], hit: Hit) -> tuple[TermScore, ...]:
        """The contribution of each part to the score of a hit, the largest first."""
        row = self.row(hit)
        total = sum(part.weight for part in parts)
        words = [
            TermScore(
                words=part.words,
                meaning=part.meaning,
                wanted=part.wanted,
                met=round(float(part.met(slice(row, row + 1))[0]), 4),
                contribution=round(float(part.worth[row]) * part.weight / total, 4),
                fact=part.told(row) or "",
            )
            for part in parts
        ]
        return tuple(sorted(words, key=lambda each: -each.contribution))

    def hits_by(
        self, query: TextQuery, score: np.ndarray, allowed: Callable[[Track], bool] | None = None
    ) -> list[Hit]:
        """The best moments by a given score, (windows,) float."""
        return self._hits(query, score, self._open(allowed))

    @property
    def table(self) -> PropertyTable:
        """The window-level descriptors."""
        return self._table

    @property
    def tracks(self) -> Sequence[Track]:
        """The tracks, in the order of the table."""
        return self._tracks

    def _hits(self, query: TextQuery, score: np.ndarray, open_rows: np.ndarray) -> list[Hit]:
        admitted = open_rows & self._conditions(query.filters)
        ranks = Ranks(score)
        if query.min_likeness > 0:
            admitted &= ranks.percentiles() >= query.min_likeness
        moment_filter = MomentFilter(_by_instrument(query.filters))

        def admits(row: int) -> bool:
            return not moment_filter or moment_filter.admits(self._track(row), self._span(self._window(row)))

        kept = apart(
            descending(ranks, admitted),
            self._window,
            track=lambda row: self._track(row).id,
            a_track=query.hits_per_track,
            most=considered(query),
            admits=admits,
        )
        likeness = ranks.percentiles(kept)
        found = [
            Hit(
                0,
                self._track(row),
                self._window(row),
                float(score[row]),
                float(likeness[place]),
                0.0,
                {},
                Alignment(0, 1.0),
            )
            for place, row in enumerate(kept)
        ]
        return [replace(hit, rank=rank) for rank, hit in enumerate(select(found, query), start=1)]

    def _track(self, row: int) -> Track:
        return self._tracks[self._table.tracks_of_rows[row]]

    def _open(self, allowed: Callable[[Track], bool] | None) -> np.ndarray:
        """Which rows are of tracks that are allowed, and not silent."""
        if allowed is None:
            return self._sounding
        kept = np.array([allowed(track) for track in self._tracks], bool)
        return self._sounding & self._table.of_rows(kept)

    def _conditions(self, filters: Filters) -> np.ndarray:
        """(windows,) bool: rows that satisfy the filters on tempo and mode."""
        rows = np.ones(len(self._table), bool)
        for name, value in filters.conditions.items():
            base, negative = name.removeprefix("not_"), name.startswith("not_")
            if base in ("tempo_min", "tempo_max"):
                tempo, limit = self._table.column("tempo"), float(str(value))
                met = tempo >= _ROUNDED * limit if base == "tempo_min" else tempo <= limit / _ROUNDED
            elif base == "key_mode":
                met = (self._table.column("minor") > 0) == (value == "minor")
            else:
                continue
            rows &= ~met if negative else met
        return rows

    def _not_silent(self) -> np.ndarray:
        level = self._table.column("level")
        if not len(level):
            return np.zeros(0, bool)
        loudest = np.maximum.reduceat(level, self._table.first_rows)
        unmoved = (self._table.column("range") < _UNMOVED_DB) & (
            np.abs(self._table.column("swell")) < _UNMOVED_DB
        )
        nothing = unmoved & (level <= _SILENCE_DB)  # a track may be silent all through
        return np.asarray(~nothing & (level >= self._table.of_rows(loudest) - np.float32(_SILENT_DB)))

    def _span(self, window: Moment) -> Span:
        return Span(self._frames.read(window.track_id), window.start_s, window.end_s)

    def _window(self, row: int) -> Moment:
        number = int(self._table.tracks_of_rows[row])
        track_id = self._table.track_ids[number]
        window = self._shelf.window(f"{track_id}:{row - int(self._table.first_rows[number])}")
        assert window is not None
        return window

    def row(self, hit: Hit) -> int:
        """The row of the window that coincides with a hit, or is closest to it."""
        number = self._table.numbers[hit.track.id]
        nearest = round(hit.moment.start_s / self._shelf.grid.hop_s)
        if (
            hit.moment.start_s % self._shelf.grid.hop_s > 1e-6
            and hit.moment.end_s >= hit.track.duration_s - 1e-6
        ):
            nearest = int(self._table.counts[number]) - 1
        return int(self._table.first_rows[number]) + min(nearest, int(self._table.counts[number]) - 1)

    def windows_of(self, track: Track) -> tuple[int, list[tuple[float, float]]]:
        """The row of a track's first window, and (start_s, end_s) of all its windows."""
        number = self._table.numbers[track.id]
        spans = self._shelf.grid.spans(track.duration_s)[: int(self._table.counts[number])]
        return int(self._table.first_rows[number]), spans


def descending(ranks: Ranks, admitted: np.ndarray) -> Iterator[int]:
    """Rows that are admitted, by descending score, equal ones in their order; no more are sorted than are taken."""
    score, steps = ranks.values, ranks.steps
    above, most = STEPS, _SORTED_FIRST
    counts = np.cumsum(ranks.counts[::-1])[::-1]  # rows at a step or above it
    while above > 0:
        enough = np.flatnonzero(counts[:above] >= min(most, int(counts[0])))
        least = int(enough[-1]) if len(enough) else 0
        rows = np.flatnonzero((steps >= least) & (steps < above) & admitted)
        yield from rows[np.argsort(-score[rows], kind="stable")].tolist()
        above, most = least, 8 * most


def _by_instrument(filters: Filters) -> Filters:
    """The filters that the table of descriptors does not decide."""
    return Filters({n: v for n, v in filters.conditions.items() if n.removeprefix("not_") == "instrument"})


def _weight(word: Understood) -> float:
    return 1.0 if word.nearness == 1 else 0.6 * word.nearness


def _score(parts: Sequence[Part]) -> np.ndarray:
    total = sum(part.weight for part in parts)
    return np.asarray(sum(part.weight / total * part.worth for part in parts), np.float32)


def open_searcher(
    shelf: Shelf,
    frames: FrameStore,
    folder: Path,
    joint: Joint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> WordSearcher:
    """The search by words of a shelf; tables are kept in `folder`. LibraryError where nothing of it can be read.

    `progress` is told how many tracks are measured, of how many that were not when they were added.
    """
    table = table_of(list(shelf.tracks.values()), frames, shelf.grid, folder, progress)
    if not len(table):
        raise LibraryError(
            "Nothing that was measured of the library's tracks can be read: `reprise check --repair` makes it anew."
        )
    tracks = [shelf.tracks[track_id] for track_id in table.track_ids]
    windows = JointWindows(joint, tracks, frames, shelf.grid) if joint is not None else None
    return WordSearcher(shelf, table, frames, NearestMeaning(folder).of, windows)

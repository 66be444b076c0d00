"""Candidates: which windows of the library are worth an exact comparison, from the vectors of every factor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from index.core.moments import Grid, Moment, window_count
from index.core.tracks import Track
from index.factors import Factor, Span
from index.factors.proposing import COLLECTION, asked_by, proposing
from index.placement.by_notes import SLACK_S
from index.placement.chroma import SPECTRUM_WEIGHTS
from index.placement.prepared import PreparedQuery
from index.search.moment_filter import MomentFilter
from index.store.vectors import VectorStore

CANDIDATES = {"timbre": 60, "harmony": 120}
"""Neighbours asked for by each query vector of a factor, of windows that begin four seconds apart."""
MOST_CANDIDATES = 2000
HARDEST = 6.0
"""Largest factor on the number of candidates where few notes are detected, in noise or over the telephone."""
SCAN_WINDOWS = 10_000
"""Where so few windows are open to a query, all of them are compared exactly."""
_SECOND_WINDOW_S = 5.0
ASKED_AT_ONCE = 4
"""Questions to the store that are under way at one time."""


@dataclass(frozen=True)
class Shelf:
    """The tracks of the library at one time, and the grid of their windows."""

    tracks: Mapping[str, Track]
    grid: Grid
    total_windows: int
    windows: int
    """How many windows are on this shelf; fewer than the total where it was narrowed."""
    excluded: str = ""
    """Id of a track that counts as taken away."""

    @classmethod
    def of(cls, tracks: Sequence[Track], grid: Grid) -> Shelf:
        """A shelf of these tracks."""
        windows = sum(window_count(track, grid) for track in tracks)
        return cls({track.id: track for track in tracks}, grid, windows, windows)

    def narrowed(self, allowed: Callable[[Track], bool] | None, excluded: str) -> Shelf:
        """The shelf without the tracks that are not allowed, and without the one excluded."""
        kept = self.tracks
        windows = self.windows
        if allowed is not None:
            kept = {track.id: track for track in self.tracks.values() if allowed(track)}
            windows = sum(window_count(track, self.grid) for track in kept.values())
        out = kept.get(excluded)
        if out is not None:
            windows -= window_count(out, self.grid)
        return Shelf(kept, self.grid, self.total_windows, windows, excluded if out is not None else "")

    def all_windows(self) -> list[Moment]:
        """Every window of every track."""
        return [
            Moment(track.id, start_s, end_s)
            for track in self.tracks.values()
            if track.id != self.excluded
            for start_s, end_s in self.grid.spans(track.duration_s)
        ]

    def window(self, window_id: str) -> Moment | None:
        """The window of an id of the vector store; None where its track is not on this shelf."""
        track_id, _, number = window_id.rpartition(":")
        track = self.tracks.get(track_id)
        if track is None or track_id == self.excluded:
            return None
        start_s = min(int(number) * self.grid.hop_s, max(0.0, track.duration_s - self.grid.window_s))
        return Moment(track_id, start_s, min(start_s + self.grid.window_s, track.duration_s))

    def sample(self, count: int, seed: int = 7) -> list[Moment]:
        """Windows drawn at random, the same ones for the same shelf."""
        tracks = [track for track in self.tracks.values() if track.id != self.excluded]
        sizes = np.array([window_count(track, self.grid) for track in tracks], float)
        if not tracks:
            return []
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(tracks), size=min(count, int(sizes.sum())), p=sizes / sizes.sum())
        drawn = []
        for index in chosen:
            number = int(rng.integers(int(sizes[index])))
            window = self.window(f"{tracks[index].id}:{number}")
            assert window is not None
            drawn.append(window)
        return drawn


def breadth(query: PreparedQuery, window_s: float) -> float:
    """Factor on the number of candidates: larger for shorter passages and for those with few detected notes."""
    shorter = max(1.0, window_s / query.passage.duration_s)
    return shorter * float(np.interp(query.spectrum_weight, sorted(SPECTRUM_WEIGHTS), (1.0, HARDEST)))


def propose(
    query: PreparedQuery,
    shelf: Shelf,
    vectors: VectorStore | None,
    factors: Mapping[str, Factor],
    widen: int = 1,
) -> list[Moment]:
    """Windows that may lie where the passage begins: the nearest by each factor's vector, without repetition.

    A passage longer than a window is asked for by its first window and by one five seconds later. Where there
    are few windows, or no vectors, every window is one.
    """
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        return Proposal(query, shelf, vectors, factors, pool, widen=widen).candidates()


class Proposal:
    """`propose` in two steps: the store is asked, and its answers are waited for at the end.

    `everything`: every window is a candidate. Where it is not, `more` gives others beside those of the vectors.
    """

    def __init__(
        self,
        query: PreparedQuery,
        shelf: Shelf,
        vectors: VectorStore | None,
        factors: Mapping[str, Factor],
        pool: Executor,
        *,
        widen: float = 1,
        more: Callable[[], list[Moment]] | None = None,
    ) -> None:
        self._shelf = shelf
        self._asked: list[tuple[float, Future[list[list[str]]]]] = []
        self._more: Future[list[Moment]] | None = None
        self.everything = not shelf.tracks or vectors is None or shelf.windows <= SCAN_WINDOWS
        if self.everything:
            return
        passage, window_s = query.passage, shelf.grid.window_s
        widen *= breadth(query, window_s)
        share = shelf.total_windows / max(1, shelf.windows)

        def near(offset_s: float) -> list[list[str]]:
            assert vectors is not None
            start_s = passage.start_s + offset_s
            span = (start_s, min(start_s + window_s, passage.end_s))
            asked, counts = [], []
            for name in proposing(factors):
                asked.append(asked_by(name, factors, passage.frames, span))
                count = min(MOST_CANDIDATES, int(CANDIDATES[name] * widen * share) + 8)
                counts += [count] * len(asked[-1])
            found, _ = vectors.query(COLLECTION, np.concatenate(asked), max(counts))
            return [ids[:count] for ids, count in zip(found, counts, strict=True)]

        later = (_SECOND_WINDOW_S,) if passage.duration_s >= window_s + _SECOND_WINDOW_S else ()
        self._asked = [(offset_s, pool.submit(near, offset_s)) for offset_s in (0.0, *later)]
        if more is not None:
            self._more = pool.submit(more)

    def candidates(self) -> list[Moment]:
        """What came back."""
        if self.everything:
            return self._shelf.all_windows()
        near: dict[float, dict[str, None]] = {}
        for offset_s, answer in self._asked:
            near.setdefault(offset_s, {}).update(dict.fromkeys(chain.from_iterable(answer.result())))
        found: dict[Moment, None] = {}
        for offset_s, ids in near.items():
            for window_id in ids:
                window = self._shelf.window(window_id)
                if window is not None:
                    found[_moved(window, -offset_s) if offset_s else window] = None
        if self._more is not None:
            found |= dict.fromkeys(self._more.result())
        return list(found)


def merge_successive(found: Sequence[Moment], hop_s: float) -> list[Moment]:
    """Merge two successive windows of a track into one candidate halfway between them.

    A query is aligned up to `SLACK_S` before and after the start of a candidate, so whatever lies within half a hop of
    either neighbour is within reach of the one between them.
    """
    pairs: list[Moment] = []
    left: Moment | None = None
    for window in sorted(found, key=lambda each: (each.track_id, each.start_s)):
        if left is None:
            left = window
        elif left.track_id == window.track_id and window.start_s - left.start_s <= 2 * SLACK_S - hop_s:
            pairs.append(_moved(left, (window.start_s - left.start_s) / 2))
            left = None
        else:
            pairs.append(left)
            left = window
    return [*pairs, left] if left else pairs


def worth_comparing(
    order: Sequence[int],
    tracks: Sequence[Track],
    spans: Sequence[Span],
    *,
    most: int,
    most_a_track: int,
    moment_filter: MomentFilter | None = None,
) -> np.ndarray:
    """Of candidates, best first, the `most` that are worth an exact comparison: those that meet the conditions.

    Of one track `most_a_track` come first, and more of them only where there is room left. In the order in which they
    are taken: with a larger `most` others follow.
    """

    def admitted(index: int) -> bool:
        return not moment_filter or moment_filter.admits(tracks[index], spans[index])

    kept: list[int] = []
    spare: list[int] = []
    of_track = Counter[str]()
    for index in order:
        if len(kept) == most:
            break
        if of_track[tracks[index].id] >= most_a_track:
            spare.append(index)
        elif admitted(index):
            kept.append(index)
            of_track[tracks[index].id] += 1
    room = most - len(kept)
    kept += islice((index for index in spare if admitted(index)), room)
    return np.array(kept, dtype=int)


def _moved(window: Moment, by_s: float) -> Moment:
    """The window so much later, or earlier; at the earliest where the track begins."""
    start_s = max(0.0, window.start_s + by_s)
    return Moment(window.track_id, start_s, start_s + window.end_s - window.start_s)

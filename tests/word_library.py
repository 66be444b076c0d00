"""A library that is only a table of properties, for tests of words and recommendations. No sound, no networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from library_double import LibraryDouble

from index.analysis.window_descriptors import PROPERTIES
from index.core.filters import Filters
from index.core.frames import RATES_HZ, Frames, rows
from index.core.hits import Hit
from index.core.moments import Grid
from index.core.query import Diversity
from index.core.tracks import Track
from index.search.candidates import Shelf
from index.store.frame_store import FrameStore
from index.store.window_store import PropertyTable
from index.words.results import TermScore, TextQuery, TextResults
from index.words.searcher import WordSearcher

WINDOWS = 3
DURATION_S = 14.0


def track(
    number: int, title: str = "", composer: str = "", genre: str = "", year: int | None = None
) -> Track:
    name = title or f"Piece {number}"
    return Track(f"id{number}", f"/music/{number}.ogg", name, "", composer, "", genre, year, DURATION_S)


def row(**values: float) -> np.ndarray:
    """A window: "family_piano" is family:piano. What is not given is in the middle."""
    middle = {"tempo": 100, "density": 3, "level": -23, "brightness": 1500, "register": 64, "voices": 2.5}
    window = np.zeros(len(PROPERTIES), np.float32)
    for name, value in {**middle, **values}.items():
        window[PROPERTIES.index(name.replace("family_", "family:").replace("tag_", "tag:"))] = value
    return window


def searcher(
    music: Mapping[Track, np.ndarray], folder: Path, nearest: Callable[[str], Any] = lambda words: None
) -> WordSearcher:
    """Tracks of three equal windows each."""
    shelf = Shelf.of(list(music), Grid())
    values = np.repeat(np.array(list(music.values())), WINDOWS, axis=0).astype(np.float16)
    table = PropertyTable([each.id for each in music], [WINDOWS] * len(music), values)
    return WordSearcher(shelf, table, FrameStore(folder / "frames"), nearest)


class WordSearches:
    """The one search that there is."""

    def __init__(self, words: WordSearcher) -> None:
        self._words = words

    def words(self) -> WordSearcher:
        return self._words


class WordLibrary(LibraryDouble):
    """A library that is asked by words."""

    def __init__(self, home: Path, words: WordSearcher) -> None:
        super().__init__(home)
        self._words = words

    @property
    def searches(self) -> WordSearches:
        return WordSearches(self._words)

    def find_text(
        self,
        description: str,
        k: int = 5,
        filters: Filters | None = None,
        *,
        min_likeness: float = 0.0,
        diversity: Diversity = "closest",
        hits_per_track: int = 1,
        exclude_same_track: bool = True,
    ) -> TextResults:
        query = TextQuery(description, k, filters or Filters(), min_likeness, diversity, hits_per_track)
        return self._words.find(query)

    def explain_text(self, description: str, hit: Hit) -> tuple[TermScore, ...]:
        return self._words.met(self._words.understand(description).understood, hit)


def frames_of(
    duration_s: float = DURATION_S, notes: tuple[int, ...] = (), level_db: float = -20.0, timbre: int = 0
) -> Frames:
    """Frames of one chord that is held; `timbre` says which of the 200 numbers of the embedding is 1."""
    shapes: dict[str, tuple[tuple[int, ...], Any]] = {
        "notes": ((88,), np.uint8), "contour": ((2,), np.uint16), "sketch": ((12,), np.uint8),
        "chroma": ((12,), np.uint8),
        "level_db": ((), np.float16), "centroid_hz": ((), np.float16), "onset": ((), np.float16),
        "mfcc": ((13,), np.float16),
        "embedding": ((200,), np.float16), "tags": ((50,), np.uint8),
    }  # fmt: skip
    arrays = {
        name: np.zeros((rows(duration_s, RATES_HZ[name]), *shape), kind)
        for name, (shape, kind) in shapes.items()
    }
    for midi in notes:
        arrays["notes"][:, midi - 21] = 220
    arrays["level_db"][:] = level_db
    arrays["centroid_hz"][:] = 1500
    arrays["embedding"][:, timbre] = 1
    return Frames(duration_s=duration_s, loudness_lufs=-23.0, **arrays)

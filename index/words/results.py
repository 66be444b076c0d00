"""A search by words as values: the description, the score of each moment on each query term, and the hits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from index.core.errors import QueryError
from index.core.filters import Filters
from index.core.hits import Hit
from index.core.query import DIVERSITIES, Diversity
from index.words.parse import Understanding

MET = 0.5
"""Term score from which a moment counts as having a term."""


@dataclass(frozen=True)
class TextQuery:
    """A description, and how it is to be searched for."""

    description: str
    k: int = 10
    filters: Filters = field(default_factory=Filters)
    min_likeness: float = 0.0
    diversity: Diversity = "closest"
    hits_per_track: int = 1

    def __post_init__(self) -> None:
        if not self.description.strip():
            raise QueryError("There are no words to search for.")
        if self.k < 1 or self.hits_per_track < 1:
            raise QueryError(
                f"At least one result must be asked for, not {min(self.k, self.hits_per_track)}."
            )
        if self.diversity not in DIVERSITIES:
            raise QueryError(f"Diversity is closest, balanced or adventurous, not “{self.diversity}”.")
        if not 0 <= self.min_likeness <= 1:
            raise QueryError(f"min_likeness lies between 0 and 1, not {self.min_likeness:g}.")


@dataclass(frozen=True)
class TermScore:
    """One query term and a moment's score on it."""

    words: str
    meaning: str
    wanted: bool
    met: float
    """0 to 1."""
    contribution: float
    """Its contribution to the score; those of a hit's terms add up to it."""
    fact: str
    """What was measured, in short: "62 bpm, lower than 92 % of the library"."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Part:
    """One named part of a score, over all windows."""

    words: str
    meaning: str
    wanted: bool
    weight: float
    worth: np.ndarray
    """(windows,) in [0, 1]: what each counts by, on a logarithmic scale; the score is the weighted mean of these."""
    told: Callable[[int], str | None]
    """What was measured in the window of a row."""
    score: Callable[[np.ndarray], np.ndarray] = np.asarray
    """The term scores that are worth so much."""

    def met(self, rows: slice) -> np.ndarray:
        """(n,) in [0, 1]: the term scores of some windows."""
        return self.score(self.worth[rows])


@dataclass(frozen=True)
class TextResults:
    """What a description found, and what it was understood as."""

    query: TextQuery
    understanding: Understanding
    hits: tuple[Hit, ...]
    met: tuple[tuple[TermScore, ...], ...]
    """For each hit, each word."""
    compared: int
    elapsed_ms: float

    @property
    def weak(self) -> bool:
        """Whether even the best hit misses one of the words."""
        return bool(self.met) and min(word.met for word in self.met[0]) < MET


def understood_as(understanding: Understanding) -> list[Mapping[str, Any]]:
    """The query terms and their meanings, as plain values."""
    return [
        {
            "words": word.words,
            "phrase": word.phrase,
            "meaning": word.meaning.name,
            "kind": word.meaning.kind,
            "degree": word.degree,
            "wanted": word.wanted,
            "nearness": word.nearness,
            "measured": [" or ".join(ask.properties) for ask in word.meaning.asks],
        }
        for word in understanding.understood
    ]

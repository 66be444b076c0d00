"""How one searches: a passage, weights on the factors, filters, how many. What searches by words share with it.

Values only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from index.core.errors import QueryError
from index.core.filters import Filters
from index.core.moments import Passage

MELODY = "melody"
FACTORS = ("timbre", "harmony", MELODY, "rhythm", "dynamics")
"""All factor names; valid in an emphasis from the first day, whether or not the factor is built."""

PROOF = "fingerprint"
"""What counts beside the factors where a moment is found to be the very same recording."""

CHARACTER = "character"
"""What counts beside the factors for how a moment feels: how its notes lie. Nobody weighs it."""
BESIDE_FACTORS = (CHARACTER, PROOF)

Diversity = Literal["closest", "balanced", "adventurous"]
DIVERSITIES: tuple[Diversity, ...] = ("closest", "balanced", "adventurous")


class Asked(Protocol):
    """How a search is to be made: a Query by sound or a TextQuery by words."""

    @property
    def k(self) -> int:
        """So many hits at most."""

    @property
    def filters(self) -> Filters:
        """What tracks and moments have to meet."""

    @property
    def min_likeness(self) -> float:
        """No hit is less alike, 0 to 1."""

    @property
    def diversity(self) -> Diversity:
        """How the shown are chosen from the best."""

    @property
    def hits_per_track(self) -> int:
        """So many of a track at most."""


@dataclass(frozen=True)
class Query:
    """A passage and how it is to be searched for."""

    passage: Passage
    k: int = 10
    emphasis: Mapping[str, float] = field(default_factory=dict)
    filters: Filters = field(default_factory=Filters)
    min_likeness: float = 0.0
    diversity: Diversity = "closest"
    exclude_same_track: bool = True
    hits_per_track: int = 1

    def __post_init__(self) -> None:
        if self.k < 1:
            raise QueryError(f"At least one result must be asked for, not {self.k}.")
        if self.hits_per_track < 1:
            raise QueryError(f"hits_per_track is at least 1, not {self.hits_per_track}.")
        if self.diversity not in DIVERSITIES:
            raise QueryError(f"Diversity is closest, balanced or adventurous, not “{self.diversity}”.")
        if not 0 <= self.min_likeness <= 1:
            raise QueryError(f"min_likeness lies between 0 and 1, not {self.min_likeness:g}.")
        for name, weight in self.emphasis.items():
            if name not in (*FACTORS, *BESIDE_FACTORS):
                raise QueryError(f"There is no factor “{name}”; there are {', '.join(FACTORS)}.")
            if not (isinstance(weight, (int, float)) and 0 <= weight <= 100):
                raise QueryError(f"The weight of {name} is a number from 0 to 100, not {weight}.")

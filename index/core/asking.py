"""What searches of every kind share: how one is asked for, and what it answers."""

from __future__ import annotations

from typing import Protocol

from index.core.filters import Filters
from index.core.moments import Diversity, Hit

UNSURE = 0.5
"""Below this confidence a hit is not taken for the same music: a file is not in the library, a hit may be weak."""


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


class Found(Protocol):
    """What a search of any kind found: by a moment, a hum, words, or words that are sung."""

    @property
    def query(self) -> Asked:
        """What was asked."""

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Best first."""

    @property
    def compared(self) -> int:
        """Moments that were open to it."""

    @property
    def elapsed_ms(self) -> float:
        """What it took."""

    @property
    def weak(self) -> bool:
        """Whether even the best hit is only the nearest."""

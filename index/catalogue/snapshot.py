"""The tracks as they were at one time, in order, and how they are brought up to date by those that changed since."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from index.core.tracks import Track


class Shelved(NamedTuple):
    """A track with what it is ordered and searched by."""

    key: str
    """The words of its author and title (`index.catalogue.folded`)."""
    path: str
    track: Track
    folded: str


@dataclass(frozen=True)
class Snapshot:
    """All tracks of one generation of the catalogue, by author and title."""

    generation: int
    shelved: tuple[Shelved, ...]
    tracks: tuple[Track, ...]
    by_id: Mapping[str, Track]
    folded: tuple[str, ...]
    """Of each track, in the same order."""
    places: Mapping[str, tuple[str, str]]
    """By what each track is ordered, by its id."""

    @classmethod
    def of(cls, generation: int, shelved: Iterable[Shelved]) -> Snapshot:
        """All tracks, in whatever order they come."""
        return cls._in_order(generation, sorted(shelved, key=_place))

    @classmethod
    def _in_order(cls, generation: int, shelved: list[Shelved]) -> Snapshot:
        return cls(
            generation,
            tuple(shelved),
            tuple(each.track for each in shelved),
            {each.track.id: each.track for each in shelved},
            tuple(each.folded for each in shelved),
            {each.track.id: (each.key, each.path) for each in shelved},
        )

    def updated(self, generation: int, changed: Collection[str], now: Iterable[Shelved]) -> Snapshot:
        """The tracks of a later generation.

        Parameters
        ----------
        changed : ids of tracks that came, left or have other tags or files
        now : those of them that are there
        """
        shelved = list(self.shelved)
        for track_id in changed:
            place = self.places.get(track_id)
            if place is None:
                continue
            at = bisect_left(shelved, place, key=_place)
            while shelved[at].track.id != track_id:
                at += 1
            del shelved[at]
        for each in now:
            insort(shelved, each, key=_place)
        return self._in_order(generation, shelved)


def _place(each: Shelved) -> tuple[str, str]:
    return each.key, each.path


NOTHING = Snapshot(-1, (), (), {}, (), {})
"""Before anything was read."""

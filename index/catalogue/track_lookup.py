"""Which tracks a name may mean, which contain some words, and which satisfy the filters on tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.core.errors import AmbiguousTrackError, UnknownTrackError
from index.core.filters import Filters
from index.core.moments import Track
from index.text.titles import SURE, contains, names_in, nearest

OFFERED = 3
"""How many titles are offered where none matches clearly."""
_WORTH_OFFERING = 0.4
"""Below this closeness a title has a word or two of the name by chance, as "Clara" beside "clair"."""
_AS_CLOSE = 0.02
"""Names this close to one another are told apart by asking."""
_BY_AUTHOR = 0.49
"""The closeness of a name of which all words, and no others, are the author's."""


@dataclass(frozen=True)
class Match:
    """A track that a name may mean."""

    track: Track
    closeness: float
    """0 to 1; 1 for an id, a path or the very title."""


def named(name: str, tracks: Sequence[Track]) -> list[Match]:
    """Tracks that a name may mean, closest first: a file's name, or a title, loosely."""
    files = [Path(track.path) for track in tracks]
    exact = [track for track, file in zip(tracks, files, strict=True) if name in (file.name, file.stem)]
    if exact and name:
        return [Match(track, 1.0) for track in exact]
    pairs = [(track.title, f"{track.artist} {track.composer} {track.album}") for track in tracks]
    return [Match(tracks[index], score) for index, score in nearest(_without_ending(name), pairs)]


def the_one(name: str, found: Sequence[Match]) -> Track:
    """The track that a name means.

    A composer's name alone means their only track.

    Raises
    ------
    UnknownTrackError
        If no track is called that; with the nearest titles.
    AmbiguousTrackError
        If several are equally close.
    """
    best = found[0].closeness if found else 0.0
    close = [match.track for match in found if match.closeness >= best - _AS_CLOSE]
    titles = sorted({track.title for track in close})
    if best == 1.0 or (best >= _BY_AUTHOR and len(close) == 1 and (best >= SURE or best <= 0.5)):
        return found[0].track
    if best >= SURE:
        if len(titles) > 1:
            raise AmbiguousTrackError(name, titles)
        return found[0].track
    near = [match.track.title for match in found if match.closeness >= _WORTH_OFFERING]
    raise UnknownTrackError(name, list(dict.fromkeys(near))[:OFFERED])


def holding(text: str, tracks: Sequence[Track]) -> list[Track]:
    """Tracks with all words of a text in their tags; where there are none, those whose name it nearly is."""
    found = [track for track in tracks if contains(_tags(track), text)]
    return found or [match.track for match in named(text, tracks) if match.closeness >= SURE]


def admits(track: Track, filters: Filters) -> bool:
    """Whether a track's tags satisfy the filters; filters on estimated properties are ignored."""
    for name, value in filters.conditions.items():
        base = name.removeprefix("not_")
        if base in _MEETS:
            met = any(_MEETS[base](track, one) for one in Filters.values(value))
            if met == name.startswith("not_"):
                return False
    return True


_MEETS: Mapping[str, Callable[[Track, Any], bool]] = {
    "artist": lambda track, value: _one_of(track.artist, value) or _one_of(track.composer, value),
    "composer": lambda track, value: _one_of(track.composer or track.artist, value),
    "album": lambda track, value: contains(track.album, value),
    "genre": lambda track, value: _one_of(track.genre, value),
    "year_from": lambda track, value: track.year is not None and track.year >= value,
    "year_to": lambda track, value: track.year is not None and track.year <= value,
}


def _one_of(names: str, value: str) -> bool:
    """Whether one of several names is meant, or all of them as they are written."""
    return any(contains(name, value) for name in names_in(names)) or (bool(names) and names == value)


def _tags(track: Track) -> str:
    return f"{track.title} {track.artist} {track.composer} {track.album} {track.genre} {track.year or ''}"


def _without_ending(name: str) -> str:
    """The name of a sound file without folder and ending; any other name as it is."""
    path = Path(name)
    ending = path.suffix[1:]
    return path.stem if 2 <= len(ending) <= 4 and ending.isalnum() and not ending.isdecimal() else name

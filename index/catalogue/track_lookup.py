"""Which tracks a name may mean, which contain some words, and which satisfy the filters on tags."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.catalogue.folded import entitled, folded, may_hold, title_and_context
from index.core.errors import AmbiguousTrackError, UnknownTrackError
from index.core.filters import Filters
from index.core.tracks import Track
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


def named(name: str, tracks: Sequence[Track], texts: Sequence[str] | None = None) -> list[Match]:
    """Tracks that a name may mean, closest first: a file's name, the very title, or a title, loosely.

    `texts` are the tracks' folded tags, in the same order, where they are at hand.
    """
    texts = [folded(track) for track in tracks] if texts is None else texts
    files = [track for track in tracks if name in track.path and _is_file_of(name, track)] if name else []
    if files:
        return [Match(track, 1.0) for track in files]
    bare = _without_ending(name)
    if very := entitled(bare, texts):
        return [Match(tracks[place], 1.0) for place in sorted(very, key=lambda at: len(tracks[at].title))]
    pairs = _Pairs(tracks)
    near = nearest(bare, pairs, texts=[title_and_context(text) for text in texts])
    return [Match(tracks[place], score) for place, score in near]


class _Pairs(Sequence[tuple[str, str]]):
    """Of each track its title and what stands around it."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        self._tracks = tracks

    def __len__(self) -> int:
        return len(self._tracks)

    def __getitem__(self, place: Any) -> Any:
        track = self._tracks[place]
        return track.title, f"{track.artist} {track.composer} {track.album}"


def _is_file_of(name: str, track: Track) -> bool:
    file = Path(track.path)
    return name in (file.name, file.stem)


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


def holding(text: str, tracks: Sequence[Track], texts: Sequence[str]) -> list[Track]:
    """Tracks with all words of a text in their tags; where there are none, those whose name it nearly is."""
    found = [tracks[place] for place in may_hold(text, texts) if contains(_tags(tracks[place]), text)]
    return found or [match.track for match in named(text, tracks, texts) if match.closeness >= SURE]


def admitted(tracks: Sequence[Track], texts: Sequence[str], filters: Filters) -> list[int]:
    """Places of the tracks whose tags satisfy the filters; filters on estimated properties are ignored."""
    places: Sequence[int] = range(len(tracks))
    for name, value in filters.conditions.items():
        base, negative = name.removeprefix("not_"), name.startswith("not_")
        if base not in _MEETS:
            continue
        values, meets = Filters.values(value), _MEETS[base]
        may: Collection[int] = range(len(tracks))
        if base in Filters.TEXT:
            may = {place for one in values for place in may_hold(str(one), texts)}
        places = [
            place
            for place in places
            if (place in may and any(meets(tracks[place], one) for one in values)) != negative
        ]
    return list(places)


def admits(track: Track, filters: Filters) -> bool:
    """Whether a track's tags satisfy the filters."""
    return bool(admitted([track], [folded(track)], filters))


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

"""The library's titles that a message names, noted beside its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.agent.planner.parse.named_titles import NamedTitles, may_name
from app.agent.planner.parse.title_slots import is_title, title_slots
from index.core.errors import RepriseError

if TYPE_CHECKING:
    from index.core.tracks import Track

MOST_TRACKS = 200_000
"""In larger libraries names are found by the rules alone: their titles would take too much memory."""


class Tracks(Protocol):
    """What knows the tracks of a library."""

    def tracks(self, text: str = "") -> list[Track]:
        """All tracks, or those with all words of `text` in their tags."""
        ...


class TitlesNamed:
    """Reads the titles when they are first needed, and again when the library has changed."""

    def __init__(self, library: Tracks) -> None:
        self._library = library
        self._named = NamedTitles()

    def named_in(self, words: str) -> list[str]:
        """What names a track, as it was written; nothing where the library cannot be read."""
        try:
            spans = [*self._by_strange_words(words), *self._by_whole_titles(words)]
        except RepriseError:  # the search that follows says what is wrong with it
            return []
        return [words[start:end] for start, end in _apart(spans)]

    def _by_strange_words(self, words: str) -> list[tuple[int, int]]:
        if not may_name(words):
            return []
        tracks = self._library.tracks()
        if not 0 < len(tracks) <= MOST_TRACKS:
            return []
        titles = tuple(track.title for track in tracks)
        return self._named.spans(words, titles, titles)

    def _by_whole_titles(self, words: str) -> list[tuple[int, int]]:
        """Where the sentence has room for a title, and the library has the one that stands there."""
        return [
            (start, end)
            for start, end in title_slots(words)
            if any(is_title(words[start:end], track) for track in self._library.tracks(words[start:end]))
        ]


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in their order, the longest of those that overlap."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
        if all(end <= other or start >= stop for other, stop in kept):
            kept.append((start, end))
    return sorted(kept)

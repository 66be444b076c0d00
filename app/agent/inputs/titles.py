"""The library's titles that a message names, noted beside its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.agent.planner.parse.named_titles import NamedTitles, may_name
from index.core.errors import RepriseError

if TYPE_CHECKING:
    from index.protocol import MusicLibrary

MOST_TRACKS = 200_000
"""In larger libraries names are found by the rules alone: their titles would take too much memory."""


class TitlesNamed:
    """Reads the titles when they are first needed, and again when the library has changed."""

    def __init__(self, library: MusicLibrary) -> None:
        self._library = library
        self._named = NamedTitles()

    def named_in(self, words: str) -> list[str]:
        """What names a track, as it was written; nothing where the library cannot be read."""
        if not may_name(words):
            return []
        try:
            tracks = self._library.tracks()
        except RepriseError:  # the search that follows says what is wrong with it
            return []
        if not 0 < len(tracks) <= MOST_TRACKS:
            return []
        titles = tuple(track.title for track in tracks)
        return self._named.named(words, titles, titles)

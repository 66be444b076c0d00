"""The fake library of the page's tests, as the commands ask it; and an analyser that hears chords."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fake_library import FakeLibrary, fake_tracks, frames_of

from index.audio.reading import Block, Sound
from index.catalogue.values import KnownFile, NewTrack
from index.core.errors import ClipTooShortError
from index.core.filters import Filters
from index.core.frames import Frames
from index.core.hits import Results
from index.core.moments import Passage
from index.core.query import Diversity, Query
from index.words.parse import Understanding
from index.words.results import TermScore, TextQuery, TextResults
from index.workers.listening import Heard, Listen


class ChordAnalyser:
    """Hears the same chords in every sound."""

    def __init__(self, threads: int = 1, embedder: str = "musicnn") -> None:
        self.threads = threads
        self.embedder = embedder

    def analyse(self, sound: Sound, name: str = "") -> Frames:
        if sound.duration_s < 1:
            raise ClipTooShortError(name, sound.duration_s)
        return frames_of(sound.duration_s, (0, 5, 7, 0))

    def analyse_blocks(self, blocks: Iterator[Block], loudness_lufs: float, name: str) -> Frames:
        return frames_of(sum(block.length_s for block in blocks), (0, 5, 7, 0))


class AskedLibrary(FakeLibrary):
    """Remembers what it was asked; its catalogue knows its tracks."""

    def __init__(self, home: Path, *, empty: bool = False) -> None:
        super().__init__(home, [] if empty else fake_tracks(home))
        for number, track in enumerate(self.music):
            self.catalogue.put(KnownFile(track.path, track.id, number, 0), NewTrack(track, 1, -20.0))
        self.asked: list[Query] = []
        self.hummed: list[Query] = []
        self.described: list[TextQuery] = []

    def find(self, query: Query) -> Results:
        self.asked.append(query)
        return super().find(query)

    def find_hum(self, query: Query, earlier: Sequence[Passage] = ()) -> Results:
        self.hummed.append(query)
        return super().find(query)

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
        self.described.append(query)
        hits = super().find(Query(self.passage(self.music[0]), k=k)).hits
        met = (TermScore(description, description, True, 1.0, 1.0, "as it was described"),)
        return TextResults(query, Understanding((), (description,)), hits, (met,) * len(hits), 4512, 14.0)

    def listen_to(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Heard:
        """As the library has it done in another process."""
        longest_s = None if end_s is None else end_s - start_s
        return Listen(path, path.name, start_s, longest_s, kind=False).by(ChordAnalyser, lambda _: None)

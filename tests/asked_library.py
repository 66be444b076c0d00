"""The fake library of the page's tests, as the commands ask it; and an analyser that hears chords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fake_library import FakeLibrary, fake_tracks, frames_of

from index.audio.reading import Block, Sound
from index.core.errors import ClipTooShortError
from index.core.frames import Frames
from index.core.moments import Grid, Query, Results
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
    """Remembers the queries it got."""

    def __init__(self, home: Path, *, empty: bool = False) -> None:
        super().__init__(home, [] if empty else fake_tracks(home))
        self.options = SimpleNamespace(home=home, embedder="musicnn", grid=Grid())
        self.catalogue = SimpleNamespace(by_path=self._by_path, find=self._found)
        self.asked: list[Query] = []

    def find(self, query: Query) -> Results:
        self.asked.append(query)
        return super().find(query)

    def listen_to(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Heard:
        """As the library has it done in another process."""
        longest_s = None if end_s is None else end_s - start_s
        return Listen(path, path.name, start_s, longest_s, kind=False).by(ChordAnalyser, lambda _: None)

    def _by_path(self, path: str) -> Any:
        return next((track for track in self.music if track.path == path), None)

    def _found(self, name: str) -> list[Any]:
        return [track for track in self.music if name in (track.title, track.path)]

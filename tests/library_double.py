"""A library that keeps the contract of `index.protocol` and does nothing: what doubles are made of.

A test's own library derives from it and does what it is asked; whatever else is asked of it fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from index.audio.reading import Sound
from index.catalogue.catalogue import Catalogue
from index.core.errors import UnknownTrackError
from index.core.filters import Filters
from index.core.hits import Hit, Results
from index.core.moments import Passage
from index.core.options import LibraryOptions
from index.core.query import Diversity, Query
from index.core.tracks import Clip, Track
from index.core.transcript import Transcript
from index.explain.compare import Comparison
from index.explain.describe import Description
from index.explain.explain import Explanation
from index.ingest.ingest import AddReport, Progress
from index.status import LibraryStatus
from index.store.frame_store import FrameStore
from index.words.results import TermScore, TextResults
from index.words.searcher import WordSearcher
from index.workers.guard import Watch
from index.workers.listening import Heard

if TYPE_CHECKING:
    from index.protocol import MusicLibrary


def unasked(what: str) -> NoReturn:
    raise AssertionError(f"nobody is to ask this library to {what}")


class NoSearches:
    """The searches of a library that has none by words."""

    def words(self) -> WordSearcher:
        unasked("search by words")


class LibraryDouble:
    """A home with a catalogue and a store of frames; the rest is for each test to say."""

    nearest = 2
    """So many titles are offered where a name is none."""

    def __init__(self, home: Path, music: Sequence[Track] = ()) -> None:
        self.home = home
        self.music = list(music)
        self.options = LibraryOptions(home)
        self.catalogue = Catalogue(home)
        self.frames = FrameStore(home / "frames")

    @property
    def searches(self) -> Any:
        return NoSearches()

    def wake(self) -> None:
        pass

    def close(self) -> None:
        pass

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[None]:
        yield

    def status(self) -> LibraryStatus:
        unasked("tell its status")

    def track(self, name: str) -> Track:
        for track in self.music:
            if name.lower() in (track.id, track.path, track.title.lower()):
                return track
        raise UnknownTrackError(name, [track.title for track in self.music[: self.nearest]])

    def with_id(self, track_id: str) -> Track | None:
        return next((track for track in self.tracks() if track.id == track_id), None)

    def tracks(self, text: str = "", filters: Filters | None = None) -> list[Track]:
        words = text.lower().split()
        return [t for t in self.music if all(word in f"{t.title} {t.author}".lower() for word in words)]

    def clip_file(self, clip: Clip) -> Path:
        return Path(clip.path)

    def clip(self, path: Path, name: str = "", *, recorded: bool = False) -> Clip:
        unasked("take a clip")

    def hear(self, path: Path, name: str = "", *, recorded: bool = False) -> Generator[Any, None, Clip]:
        yield from ()
        return self.clip(path, name, recorded=recorded)

    def listen(self, clip: Clip, start_s: float, end_s: float | None = None) -> None:
        pass

    def beyond(self, clip: Clip) -> list[tuple[float, float]]:
        return []

    def listen_to(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Heard:
        unasked("listen to a file")

    def passage(
        self, source: Track | Clip, start_s: float | None = None, end_s: float | None = None
    ) -> Passage:
        unasked("read a passage")

    def characteristic(
        self, source: Track | Clip, n: int = 3, within: tuple[float, float] | None = None
    ) -> list[tuple[float, float]]:
        unasked("say what is characteristic")

    def find(self, query: Query) -> Results:
        unasked("find moments")

    def find_repeats(self, passage: Passage, k: int = 10) -> Results:
        unasked("find repeats")

    def find_hum(self, query: Query, earlier: Sequence[Passage] = ()) -> Results:
        unasked("find a tune")

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
        unasked("find by words")

    def explain(self, query: Query, hit: Hit) -> Explanation:
        unasked("explain")

    def explain_text(self, description: str, hit: Hit) -> tuple[TermScore, ...]:
        unasked("explain words")

    def compare(self, first: Passage, second: Passage) -> Comparison:
        unasked("compare")

    def describe(self, passage: Passage) -> Description:
        unasked("describe")

    def transcribe(self, passage: Passage) -> Transcript:
        unasked("write words down")

    def sound(self, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None) -> Sound:
        unasked("read a sound")

    def sound_blocks(
        self, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None, *, stereo: bool = False
    ) -> Iterator[Sound]:
        yield self.sound(source, start_s, end_s)

    def add(
        self,
        paths: Sequence[Path],
        workers: int = 0,
        progress: Callable[[Progress], None] | None = None,
        *,
        everything: bool = False,
    ) -> AddReport:
        unasked("add files")


if TYPE_CHECKING:
    _kept: type[MusicLibrary] = LibraryDouble

"""What the tools and the app ask of a library: the contract that `index.library.Library` and its doubles keep.

Who opens a library, adds to it by the command line or mends it has the Library itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from index.audio.reading import Sound
    from index.catalogue.catalogue import Catalogue
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


class WordSearches(Protocol):
    """What recommendations and places told in words need of a library's searches."""

    def words(self) -> WordSearcher:
        """The search by words. EmptyLibraryError."""


class MusicLibrary(Protocol):
    """A library as the tools and the app see it. What each of these does and raises is said at the Library."""

    @property
    def options(self) -> LibraryOptions:
        """Where it is, and how it is indexed."""

    @property
    def catalogue(self) -> Catalogue:
        """Tracks by name, playlists, the listening history."""

    @property
    def frames(self) -> FrameStore:
        """What was measured of the tracks."""

    @property
    def searches(self) -> WordSearches:
        """The search by words, for more than one question."""

    def wake(self) -> None:
        """Begin what the first search of a large library takes longest for."""

    def close(self) -> None:
        """Let go of what is open."""

    def watched(self, watch: Watch) -> AbstractContextManager[None]:
        """Work on users' files in this thread tells `watch` how far it is, and may be ended by it."""

    def status(self) -> LibraryStatus:
        """What it holds."""

    def track(self, name: str) -> Track:
        """The track of a path, an id or a title. UnknownTrackError, AmbiguousTrackError."""

    def with_id(self, track_id: str) -> Track | None:
        """The track with this very id; names are not looked up."""

    def tracks(self, text: str = "", filters: Filters | None = None) -> list[Track]:
        """Tracks whose tags hold all words and meet the filters."""

    def clip(self, path: Path, name: str = "", *, recorded: bool = False) -> Clip:
        """A sound file that the user brought, heard and kept. AudioReadError, ClipTooShortError."""

    def hear(self, path: Path, name: str = "", *, recorded: bool = False) -> Generator[Any, None, Clip]:
        """The same step by step."""

    def listen(self, clip: Clip, start_s: float, end_s: float | None = None) -> None:
        """Listen to a part of a long clip."""

    def beyond(self, clip: Clip) -> list[tuple[float, float]]:
        """Stretches of a long clip that were not listened to."""

    def clip_file(self, clip: Clip) -> Path:
        """The sound file of a clip."""

    def listen_to(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Heard:
        """A sound file, analysed and not kept."""

    def passage(
        self, source: Track | Clip, start_s: float | None = None, end_s: float | None = None
    ) -> Passage:
        """A span of a track or clip, with its frames. TimeOutsideTrackError."""

    def characteristic(
        self, source: Track | Clip, n: int = 3, within: tuple[float, float] | None = None
    ) -> list[tuple[float, float]]:
        """Spans that stand for a whole piece or a part of it, best first."""

    def find(self, query: Query) -> Results:
        """The moments most like a passage. EmptyLibraryError."""

    def find_repeats(self, passage: Passage, k: int = 10) -> Results:
        """Where a passage comes back in its track."""

    def find_hum(self, query: Query, earlier: Sequence[Passage] = ()) -> Results:
        """The pieces that have a tune; `earlier` are other tries at it. EmptyLibraryError, QueryError."""

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
        """The moments that meet a description best. EmptyLibraryError, QueryError."""

    def explain(self, query: Query, hit: Hit) -> Explanation:
        """The evidence for a hit."""

    def explain_text(self, description: str, hit: Hit) -> tuple[TermScore, ...]:
        """How a moment meets each word of a description."""

    def compare(self, first: Passage, second: Passage) -> Comparison:
        """What two passages share."""

    def describe(self, passage: Passage) -> Description:
        """What a passage is like."""

    def transcribe(self, passage: Passage) -> Transcript:
        """The words sung or spoken in a passage. WeightsError."""

    def sound(self, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None) -> Sound:
        """The sound itself. AudioReadError."""

    def sound_blocks(
        self, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None, *, stereo: bool = False
    ) -> Iterator[Sound]:
        """The sound piece by piece."""

    def add(
        self,
        paths: Sequence[Path],
        workers: int = 0,
        progress: Callable[[Progress], None] | None = None,
        *,
        everything: bool = False,
    ) -> AddReport:
        """Index files and folders."""

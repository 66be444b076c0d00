"""The Library: one home folder, opened once, and everything a program asks of it. The rooms below do the work.

Opening costs nothing; the store, the networks and the shelf are opened when they are first needed. A Library may
be used from several threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from index.analysis.f0 import track_contour
from index.analysis.no_music import no_music
from index.analysis.transcriber import Transcriber
from index.audio.reading import Sound
from index.catalogue.catalogue import Catalogue
from index.catalogue.track_lookup import the_one
from index.core.errors import QueryError, TimeOutsideTrackError, UnknownTrackError
from index.core.filters import Filters
from index.core.frames import Frames
from index.core.hits import Hit, Results
from index.core.moments import Passage
from index.core.options import MUSICNN, LibraryOptions
from index.core.query import Diversity, Query
from index.core.tracks import Clip, Track
from index.core.transcript import Transcript
from index.explain.compare import Comparison, compare
from index.explain.counterfactuals import otherwise
from index.explain.describe import Description, describe
from index.explain.explain import Explanation, explain
from index.factors import Factor, build
from index.ingest.clips import ClipStore
from index.ingest.ingest import AddReport, Progress, add_paths, remove_paths
from index.ingest.makers import vector_makers
from index.ingest.stores import Stores
from index.lyrics.transcribe_all import WrittenDown, write_down_all
from index.models.embedding import index_embedding
from index.searches import Searches
from index.status import LibraryStatus, status_of
from index.store.frame_store import FrameStore
from index.store.vectors import VectorStore, open_vectors
from index.structure.thumbnails import characteristic_spans
from index.system.files import private_folder
from index.system.parts import need
from index.upkeep.care import Care
from index.words.clap_space import joint_of
from index.words.results import TermScore, TextQuery, TextResults
from index.workers.ears import Ears
from index.workers.guard import Watch
from index.workers.listening import Heard
from index.workers.parts import GRID_S, cut_out, left_over

if TYPE_CHECKING:
    from index.protocol import MusicLibrary

LONG_S = 60.0
"""A clip longer than this is represented by its most characteristic passage."""


class Library:
    """Moments of one home folder: find, explain, describe, add, remove."""

    def __init__(self, options: LibraryOptions) -> None:
        self.options = options
        self._ears = Ears(options)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The tracks by name."""
        private_folder(self.options.folder)
        return Catalogue(self.options.folder, self.options.database_url, self.options.index_name)

    @cached_property
    def frames(self) -> FrameStore:
        """The tracks' frames."""
        return FrameStore(self.options.folder / "frames")

    @cached_property
    def clips(self) -> ClipStore:
        """What users brought."""
        options = self.options
        return ClipStore(
            options.folder / "clips",
            options.noise,
            options.embedder,
            guard=self._ears.listeners,
            longest_s=options.clip_s,
        )

    @cached_property
    def transcriber(self) -> Transcriber:
        """Who writes down words."""
        return Transcriber(self.options.whisper)

    @cached_property
    def _vectors(self) -> VectorStore:
        options = self.options
        embedding = index_embedding(options.folder, options.embedder)
        origins = vector_makers(options.grid, embedding).origins
        return open_vectors(options.folder, options.chroma_url, options.index_name, origins, options.chroma)

    @cached_property
    def care(self) -> Care:
        """What checks and upgrades it."""
        options = self.options
        makers = vector_makers(options.grid, index_embedding(options.folder, options.embedder))
        stores = Stores(self.catalogue, self._vectors, self.frames, options.grid, makers=makers)
        return Care(options.home, stores, options.fingerprint, self.add)

    @cached_property
    def _factors(self) -> dict[str, Factor]:
        return build(index_embedding(self.options.folder, self.options.embedder))

    @cached_property
    def searches(self) -> Searches:
        """The searches of the library as it is now."""
        options = self.options
        return Searches(
            home=options.folder,
            grid=options.grid,
            fingerprint=options.fingerprint,
            catalogue=self.catalogue,
            frames=self.frames,
            factors=self._factors,
            vectors=lambda: self._vectors,
            joint=lambda: joint_of(options.folder, options.embedder),
            tell=self._ears.watching.tell,
        )

    def close(self) -> None:
        """Let go of the store; a Library that was never used has nothing to let go of."""
        if "_vectors" in self.__dict__:
            self._vectors.close()
        self._ears.close()

    def track(self, name: str) -> Track:
        """The track of a path as added, an id, or a title, loosely matched.

        Raises
        ------
        UnknownTrackError, AmbiguousTrackError
            With the nearest titles.
        """
        return the_one(name, self.catalogue.find(name))

    def with_id(self, track_id: str) -> Track | None:
        """The track with this very id; names are not looked up."""
        return self.catalogue.track(track_id)

    def tracks(self, text: str = "", filters: Filters | None = None) -> list[Track]:
        """Tracks whose tags contain all words of `text` and satisfy the filters on tags."""
        return self.catalogue.tracks(text, filters or Filters())

    def clip(self, path: Path, name: str = "", *, recorded: bool = False) -> Clip:
        """A sound file that the user brought, analysed like a track and kept in the home folder.

        Raises
        ------
        AudioReadError, ClipTooShortError
        """
        return cast(Clip, self._ears.watching.through(self.hear(path, name, recorded=recorded)))

    def hear(self, path: Path, name: str = "", *, recorded: bool = False) -> Generator[Any, None, Clip]:
        """The same step by step: yields how far it is (`Listened`) and None; leaving it ends the work."""
        return (yield from self.clips.hear(path, name or path.name, recorded=recorded))

    def listen(self, clip: Clip, start_s: float, end_s: float | None = None) -> None:
        """Listen to a part of a long clip that was not listened to when it was brought; else nothing happens.

        Raises
        ------
        QueryError
            If the part is longer than what is listened to at once.
        AudioReadError, TimeOutsideTrackError
        """
        if clip.heard_s:
            end_s = end_s if end_s is not None else start_s + self.options.grid.window_s
            self._ears.watching.through(self.clips.listen(clip, start_s, end_s))

    def beyond(self, clip: Clip) -> list[tuple[float, float]]:
        """Stretches of ten minutes of a long clip that were not listened to; some of them, where there are many."""
        return left_over(self.clips.parts(clip), clip.duration_s) if clip.heard_s else []

    def listen_to(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Heard:
        """A sound file or a part of one, analysed and not kept; at most as much as is listened to at once.

        Raises
        ------
        AudioReadError, ClipTooShortError, TimeOutsideTrackError
        """
        return self._ears.listen_to(path, start_s, end_s)

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[None]:
        """Until this is left, `watch` is told how far work on users' files in this thread is, and may end it."""
        with self._ears.watching.by(watch):
            yield

    def warm(self) -> None:
        """Start what listens to clips, so that the first one is heard sooner."""
        self._ears.listeners.warm()

    def passage(
        self, source: Track | Clip, start_s: float | None = None, end_s: float | None = None
    ) -> Passage:
        """A span of a track or clip, with its frames.

        Without a start it is the whole; of anything longer than a minute, its most characteristic
        passage. Without an end it is ten seconds. A start below 0 is counted from the end, up to the end.
        An end past the end of the sound is brought back to it.
        """
        frames = self.clips.frames(source) if isinstance(source, Clip) else self._track_frames(source)
        whole_s = frames.duration_s
        if start_s is not None and start_s < 0:
            start_s, end_s = max(0.0, whole_s + start_s), whole_s
        if start_s is None:
            if whole_s <= LONG_S:
                return Passage(source, frames, 0.0, whole_s)
            start_s, end_s = self.characteristic(source, 1)[0]
        elif start_s >= whole_s - 0.05:
            name = source.title if isinstance(source, Track) else source.name
            raise TimeOutsideTrackError(name, start_s, whole_s)
        end_s = min(end_s if end_s is not None else start_s + self.options.grid.window_s, whole_s)
        return Passage(source, frames, max(0.0, min(start_s, end_s - 1.0)), end_s)

    def characteristic(
        self, source: Track | Clip, n: int = 3, within: tuple[float, float] | None = None
    ) -> list[tuple[float, float]]:
        """Audio thumbnails: spans that represent a piece, or a part of it, best first, not overlapping."""
        frames = self.clips.frames(source) if isinstance(source, Clip) else self._track_frames(source)
        if isinstance(source, Clip) and source.heard_s and within is None:
            within = (0.0, source.heard_s)
        if within is None:
            return characteristic_spans(frames, self.options.grid, n)
        first_s = round(within[0] / GRID_S) * GRID_S
        part = cut_out(frames, first_s, within[1])
        spans = characteristic_spans(part, self.options.grid, n)
        return [(first_s + start_s, first_s + end_s) for start_s, end_s in spans]

    def find(self, query: Query) -> Results:
        """The moments most like the query's passage."""
        results = self.searches.moments().find(query, self._allowed(query.filters))
        return replace(results, no_music=no_music(query.passage))

    def find_repeats(self, passage: Passage, k: int = 10) -> Results:
        """Where a passage of a track comes back in that track."""
        query = Query(passage, k=k, exclude_same_track=False, hits_per_track=k)
        return self.searches.moments().repeats(query)

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
        """The moments that fit a description best, and what its words were understood as.

        `exclude_same_track` is there for the sake of scripts: words have no track of their own.
        """
        query = TextQuery(description, k, filters or Filters(), min_likeness, diversity, hits_per_track)
        if sung := self.searches.sung.wanted(description):
            return self.searches.sung.find(query, sung, self._allowed(query.filters))
        return self.searches.words().find(query, self._allowed(query.filters))

    def find_hum(self, query: Query) -> Results:
        """The pieces and moments that have the tune of the query's passage: hummed, whistled or sung by one voice.

        Raises
        ------
        EmptyLibraryError
        QueryError
            If there is no tune in the passage.
        """
        started = time.perf_counter()
        tunes, source = self.searches.tunes(), query.passage.source
        pitch = self._ears.pitch(source, query.passage) if isinstance(source, Clip) else None
        pitch = pitch or track_contour(query.passage)
        return tunes.find_tune(query, pitch, self._allowed(query.filters), started)

    def explain_text(self, description: str, hit: Hit) -> tuple[TermScore, ...]:
        """A moment's score on each term of a description, the largest contribution first."""
        if sung := self.searches.sung.wanted(description):
            return self.searches.sung.met(sung, hit)
        words = self.searches.words()
        return words.described(description, hit)

    def explain(self, query: Query, hit: Hit) -> Explanation:
        """The evidence for a hit, and what would change it: a search for each factor, on the library as it is now."""
        found = Passage(hit.track, self._track_frames(hit.track), hit.moment.start_s, hit.moment.end_s)
        return explain(query, hit, found, self._factors, otherwise(self.find, query, hit))

    def compare(self, first: Passage, second: Passage) -> Comparison:
        """What two passages share, by every factor, as if the second had been found for the first."""
        hit = self.searches.moments().judge(Query(first), second)
        return compare(first, second, hit, self._factors)

    def describe(self, passage: Passage) -> Description:
        """What a passage is like."""
        return replace(describe(passage, self._factors), no_music=no_music(passage))

    def transcribe(self, passage: Passage) -> Transcript:
        """The words sung or spoken in a passage, as they were transcribed before, else transcribed by Whisper now.

        WeightsError where Whisper's weights are missing; QueryError where the passage is longer than what is listened
        to at once.
        """
        known = self.catalogue.lyrics.transcript(passage.source.id, passage.start_s, passage.end_s)
        if known is not None:
            return known
        self.transcriber.check()
        if passage.duration_s > self.options.clip_s + 1:
            longest = f"{self.options.clip_s / 60:.0f} minutes"
            raise QueryError(f"Words are written down for at most {longest} at once: name a shorter part.")
        path, start_s, end_s = self._in_file(passage.source, passage.start_s, passage.end_s)
        return self._ears.words(path, start_s, end_s, passage.start_s)

    def write_down(self, tell: Callable[[str, WrittenDown], None]) -> WrittenDown:
        """Write down the words of every track that is not written down yet; may be stopped and repeated."""
        parts = self.catalogue, self.frames, self.transcriber
        return write_down_all(self.options.folder, *parts, sound=self.sound, tell=tell)

    def sound(self, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None) -> Sound:
        """The sound itself."""
        blocks = list(self.sound_blocks(source, start_s, end_s))
        return Sound(np.concatenate([block.samples for block in blocks]), blocks[0].rate_hz)

    def sound_blocks(
        self, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None, *, stereo: bool = False
    ) -> Iterator[Sound]:
        """The sound piece by piece, at one rate, for players: little memory, whatever its length.

        It is read by a process of its own. Leaving the iterator ends the reading.

        Raises
        ------
        AudioReadError, TimeOutsideTrackError, QueryError
            With the first piece; a file that is damaged further on ends there.
        """
        return self._ears.sound_blocks(*self._in_file(source, start_s, end_s), stereo=stereo)

    def _in_file(
        self, source: Track | Clip, start_s: float, end_s: float | None
    ) -> tuple[Path, float, float | None]:
        """The file of a sound, and a span in that file's time."""
        if isinstance(source, Clip):
            return self.clips.path(source), start_s, end_s
        there = self.catalogue.there(source)
        last_s = there.end_s if end_s is None else there.in_file(end_s)
        return Path(there.path), there.in_file(start_s), last_s

    def add(
        self,
        paths: Sequence[Path],
        workers: int = 0,
        progress: Callable[[Progress], None] | None = None,
        *,
        everything: bool = False,
    ) -> AddReport:
        """Index files and folders; what is already there is not touched.

        With `everything` files that seem to be as they were are looked at as well.
        """
        # A network that cannot be had is said before anything is done.
        if self.options.embedder != MUSICNN:
            need("torch", f"REPRISE_EMBEDDER={self.options.embedder}")
        index_embedding(self.options.folder, self.options.embedder)
        self.catalogue.folders.note(paths)
        return add_paths(
            paths,
            home=self.options.folder,
            own=self.options.home,
            catalogue=self.catalogue,
            vectors=self._vectors,
            frames=self.frames,
            grid=self.options.grid,
            fingerprint=self.options.fingerprint,
            embedder=self.options.embedder,
            workers=workers,
            progress=progress,
            everything=everything,
            kept_days=self.options.keep_days,
        )

    def remove(self, path: Path) -> int:
        """Take a track or a folder out; how many tracks that were."""
        self.catalogue.folders.forget(path)
        return remove_paths(
            path,
            catalogue=self.catalogue,
            vectors=self._vectors,
            frames=self.frames,
            kept_days=self.options.keep_days,
        )

    def status(self) -> LibraryStatus:
        """What the library holds."""
        return status_of(self.options, self.catalogue)

    def _track_frames(self, track: Track) -> Frames:
        try:
            return self.frames.read(track.id)
        except FileNotFoundError as error:
            raise UnknownTrackError(track.title) from error

    def _allowed(self, filters: Filters) -> Callable[[Track], bool] | None:
        on_tags = Filters(
            {n: v for n, v in filters.conditions.items() if n.removeprefix("not_") in Filters.TAGS}
        )
        if not on_tags:
            return None
        ids = {track.id for track in self.catalogue.tracks("", on_tags)}
        return lambda track: track.id in ids


if TYPE_CHECKING:
    _kept: type[MusicLibrary] = Library

"""The Library: everything a program asks of one home folder. The rooms below do the work.

Opening costs nothing; the store, the networks and the shelf are opened when they are first needed (index.home). A
Library may be used from several threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from index.analysis.f0 import PitchTrack, track_contour
from index.analysis.no_music import heard_as
from index.catalogue.track_lookup import the_one
from index.core.errors import QueryError
from index.core.filters import Filters
from index.core.hits import Hit, Results
from index.core.moments import Passage
from index.core.options import MUSICNN
from index.core.query import Diversity, Query
from index.core.tracks import Clip, Track
from index.core.transcript import Transcript
from index.explain.compare import Comparison, compare
from index.explain.counterfactuals import otherwise
from index.explain.describe import Description, describe
from index.explain.explain import Explanation, explain
from index.ingest.ingest import AddReport, Progress, add_paths, remove_paths
from index.ingest.separate import parted
from index.ingest.spec import IndexSpec
from index.lyrics.transcribe_all import WrittenDown, write_down_all
from index.sounds import Sounds
from index.status import LibraryStatus, status_of
from index.system.parts import need
from index.system.presence import Presence
from index.upkeep.care import Care
from index.words.results import TermScore, TextQuery, TextResults

if TYPE_CHECKING:
    from index.protocol import MusicLibrary


class Library(Sounds):
    """Moments of one home folder: find, explain, describe, add, remove."""

    @cached_property
    def care(self) -> Care:
        """What checks and upgrades it."""
        return Care(self.options.home, self._stores, self.options.fingerprint, self.add)

    @cached_property
    def _presence(self) -> Presence:
        """What looks which files are back."""
        return Presence()

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

    def find(self, query: Query) -> Results:
        """The moments most like the query's passage; nothing is like silence."""
        results = self.searches.moments().find(query, self._allowed(query.filters))
        kind = heard_as(query.passage)
        return replace(results, no_music=kind, hits=() if kind == "silence" else results.hits)

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

    def find_hum(self, query: Query, earlier: Sequence[Passage] = ()) -> Results:
        """The pieces and moments that have the tune of the query's passage: hummed, whistled or sung by one voice.

        `earlier` are other tries at the same tune; what all of them speak for comes first.

        Raises
        ------
        EmptyLibraryError
        QueryError
            If there is no tune in the passage.
        """
        started = time.perf_counter()
        tunes = self.searches.tunes()
        pitch, *others = (self._pitch(passage) for passage in (query.passage, *earlier))
        return tunes.find_tune(query, pitch, self._allowed(query.filters), started, others)

    def _pitch(self, passage: Passage) -> PitchTrack:
        clip, heard = passage.source, None
        if isinstance(clip, Clip):
            heard = self._ears.pitch(clip, self.clips.path(clip), passage)
        return heard or track_contour(passage)

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
        return replace(describe(passage, self._factors), no_music=heard_as(passage))

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

    def add(
        self,
        paths: Sequence[Path],
        workers: int = 0,
        progress: Callable[[Progress], None] | None = None,
        *,
        everything: bool = False,
        ray: str = "",
    ) -> AddReport:
        """Index files and folders; what is already there is not touched.

        With `everything` files that seem to be as they were are looked at as well. `ray` is the address of a
        cluster that analyses in place of this machine's processes.
        """
        # A network that cannot be had is said before anything is done.
        if self.options.embedder != MUSICNN:
            need("torch", f"REPRISE_EMBEDDER={self.options.embedder}")
        options, stores = self.options, self._stores
        spec = IndexSpec(options.folder, options.fingerprint, options.embedder, options.home)
        self.catalogue.folders.note(paths)
        report = add_paths(
            paths, stores, spec, workers=workers, progress=progress, everything=everything, ray=ray
        )
        self.keep_here()
        return report

    def part(
        self,
        paths: Sequence[Path],
        workers: int = 0,
        progress: Callable[[Progress], None] | None = None,
    ) -> AddReport:
        """Make tracks of their own of files that were taken for the same recording as others.

        Raises
        ------
        QueryError
            If there is nothing to be taken apart.
        """
        return self.add(parted(paths, self.catalogue), workers, progress)

    def remove(self, path: Path) -> int:
        """Take a track or a folder out; how many tracks that were."""
        self.catalogue.folders.forget(path)
        return remove_paths(path, self._stores)

    def status(self) -> LibraryStatus:
        """What the library holds."""
        return status_of(self.options, self.catalogue, self._presence, self._store_answers)

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

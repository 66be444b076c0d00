"""The searches of a library as it is now: by moment, by words, by tune. Each is made when it is first asked for.

Another program may add to the same library; a search made before that is made anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from index.catalogue.catalogue import Catalogue
from index.core.errors import EmptyLibraryError, OutdatedIndexError
from index.core.lengths import Measured
from index.core.moments import Grid
from index.core.tracks import Track
from index.factors import Factor
from index.lyrics.searcher import SungSearch
from index.search.candidates import SCAN_WINDOWS, Shelf
from index.search.fusion import FusionModel
from index.search.searcher import Searcher
from index.store.frame_store import FrameStore
from index.store.vectors import VectorStore
from index.words.clap_space import Joint
from index.words.searcher import WordSearcher, open_searcher

if TYPE_CHECKING:
    from index.humming.searcher import TuneSearcher

S = TypeVar("S")


class Searches:
    """Makes searches and keeps them until the library has changed. May be used from several threads."""

    def __init__(
        self,
        *,
        home: Path,
        grid: Grid,
        fingerprint: str,
        catalogue: Catalogue,
        frames: FrameStore,
        factors: Mapping[str, Factor],
        vectors: Callable[[], VectorStore],
        joint: Callable[[], Joint | None] = lambda: None,
        tell: Callable[[Measured], None] = lambda _: None,
    ) -> None:
        """`tell` hears how far tracks are measured, where that was not done while they were added; it may end that."""
        self._home = home
        self._grid = grid
        self._fingerprint = fingerprint
        self._catalogue = catalogue
        self._frames = frames
        self._factors = factors
        self._vectors = vectors
        self._joint = joint
        self._tell = tell
        self._making = {kind: threading.RLock() for kind in ("moments", "words", "tunes")}
        self._kept: dict[str, tuple[int, object]] = {}

    @cached_property
    def sung(self) -> SungSearch:
        """The search for words that are sung."""
        return SungSearch(self._catalogue, self._grid)

    def moments(self) -> Searcher:
        """The search by a passage.

        Raises
        ------
        EmptyLibraryError
        FingerprintError
            If the library was indexed with other settings.
        OutdatedIndexError
            If another version made vectors that it needs.
        """
        return self._current("moments", self._by_moment)

    def words(self) -> WordSearcher:
        """The search by words; what adding did not measure is measured first. EmptyLibraryError."""
        return self._current("words", self._by_words)

    def tunes(self) -> TuneSearcher:
        """The search by humming; what adding did not measure is measured first. EmptyLibraryError."""
        return self._current("tunes", self._by_tune)

    def _current(self, name: str, make: Callable[[Sequence[Track]], S]) -> S:
        """One kind of search for the tracks as they are now; nobody waits for another kind's to be made."""
        with self._making[name]:
            generation = self._catalogue.generation()
            kept = self._kept.get(name)
            if kept is None or kept[0] != generation:
                tracks = self._catalogue.tracks()
                if not tracks:
                    raise EmptyLibraryError
                kept = self._kept[name] = (generation, make(tracks))
            return cast(S, kept[1])

    def _by_moment(self, tracks: Sequence[Track]) -> Searcher:
        self._catalogue.made_with.check(self._fingerprint)
        shelf = Shelf.of(tracks, self._grid)
        vectors = self._vectors()
        if shelf.windows > SCAN_WINDOWS and vectors.outdated():
            raise OutdatedIndexError
        return Searcher(shelf, vectors, self._frames, self._factors, FusionModel.load())

    def _by_words(self, tracks: Sequence[Track]) -> WordSearcher:
        shelf = Shelf.of(tracks, self._grid)
        return open_searcher(
            shelf,
            self._frames,
            self._home / "words",
            self._joint(),
            lambda done, total: self._tell(Measured(done, total)),
        )

    def _by_tune(self, tracks: Sequence[Track]) -> TuneSearcher:
        from index.humming.searcher import TuneSearcher
        from index.store.salience_store import SalienceStore

        table = SalienceStore.of_home(self._home, self._frames).table(
            tracks, lambda done, total: self._tell(Measured(done, total, "hums"))
        )
        return TuneSearcher(tracks, table, self._grid)

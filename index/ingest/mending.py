"""What an index lacks is found by what there should be, and made anew from the frames; no sound is read."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from index.catalogue.catalogue import Catalogue
from index.core.errors import DamagedFramesError, StoreDamagedError
from index.core.moments import Grid
from index.ingest.makers import VectorMakers
from index.store.damages import VECTORS, Damages
from index.store.frame_store import FrameStore
from index.store.origins import FORMER_COLLECTIONS, is_stale
from index.store.salience_store import SalienceStore
from index.store.vectors import VectorStore, window_ids

_OVERGROWN = 3
_SMALL = 100_000
"""So many places in index files are nothing to be sorry for."""
_PROBED, _PROBED_AGAIN = 2, 48
"""Tracks of which all windows are made anew and have to find themselves; and one window each of so many."""
_LOST = 3
_SELF = 0.999
"""A window that finds another one so near may have a twin."""
COMPARED = 50_000
"""Of more windows only the number is looked at, unless that is wrong; `reprise check` looks at each."""
Told = Callable[[int, int, str], None]
"""Called with how many tracks are done, how many there are, and what is being done."""


@dataclass
class Mended:
    """What was found and made anew."""

    lacking: set[str] = field(default_factory=set)
    """Tracks whose frames are missing or damaged: their sound has to be read."""
    vectors: set[str] = field(default_factory=set)
    """Tracks whose vectors were made anew."""
    salience: set[str] = field(default_factory=set)
    store: bool = False
    """Whether the whole vector store was thrown away and made anew."""
    interrupted: bool = False

    def sentences(self) -> list[str]:
        """What was done, in words."""
        said = []
        if self.store:
            said.append("The vector store was damaged and was made anew.")
        for what, ids in (("vectors", self.vectors), ("melody", self.salience)):
            if ids:
                whose = "one track" if len(ids) == 1 else f"{len(ids):,} tracks"
                said.append(f"The {what} of {whose} made anew from what was measured of the sound.")
        return said


class Mending:
    """The parts of an index that hold what was made of its sounds."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: VectorStore,
        frames: FrameStore,
        makers: VectorMakers | None,
        grid: Grid | None = None,
    ) -> None:
        self._grid = grid or Grid()
        self._catalogue = catalogue
        self._vectors = vectors
        self._frames = frames
        self._makers = makers
        self.damages = Damages(frames.folder.parent)
        self._salience = SalienceStore.of_home(frames.folder.parent, frames)

    def lost_frames(self, windows: Mapping[str, int]) -> dict[str, str]:
        """Tracks whose frames are missing or damaged, and how; noted as such.

        Of very many tracks some are opened that are drawn at random; a search notes those that it cannot read, and
        `reprise check` reads each.
        """
        known = self.damages.known()
        lost = {track_id: reason for track_id, reason in known.items() if track_id in windows}
        return lost | self._frames.lost(windows.keys() - lost.keys())

    def mend(self, told: Told, stop: threading.Event) -> Mended:
        """Find what is missing and make it from frames. Only while nobody else writes."""
        windows = self._catalogue.windows()
        mended = Mended(lacking=set(self.lost_frames(windows)))
        missing = self.missing_vectors(windows, mended)
        self._make(missing, windows, mended, told, stop)
        return mended

    def missing_vectors(self, windows: Mapping[str, int], mended: Mended) -> dict[str, set[str]]:
        """Collections that lack vectors of a track, by its id; vectors of no track are taken out.

        A store that cannot be read is thrown away, and a collection that another version made.
        """
        try:
            if self._is_overgrown(windows) or self._former():
                self._vectors.reset()
            self._drop_unsearchable(windows)
            missing = self._missing(windows)
        except StoreDamagedError:
            self._vectors.reset()
            mended.store = True
            missing = self._missing(windows)
        self.damages.forget(VECTORS)
        return missing

    def _is_overgrown(self, windows: Mapping[str, int]) -> bool:
        """Whether index files hold far more windows that were deleted than there are."""
        if self._makers is None:
            return False
        wanted = len(self._makers.origins) * self._total(windows)
        return self._vectors.places_kept() > max(_OVERGROWN * wanted, _SMALL)

    def _drop_unsearchable(self, windows: Mapping[str, int]) -> None:
        """Throw away collections in which windows do not find themselves: that their number is right says little.

        A few tracks are looked at; `reprise check` looks at all.
        """
        if self._makers is None or not windows:
            return
        for track_id in random.sample(sorted(windows), min(_PROBED, len(windows))):
            ids = self._ids(track_id, windows[track_id])
            try:
                made = self._makers.make(self._frames.read(track_id))
            except (FileNotFoundError, DamagedFramesError):
                continue
            for collection in self._vectors.collections():
                rows = made.get(collection)
                if rows is None or len(rows) != len(ids):
                    continue
                try:
                    kept = self._vectors.get(collection, ids)
                except KeyError:
                    continue
                if kept.shape != rows.shape:
                    continue  # of another version
                if self._lost(collection, ids, rows) > len(ids) / 2:
                    self._vectors.drop(collection)
        for collection in self._vectors.collections():
            if self._has_holes(collection, windows):
                self._vectors.drop(collection)

    def _has_holes(self, collection: str, windows: Mapping[str, int]) -> bool:
        """Whether several windows drawn at random do not find themselves by what is kept of them."""
        drawn = random.sample(sorted(windows), min(_PROBED_AGAIN, len(windows)))
        ids = [random.choice(self._ids(each, windows[each])) for each in drawn if windows[each]]
        try:
            kept = self._vectors.get(collection, ids)
        except KeyError:
            return False  # some are missing, which is seen by their ids
        if not len(kept):
            return False
        return self._lost(collection, ids, kept) >= min(_LOST, len(ids))

    def _lost(self, collection: str, ids: Sequence[str], rows: np.ndarray) -> int:
        """How many windows, by their vectors, find neither themselves nor a twin."""
        found, near = self._vectors.query(collection, rows, 3)
        nearest = zip(ids, found, near[:, 0], strict=True)
        return sum(own not in ids_ for own, ids_, best in nearest if best < _SELF)

    def _missing(self, windows: Mapping[str, int]) -> dict[str, set[str]]:
        missing: dict[str, set[str]] = {}
        total = self._total(windows)
        for collection in self._collections():
            if self._vectors.count(collection) == total > COMPARED:
                continue
            lacking = {each for track_id, count in windows.items() for each in self._ids(track_id, count)}
            stray = []
            for each in self._vectors.ids(collection):
                if each in lacking:
                    lacking.remove(each)
                else:
                    stray.append(each)
            if stray:
                self._vectors.delete(collection, stray)
            for track_id in {each.partition(":")[0] for each in lacking}:
                missing.setdefault(track_id, set()).add(collection)
        return missing

    def _ids(self, track_id: str, count: int) -> list[str]:
        return window_ids(track_id, count, self._grid.vector_stride)

    def _total(self, windows: Mapping[str, int]) -> int:
        return sum(self._grid.vector_count(count) for count in windows.values())

    def _collections(self) -> Iterable[str]:
        """The collections that there have to be; without makers, those that are there."""
        if self._makers is None:
            return self._vectors.collections()
        for collection in self.stale_collections():
            self._vectors.drop(collection)
        return self._makers.origins.keys()

    def stale_collections(self) -> list[str]:
        """Collections that another version made. One that is of this version but does not say so is marked."""
        assert self._makers is not None
        stale, former = [], self._former()
        for collection, made_by in self._vectors.origins().items():
            current = self._makers.origins.get(collection)
            if collection in former:
                stale.append(collection)
            if current is None or made_by == current:
                continue
            if made_by is not None:
                if is_stale(made_by, current):
                    stale.append(collection)
                continue
            width = self._vectors.dimensions(collection)
            if width in (None, self._makers.dimensions.get(collection, width)):
                self._vectors.note_origin(collection, current)
            else:
                stale.append(collection)
        return stale

    def _former(self) -> set[str]:
        """Collections of an older version whose place another one has taken."""
        if self._makers is None:
            return set()
        now = self._makers.origins
        return {
            each
            for each in self._vectors.collections()
            if each not in now and FORMER_COLLECTIONS.get(each) in now
        }

    def _make(
        self,
        missing: dict[str, set[str]],
        windows: Mapping[str, int],
        mended: Mended,
        told: Told,
        stop: threading.Event,
    ) -> None:
        if self._makers is None:
            mended.lacking |= missing.keys()
            missing = {}
        unheard = self._salience.lacking(windows) - mended.lacking
        order = sorted((missing.keys() | unheard) - mended.lacking)
        for done, track_id in enumerate(order):
            if stop.is_set():
                mended.interrupted = True
                return
            told(
                done, len(order), "making vectors anew" if track_id in missing else "measuring melodies anew"
            )
            try:
                if track_id in missing:
                    self.make_vectors(track_id, windows[track_id], missing[track_id])
                    mended.vectors.add(track_id)
                if track_id in unheard:
                    self._salience.measure(track_id)
                    mended.salience.add(track_id)
            except (DamagedFramesError, FileNotFoundError):
                mended.lacking.add(track_id)

    def make_vectors(self, track_id: str, count: int, collections: Iterable[str]) -> None:
        """Make the vectors of a track from its frames, and keep them.

        Raises
        ------
        FileNotFoundError, DamagedFramesError
            If its frames are not there, or are those of a sound of another length.
        """
        assert self._makers is not None
        made = self._makers.make(self._frames.read(track_id))
        ids = self._ids(track_id, count)
        if any(len(rows) != len(ids) for rows in made.values()):
            raise DamagedFramesError(self._frames.path(track_id), "its length is not that of its track")
        for collection in collections:
            self._vectors.upsert(collection, ids, made[collection])

"""The three stores of a library as one: frames on disk, vectors in Chroma, rows in the catalogue.

A track counts only when it has its row, which is written last. Before anything else of a track is written,
and when its row goes, the catalogue remembers that there may be remains. So a program may be killed
anywhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from index.catalogue.catalogue import Catalogue, KnownFile, NewTrack
from index.core.errors import LibraryError, StoreDamagedError
from index.core.moments import Grid
from index.ingest.makers import VectorMakers
from index.ingest.mending import Mended, Mending, Told
from index.store.damages import Damages
from index.store.descriptors import DescriptorStore
from index.store.frame_store import FrameStore
from index.store.vectors import VectorStore, window_ids
from index.workers.analyse_file import Analysed

KEPT_DAYS = 30.0
"""How long what was measured of a track is kept after it left, unless told otherwise."""


@dataclass(frozen=True)
class Stores:
    """Where a library keeps what it knows."""

    catalogue: Catalogue
    vectors: VectorStore
    frames: FrameStore
    grid: Grid = field(default_factory=Grid)
    kept_s: float = KEPT_DAYS * 86400
    """How long what was measured of a track is kept after it left; 0 is not at all."""
    makers: VectorMakers | None = None
    """What makes vectors out of frames; None where only a sound's analysis can."""

    @property
    def descriptors(self) -> DescriptorStore:
        """What is kept beside the frames."""
        return DescriptorStore(self.frames.folder.parent, self.frames, self.grid)

    def keep(self, file: KnownFile, new: NewTrack, analysed: Analysed) -> list[str]:
        """Add a track that was analysed; it appears whole or not at all. Ids of the tracks that left by that."""
        self.catalogue.begin(file.track_id, new.windows)
        ids = window_ids(file.track_id, new.windows, self.grid.vector_stride)
        for collection, vectors in analysed.vectors.items():
            self.vectors.upsert(collection, ids, vectors)
        try:
            self.frames.write(file.track_id, analysed.frames)
            if analysed.descriptors is not None:
                self.descriptors.write(file.track_id, analysed.descriptors)
        except OSError as error:
            raise LibraryError(f"The frames of a track could not be written: {error.strerror}.") from error
        return self.clear(self.catalogue.put(file, new))

    def clear(self, track_ids: Iterable[str]) -> list[str]:
        """Take away what remains of tracks that are not in the catalogue any more; the same ids.

        What was measured of a track that was in the library is kept for `kept_s`, in case that it comes back.
        """
        track_ids = list(track_ids)
        if not track_ids:
            return []
        remains = self.catalogue.unfinished()
        gone = [track_id for track_id in track_ids if track_id in remains]
        if not gone:
            return track_ids
        kept = self.catalogue.retired.all() if self.kept_s > 0 else {}
        collections = self.vectors.collections()
        for track_id in gone:
            ids = window_ids(track_id, remains[track_id], self.grid.vector_stride)
            for collection in collections:
                self.vectors.delete(collection, ids)
            if track_id not in kept:
                self.frames.delete(track_id)
                self.descriptors.delete(track_id)
        self.catalogue.finish(gone)
        if not self.kept_s:
            self.catalogue.retired.drop(gone)
        return track_ids

    def expire(self) -> int:
        """Give up what was kept of tracks that left too long ago; how many those were."""
        now = time.time()
        over = [
            each.track_id
            for each in self.catalogue.retired.all().values()
            if each.gone_at + self.kept_s < now
        ]
        for track_id in over:
            self.frames.delete(track_id)
            self.descriptors.delete(track_id)
        if over:
            self.catalogue.retired.drop(over)
        return len(over)

    def sweep(self, told: Told, stop: threading.Event) -> Mended:
        """Clear all remains and make from frames what is missing; tracks without frames have to be analysed again.

        Only while nobody adds: what another program is just writing would look like remains.
        """
        remains = self.catalogue.unfinished()
        try:
            self.clear(remains)
        except StoreDamagedError:
            self.vectors.reset()
        self.expire()
        windows = self.catalogue.windows()
        known = windows.keys() | self.catalogue.retired.all().keys()
        for stray in self.frames.strays(known):
            self.frames.delete(stray)
        for stray in self.descriptors.strays(known):
            self.descriptors.delete(stray)
        mended = self.mending.mend(told, stop)
        if remains:  # the store may have been thrown away before
            self.clear(remains)
        return mended

    @property
    def damages(self) -> Damages:
        """What is known to be damaged."""
        return self.frames.damages

    @property
    def mending(self) -> Mending:
        """What makes missing parts anew."""
        return Mending(self.catalogue, self.vectors, self.frames, self.makers, self.grid)

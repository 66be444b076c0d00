"""What is kept of a track beside its frames and vectors: what searches by words and by humming compare.

A worker measures it when the track is added. Of tracks that were added before that was so it is measured at the end of
the next run of adding, or when they are first searched; each is kept at once, so that nothing is measured twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.analysis.melody_salience import Salience
from index.analysis.window_descriptors import measure
from index.core.errors import DamagedFramesError
from index.core.frames import Frames
from index.core.moments import Grid
from index.core.tracks import Clip, Track
from index.store.fingerprint_store import FingerprintStore
from index.store.frame_store import FrameStore
from index.store.salience_store import SalienceStore
from index.store.window_store import PropertyStore


@dataclass(frozen=True)
class Descriptors:
    """What was measured of one track."""

    salience: np.ndarray
    """What a hum is compared with (`index.analysis.melody_salience`), as it is kept."""
    properties: np.ndarray
    """(windows, properties) float16: what words are compared with (`index.analysis.window_descriptors`)."""


def described(path: Path, frames: Frames, grid: Grid) -> Descriptors:
    """What is to be kept of a file's frames."""
    source = Clip("", str(path), path.name, frames.duration_s)
    return Descriptors(Salience().kept(frames.notes), measure(source, frames, grid))


class DescriptorStore:
    """The descriptors in a library's home folder."""

    def __init__(self, home: Path, frames: FrameStore, grid: Grid) -> None:
        self._frames = frames
        self.salience = SalienceStore.of_home(home, frames)
        self.properties = PropertyStore.of_home(home, grid)
        self.fingerprints = FingerprintStore.of_home(home, frames)

    def write(self, track_id: str, measured: Descriptors) -> None:
        """Keep what was measured of a track."""
        self.salience.write(track_id, measured.salience)
        self.properties.write(track_id, measured.properties)
        self.fingerprints.note_changed(track_id)

    def delete(self, track_id: str) -> None:
        """Forget a track; nothing happens if it is not there."""
        self.salience.delete(track_id)
        self.properties.delete(track_id)
        self.fingerprints.note_changed(track_id)

    def strays(self, track_ids: Collection[str]) -> set[str]:
        """Ids of what is kept of other tracks than these."""
        return self.salience.strays(track_ids) | self.properties.strays(track_ids)

    def missing(self, tracks: Sequence[Track]) -> list[Track]:
        """The tracks of which something is not kept."""
        self.properties.split()
        ids = {track.id for track in tracks}
        lacking = self.salience.lacking(ids) | self.properties.lacking(ids)
        return [track for track in tracks if track.id in lacking]

    def complete(
        self,
        tracks: Sequence[Track],
        tell: Callable[[int, int, Track], None],
        stopped: Callable[[], bool],
    ) -> bool:
        """Measure what is not kept yet, from the frames; whether that was all.

        Parameters
        ----------
        tell : is told before each track how many are done, of how many, and which one is next
        stopped : is asked between two tracks
        """
        missing = self.missing(tracks)
        for done, track in enumerate(missing):
            if stopped():
                return False
            tell(done, len(missing), track)
            try:
                self.salience.of(track.id)
                self.properties.of(track, self._frames)
            except (FileNotFoundError, DamagedFramesError):
                continue  # it was taken out meanwhile, or is damaged: others say so
        self.properties.gather(tracks, self._frames)
        self.fingerprints.gather([track.id for track in tracks])
        return True

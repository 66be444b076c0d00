"""Which recording of the library a new sound is, if any: those of about its length are compared with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from index.core.errors import DamagedFramesError
from index.core.tracks import Track
from index.ingest.same_recording import LONGEST_APART_S, Outline, compared, outline, promising
from index.store.frame_store import Frames, FrameStore


@dataclass(frozen=True)
class OtherFile:
    """A sound that is a recording of the library: in which place of the sound that begins."""

    track_id: str
    offset_s: float
    """Seconds from the sound's start to the track's; below 0 where the sound begins later."""


class Recordings:
    """The recordings of a library while something is being added to it."""

    def __init__(
        self, frames: FrameStore, tracks: Iterable[Track], apart: Collection[frozenset[str]] = ()
    ) -> None:
        """`apart`: sounds that the user said are two recordings."""
        self._frames = frames
        self._apart = apart
        self._lengths_s = {track.id: track.duration_s for track in tracks}

    def came(self, track_id: str, duration_s: float) -> None:
        """A track is in the library now."""
        self._lengths_s[track_id] = duration_s

    def gone(self, track_ids: Iterable[str]) -> None:
        """Tracks have left."""
        for track_id in track_ids:
            self._lengths_s.pop(track_id, None)

    def find(self, frames: Frames, sound: str = "") -> OtherFile | None:
        """The recording that a new sound (its hash, too) is, with the most agreement; None where it is another one."""
        new = outline(frames)
        if new is None:
            return None
        known: dict[str, Outline] = {}
        for track_id, length_s in self._lengths_s.items():
            if abs(length_s - frames.duration_s) > LONGEST_APART_S or {sound, track_id} in self._apart:
                continue
            if each := self._outline(track_id):
                known[track_id] = each
        ids = list(known)
        found = [
            (likeness, ids[number])
            for number in promising(new, list(known.values()))
            if (likeness := compared(new, known[ids[number]])).is_same
        ]
        if not found:
            return None
        likeness, track_id = max(found, key=lambda each: each[0].mean)
        return OtherFile(track_id, round(likeness.offset_s, 3))

    def _outline(self, track_id: str) -> Outline | None:
        try:
            return outline(self._frames.read(track_id))
        except (FileNotFoundError, DamagedFramesError):
            return None

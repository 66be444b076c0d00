"""A file on its way through a run of adding: looked at, analysed, kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from index.album.arriving import Album
from index.album.parts import Part
from index.catalogue.values import KnownFile, Stamp
from index.ingest.requests import Looked


@dataclass
class Task:
    """A file that is looked at or analysed, and files of the same sound that wait for it."""

    path: str
    stamp: Stamp
    looked: Looked | None = None
    track_id: str = ""
    heard: bool = False
    """Whether its sound was analysed; else what came out was made from frames that were kept."""
    same: list[Task] = field(default_factory=list)
    part: Part | None = None
    """The part of the file that is the track; None is all of it."""
    album: Album | None = None
    """The file of several tracks that this is one of."""
    start_s: float = 0.0
    """Where the track begins in the file, if that is another file of a recording; below 0 where it lacks its start."""

    def place(self, note: str = "") -> KnownFile:
        """What the file holds: the whole of a track, or one of several."""
        assert self.looked is not None
        place = KnownFile(
            self.path,
            self.track_id,
            **vars(self.stamp),
            sound=self.looked.sound,
            start_s=self.start_s,
            note=note or None,
        )
        return (
            place if self.part is None else replace(place, start_s=self.part.start_s, end_s=self.part.end_s)
        )

    def has_changed(self) -> bool:
        """Whether the file is another one than when it was looked at."""
        try:
            now = Stamp.of(self.path)
        except (OSError, ValueError):
            return True
        return not now.content_as(self.stamp)

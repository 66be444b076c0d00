"""What sound belongs to: a track of the library, or a clip that the user brought. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from index.core.errors import printable

_FILES_TOLD = 3

ClipKind = Literal["speech", "tune", "music"]
"""What a clip sounds like: somebody speaks; one voice hums, whistles, sings or plays a tune; anything else."""


@dataclass(frozen=True)
class Track:
    """One recording of the library, known by a hash of its sound."""

    id: str
    path: str
    title: str
    artist: str
    composer: str
    album: str
    genre: str
    year: int | None
    duration_s: float
    start_s: float = 0.0
    """Where it begins in the file at `path`; below 0 where the file begins later than the track does."""
    end_s: float | None = None
    """Where it ends in that file; None is the file's end."""
    also: tuple[str, ...] = ()
    """Other files of the same recording: another codec, bit rate or master, or a copy."""

    @property
    def author(self) -> str:
        """The composer, else the artist: whom a listener would name."""
        return self.composer or self.artist

    @property
    def other_files(self) -> str:
        """Its other files, as they are told: "also: Song.flac, Song.mp3"; empty where it has one."""
        names = [printable(each.replace("\\", "/").rpartition("/")[2]) for each in self.also[:_FILES_TOLD]]
        more = f" and {len(self.also) - len(names)} more" if len(self.also) > len(names) else ""
        return f"also: {', '.join(names)}{more}" if names else ""

    def in_file(self, at_s: float) -> float:
        """A time of the track as its file counts it, which may hold other tracks before it."""
        return max(0.0, self.start_s + at_s)

    @property
    def is_whole_file(self) -> bool:
        """Whether the file holds this track alone."""
        return self.start_s <= 0 and self.end_s is None


@dataclass(frozen=True)
class Clip:
    """Audio that the user brought: a file or a recording, kept under the hash of its content."""

    id: str
    path: str
    name: str
    duration_s: float
    recorded: bool = False
    noise: str = ""
    """What the noise reduction decided, in words; empty where nothing was asked of it."""
    kind: ClipKind | Literal[""] = ""
    """What it sounds like; empty for a clip that was kept before this was measured."""
    heard_s: float = 0.0
    """So much of its beginning was listened to when it was brought; 0 where that is all of it."""

"""What the catalogue gives out of tracks and their files: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index.audio.sound_hash import title_id
from index.core.tracks import Track


@dataclass(frozen=True)
class KnownFile:
    """A file of a track, as it was when it was added."""

    path: str
    track_id: str
    size: int
    mtime_ns: int
    ctime_ns: int | None = None
    """When its bytes, its name or its owner changed last; None where an older version added it."""
    sound: str | None = None
    """The hash of its sound alone; None until somebody asks."""
    start_s: float = 0.0
    """Where the track begins in the file; below 0 where the file begins later than the track does."""
    end_s: float | None = None
    """Where it ends in the file; None is the file's end."""
    unreachable_since: float | None = None
    """Since when the file cannot be reached (seconds since 1970); None where it can."""
    note: str | None = None
    """What has to be said of it: "read to 0:05 of 0:10"."""

    @property
    def is_title(self) -> bool:
        """Whether the track is one that this file alone has: one of several in it, known by its place there."""
        return is_title(self.track_id, self.sound, self.start_s, self.end_s)


def is_title(track_id: str, sound: str | None, start_s: float, end_s: float | None) -> bool:
    """Whether an id is that of a part of a sound."""
    return sound is not None and track_id == title_id(sound, start_s, end_s)


@dataclass(frozen=True)
class Failure:
    """A file that could not be added."""

    path: str
    reason: str
    failed_at: float = 0.0
    """Seconds since 1970."""


@dataclass(frozen=True)
class NewTrack:
    """A track with what else the catalogue keeps of it."""

    track: Track
    windows: int
    loudness_lufs: float


@dataclass(frozen=True)
class Retired:
    """A track that left the library, and whose frames are kept for a while."""

    track_id: str
    sound: str | None
    title: str
    gone_at: float
    """Seconds since 1970."""
    begins_s: Mapping[str, float] = field(default_factory=dict)
    """Where it began in its files, by the hash of their sound; of those that were this track as a whole."""


@dataclass(frozen=True)
class Noted:
    """A file of which something has to be said."""

    path: str
    note: str
    """As "read to 0:05 of 0:10"."""


@dataclass(frozen=True)
class Unreachable:
    """A file that holds a track and cannot be reached just now."""

    path: str
    since: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Stamp:
    """What tells cheaply that a file has changed."""

    size: int
    mtime_ns: int
    ctime_ns: int | None

    @classmethod
    def of(cls, path: str) -> Stamp:
        """The stamp of a file. OSError, ValueError where it cannot be had."""
        status = Path(path).stat()
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def content_as(self, known: Stamp | KnownFile) -> bool:
        """Whether the file has the size and the time of change that it had."""
        return (self.size, self.mtime_ns) == (known.size, known.mtime_ns)

"""What is asked of a worker beside the analysis: looking at what a file holds, and vectors out of kept frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.album.parts import Part
    from index.audio.tags import Tags
    from index.core.moments import Grid
    from index.workers.analyse_file import Analysed, Refused


@dataclass(frozen=True)
class Looked:
    """What a file holds, without having been analysed."""

    sound: str
    """The hash of its sound."""
    content: str
    """The hash of its bytes, by which older versions knew a track; empty where nobody asked."""
    tags: Tags
    parts: tuple[Part, ...] = ()
    """The tracks that it holds, where those are several."""
    length_s: float = 0.0
    """What its header promises; 0 where that cannot be known."""


@dataclass(frozen=True)
class OutOfReach:
    """A file that cannot be read just now, whatever it holds."""

    reason: str


@dataclass(frozen=True)
class LookAt:
    """A file whose sound and tags are wanted."""

    path: Path
    content_too: bool = False

    def run(self, parts: Any, tell: Callable[[Any], None]) -> Looked | Refused | OutOfReach:
        """The hash of its sound and its tags; or why not."""
        import errno

        from index.album.parts import parts_of
        from index.audio.reading import content_hash, estimate_duration_s
        from index.audio.sound_hash import sound_hash
        from index.audio.tags import read_tags
        from index.core.errors import AudioReadError
        from index.workers.analyse_file import Refused

        try:
            sound = sound_hash(self.path)
            content = content_hash(self.path) if self.content_too else ""
            tags = read_tags(self.path)
            parts_there = parts_of(self.path, tags)
            return Looked(sound, content, tags, parts_there, estimate_duration_s(self.path))
        except AudioReadError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno not in (errno.ENOENT, errno.ENOTDIR, None):
                return OutOfReach(error.reason)
            return Refused(error.reason)


@dataclass(frozen=True)
class FromFrames:
    """A track whose frames are there; its vectors are wanted."""

    tags: Tags
    file: Path
    """Where its frames are."""
    track_id: str
    grid: Grid
    of_home = True
    """What it reads is a file of the home, which other machines do not see."""

    def run(self, parts: Any, tell: Callable[[Any], None]) -> Analysed | None:
        """What an analysis would have given, without reading sound; None where the frames cannot be read."""
        from index.core.errors import RepriseError
        from index.store.descriptors import described
        from index.store.frame_store import read_whole
        from index.workers.analyse_file import Analysed

        try:
            frames = read_whole(self.file, self.track_id)
            vectors = parts.vectors(frames, self.grid)
            measured = described(self.file, frames, self.grid)
            return Analysed(self.tags, frames, vectors, measured)
        except (RepriseError, OSError, ValueError):
            return None

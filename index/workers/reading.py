"""What else is read out of users' files: their sound for players, the pitch of a hum, words, moments joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.analysis.f0 import PitchTrack
    from index.audio.mixdown import Joined
    from index.audio.reading import Sound
    from index.core.moments import TrackMoment
    from index.core.transcript import Transcript

Tell = Callable[[Any], None]


@dataclass(frozen=True)
class ReadSound:
    """A span of a file; its sound is told piece by piece (`index.audio.reading.Sound`)."""

    path: Path
    start_s: float = 0.0
    end_s: float | None = None
    stereo: bool = False

    def run(self, ear: Any, tell: Tell) -> None:
        """Read it."""
        from index.audio.reading import sound_chunks

        for chunk in sound_chunks(self.path, self.start_s, self.end_s, stereo=self.stereo):
            tell(chunk)


@dataclass(frozen=True)
class FollowPitch:
    """A span of a clip whose pitch is wanted."""

    path: Path
    start_s: float
    end_s: float
    clip_s: float
    """How long the clip was when it was analysed."""

    def run(self, ear: Any, tell: Tell) -> PitchTrack | None:
        """Its pitch; None where the file is gone, or is not what was analysed."""
        from index.analysis.f0 import track_clip

        return track_clip(self.path, self.start_s, self.end_s, self.clip_s)


@dataclass(frozen=True)
class WriteDown:
    """A span of a file whose words are wanted."""

    path: Path
    start_s: float
    end_s: float | None
    network: str
    starts_s: float
    """What its start is called: a track may begin anywhere in its file."""

    def run(self, ear: Any, tell: Tell) -> Transcript:
        """Its words; WeightsError where the network's weights are missing or broken."""
        from index.audio.reading import read_sound

        sound = read_sound(self.path, self.start_s, self.end_s)
        tell(None)
        transcript: Transcript = ear.transcriber(self.network).write_down(sound, self.starts_s)
        return transcript


@dataclass(frozen=True)
class ReadMoment:
    """A moment whose sound is wanted as its file has it: in stereo, at the file's own rate."""

    item: TrackMoment

    def run(self, ear: Any, tell: Tell) -> Sound:
        """Read it."""
        from index.audio.mixdown import moment_sound

        return moment_sound(self.item, rate_hz=0)


@dataclass(frozen=True)
class Join:
    """Moments that are to become one sound file."""

    name: str
    items: Sequence[TrackMoment]
    path: Path

    def run(self, ear: Any, tell: Tell) -> Joined:
        """Write it; QueryError if none of them could be read."""
        from index.audio.mixdown import join, moment_sound

        def read(item: TrackMoment) -> Any:
            tell(None)
            return moment_sound(item)

        return join(self.name, self.items, self.path, read)

"""Everything native that a user's file can reach, behind one door: each kind of work has its guarded processes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from index.core.options import MUSICNN
from index.workers.ear import Ear
from index.workers.guard import Guard, Watching
from index.workers.listening import Heard, Listen
from index.workers.messages import Setup
from index.workers.reading import FollowPitch, ReadSound, WriteDown

if TYPE_CHECKING:
    from index.analysis.f0 import PitchTrack
    from index.audio.reading import Sound
    from index.core.moments import Passage
    from index.core.options import LibraryOptions
    from index.core.tracks import Clip
    from index.core.transcript import Transcript

LISTENERS, LISTENER_BYTES = 2, 1_300_000_000
READERS, READER_BYTES = 3, 700_000_000
"""How many processes work on users' files at one time, and what each may take."""
TORCH_BYTES = 1_800_000_000
"""What a listener may take besides, where torch runs the network of the index: CLAP's weights are 0.8 GB alone."""


class Ears:
    """The guarded processes of one library; each is started when it is first needed."""

    def __init__(self, options: LibraryOptions) -> None:
        self._options = options
        self.watching = Watching()

    @cached_property
    def listeners(self) -> Guard:
        """Who listens to clips: two at a time, others wait."""
        more = 0 if self._options.embedder == MUSICNN else TORCH_BYTES
        return self._guard(LISTENERS, LISTENER_BYTES + more, threads=2)

    @cached_property
    def readers(self) -> Guard:
        """Who reads sounds for players and mixes: no networks, so that none waits behind a long clip."""
        return self._guard(READERS, READER_BYTES)

    @cached_property
    def writers(self) -> Guard:
        """Who writes words down; how much memory that takes is the network's."""
        return self._guard(1, 0, threads=0)

    def _guard(self, most: int, memory_bytes: int, threads: int = 1) -> Guard:
        setup = Setup(partial(Ear, self._options.embedder), memory_bytes=memory_bytes)
        return Guard(setup, self._options.home / "logs" / "guarded.log", most, threads, self.watching)

    def close(self) -> None:
        """End all processes, whatever they are at."""
        for name in ("listeners", "readers", "writers"):
            if name in self.__dict__:
                self.__dict__[name].close()

    def listen_to(self, path: Path, start_s: float, end_s: float | None) -> Heard:
        """A sound file or a part of one, analysed; at most as much as is listened to at once."""
        most_s = self._options.clip_s
        longest_s = most_s if end_s is None else min(end_s - start_s, most_s)
        return cast(Heard, self.listeners.run(Listen(path, path.name, start_s, longest_s), path))

    def pitch(self, clip: Clip, path: Path, passage: Passage) -> PitchTrack | None:
        """The pitch of a passage of a clip; None where its file is gone, or is not what was analysed."""
        span = (passage.start_s, passage.end_s)
        follow = FollowPitch(path, *span, passage.frames.duration_s)
        return cast("PitchTrack | None", self.listeners.run(follow, clip.name))

    def words(self, path: Path, start_s: float, end_s: float | None, starts_s: float) -> Transcript:
        """The words in a span of a file whose start is called `starts_s`."""
        asked = WriteDown(path, start_s, end_s, self._options.whisper, starts_s)
        return cast("Transcript", self.writers.run(asked, path))

    def sound_blocks(
        self, path: Path, start_s: float, end_s: float | None, *, stereo: bool
    ) -> Iterator[Sound]:
        """A span of a file piece by piece."""
        asked = self.readers.ask(ReadSound(path, start_s, end_s, stereo), path)
        for told in asked:
            if told is None:
                self.watching.tell(None)
            else:
                yield told

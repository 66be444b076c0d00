"""What is heard: clips that users bring, passages of tracks and clips, and the sound itself."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np

from index.analysis.no_music import sounding
from index.audio.reading import Sound
from index.core.errors import TimeOutsideTrackError
from index.core.frames import Frames
from index.core.moments import Passage
from index.core.tracks import Clip, Track
from index.home import Home
from index.structure.thumbnails import characteristic_spans
from index.workers.guard import Watch
from index.workers.listening import Heard
from index.workers.parts import GRID_S, cut_out, left_over

LONG_S = 60.0
"""A clip longer than this is represented by its most characteristic passage."""


class Sounds(Home):
    """The sounds of one home folder. Files are read by processes of their own (index.workers)."""

    def clip(self, path: Path, name: str = "", *, recorded: bool = False) -> Clip:
        """A sound file that the user brought, analysed like a track and kept in the home folder.

        Raises
        ------
        AudioReadError, ClipTooShortError
        """
        return cast(Clip, self._ears.watching.through(self.hear(path, name, recorded=recorded)))

    def hear(self, path: Path, name: str = "", *, recorded: bool = False) -> Generator[Any, None, Clip]:
        """The same step by step: yields how far it is (`Listened`) and None; leaving it ends the work."""
        return (yield from self.clips.hear(path, name or path.name, recorded=recorded))

    def listen(self, clip: Clip, start_s: float, end_s: float | None = None) -> None:
        """Listen to a part of a long clip that was not listened to when it was brought; else nothing happens.

        Raises
        ------
        QueryError
            If the part is longer than what is listened to at once.
        AudioReadError, TimeOutsideTrackError
        """
        if clip.heard_s:
            end_s = end_s if end_s is not None else start_s + self.options.grid.window_s
            self._ears.watching.through(self.clips.listen(clip, start_s, end_s))

    def beyond(self, clip: Clip) -> list[tuple[float, float]]:
        """Stretches of ten minutes of a long clip that were not listened to; some of them, where there are many."""
        return left_over(self.clips.parts(clip), clip.duration_s) if clip.heard_s else []

    def listen_to(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Heard:
        """A sound file or a part of one, analysed and not kept; at most as much as is listened to at once.

        Raises
        ------
        AudioReadError, ClipTooShortError, TimeOutsideTrackError
        """
        return self._ears.listen_to(path, start_s, end_s)

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[None]:
        """Until this is left, `watch` is told how far work on users' files in this thread is, and may end it."""
        with self._ears.watching.by(watch):
            yield

    def warm(self) -> None:
        """Start what listens to clips, so that the first one is heard sooner."""
        self._ears.listeners.warm()

    def passage(
        self, source: Track | Clip, start_s: float | None = None, end_s: float | None = None
    ) -> Passage:
        """A span of a track or clip, with its frames.

        Without a start it is the whole, of a clip without long silence at its ends; of anything longer than a
        minute, its most characteristic passage. Without an end it is ten seconds. A start below 0 is counted from
        the end, up to the end. An end past the end of the sound is brought back to it.
        """
        frames = self._frames_of(source)
        whole_s = frames.duration_s
        if start_s is not None and start_s < 0:
            start_s, end_s = max(0.0, whole_s + start_s), whole_s
        if start_s is None:
            if whole_s <= LONG_S:
                span = sounding(frames) if isinstance(source, Clip) else (0.0, whole_s)
                return Passage(source, frames, *span)
            start_s, end_s = self.characteristic(source, 1)[0]
        elif start_s >= whole_s - 0.05:
            name = source.title if isinstance(source, Track) else source.name
            raise TimeOutsideTrackError(name, start_s, whole_s)
        end_s = min(end_s if end_s is not None else start_s + self.options.grid.window_s, whole_s)
        return Passage(source, frames, max(0.0, min(start_s, end_s - 1.0)), end_s)

    def characteristic(
        self, source: Track | Clip, n: int = 3, within: tuple[float, float] | None = None
    ) -> list[tuple[float, float]]:
        """Audio thumbnails: spans that represent a piece, or a part of it, best first, not overlapping."""
        frames = self._frames_of(source)
        if isinstance(source, Clip) and source.heard_s and within is None:
            within = (0.0, source.heard_s)
        if within is None:
            return characteristic_spans(frames, self.options.grid, n)
        first_s = round(within[0] / GRID_S) * GRID_S
        part = cut_out(frames, first_s, within[1])
        spans = characteristic_spans(part, self.options.grid, n)
        return [(first_s + start_s, first_s + end_s) for start_s, end_s in spans]

    def clip_file(self, clip: Clip) -> Path:
        """The sound file of a clip, as it was brought."""
        return self.clips.path(clip)

    def sound(self, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None) -> Sound:
        """The sound itself."""
        blocks = list(self.sound_blocks(source, start_s, end_s))
        return Sound(np.concatenate([block.samples for block in blocks]), blocks[0].rate_hz)

    def sound_blocks(
        self, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None, *, stereo: bool = False
    ) -> Iterator[Sound]:
        """The sound piece by piece, at one rate, for players: little memory, whatever its length.

        It is read by a process of its own. Leaving the iterator ends the reading.

        Raises
        ------
        AudioReadError, TimeOutsideTrackError, QueryError
            With the first piece; a file that is damaged further on ends there.
        """
        return self._ears.sound_blocks(*self._in_file(source, start_s, end_s), stereo=stereo)

    def _in_file(
        self, source: Track | Clip, start_s: float, end_s: float | None
    ) -> tuple[Path, float, float | None]:
        """The file of a sound, and a span in that file's time."""
        if isinstance(source, Clip):
            return self.clips.path(source), start_s, end_s
        there = self.catalogue.there(source)
        last_s = there.end_s if end_s is None else there.in_file(end_s)
        return Path(there.path), there.in_file(start_s), last_s

    def _frames_of(self, source: Track | Clip) -> Frames:
        return self.clips.frames(source) if isinstance(source, Clip) else self._track_frames(source)

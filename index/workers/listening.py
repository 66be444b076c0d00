"""The analysis of a clip: read in blocks, with noise reduction if it was recorded, and with progress reports.

A sound that fits into one block is analysed as it always was; a longer one is read twice, as a track is: first for
its loudness, then block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from index.core.tracks import ClipKind

if TYPE_CHECKING:
    from index.audio.denoise import NoiseMode
    from index.audio.downmix import Mix
    from index.audio.reading import Block, Sound
    from index.core.frames import Frames

SHORTEST_S = 1.0
_KIND_HZ = 11025
_SAME_S = 1.0

Tell = Callable[[Any], None]


@dataclass(frozen=True)
class Listened:
    """How far listening is, in seconds of sound."""

    done_s: float
    total_s: float


@dataclass(frozen=True)
class Heard:
    """The result of analysing a clip."""

    frames: Frames
    """Of what was listened to."""
    whole_s: float
    """How long the whole file is; where not all of it was read, as its header says."""
    noise: str
    """What the noise reduction decided, in words."""
    kind: ClipKind


class Listens(Protocol):
    """What analyses; `index.analysis.analyser.Analyser`."""

    def analyse(self, sound: Sound, name: str = "The clip") -> Frames:
        """Frames of a sound in memory."""
        ...

    def analyse_blocks(self, blocks: Iterator[Block], loudness_lufs: float, name: str) -> Frames:
        """Frames of a sound that comes in blocks."""
        ...


@dataclass(frozen=True)
class Listen:
    """A file, or a part of one, that is to be listened to."""

    path: Path
    name: str
    start_s: float = 0.0
    longest_s: float | None = None
    """At most so much of it; None for all."""
    recorded: bool = False
    noise: NoiseMode = "auto"
    kind: bool = True
    """Whether what it sounds like is wanted."""

    def run(self, ear: Any, tell: Tell) -> Heard:
        """Listen to it, in a guarded process."""
        return self.by(lambda: ear.analyser, tell)

    def by(self, analyser: Callable[[], Listens], tell: Tell) -> Heard:
        """Listen to it.

        Raises
        ------
        AudioReadError, ClipTooShortError, TimeOutsideTrackError
        """
        from index.audio.reading import estimate_duration_s, file_level
        from index.core.errors import ClipTooShortError

        blocks = self._blocks()
        first = next(blocks)
        second = next(blocks, None)
        if second is None:
            sound = first.sound
            if sound.duration_s < SHORTEST_S:
                raise ClipTooShortError(self.name, sound.duration_s)
            tell(Listened(0.0, sound.duration_s))
            sound, words = self._quiet(sound)
            frames = analyser().analyse(sound, self.name)
            return self._told(frames, words, sound)
        both_s = first.length_s + second.length_s
        promised_s = max(estimate_duration_s(self.path) - self.start_s, both_s)
        total_s = min(promised_s, self.longest_s) if self.longest_s else promised_s
        tell(Listened(0.0, total_s))
        if self.recorded:
            read_already = iter((first, second))
            del first, second
            loudness, mix = self._loudness(chain(read_already, blocks), tell), None
        else:
            del first, second  # what is held of the file is as much as a block takes
            blocks.close()
            level = file_level(self.path, *self._span)
            loudness, mix = level.loudness_lufs, level.mix
        coarse: list[Sound] = []
        words = ""

        def heard() -> Iterator[Block]:
            nonlocal words
            done_s = 0.0
            for block in self._blocks(mix):
                tell(Listened(done_s, max(total_s, done_s)))
                sound, said = self._quiet(block.sound)
                words = words or said
                if self.kind:
                    coarse.append(_coarse(sound.span(block.lead_s, block.lead_s + block.length_s)))
                yield block._replace(sound=sound)
                done_s += block.length_s

        frames = analyser().analyse_blocks(heard(), loudness, self.name)
        return self._told(frames, words, _joined(coarse))

    def _told(self, frames: Frames, words: str, sound: Sound) -> Heard:
        from index.analysis.clip_kind import clip_kind

        kind = clip_kind(sound, frames) if self.kind else "music"
        return Heard(frames, self._whole_s(frames.duration_s), words, kind)

    @property
    def _span(self) -> tuple[float, float | None]:
        return self.start_s, self.start_s + self.longest_s if self.longest_s else None

    def _blocks(self, mix: Mix | None = None) -> Generator[Block, None, None]:
        from index.analysis.analyser import BLOCK_S, MARGIN_S
        from index.audio.reading import file_blocks

        start_s, end_s = self._span
        return file_blocks(self.path, BLOCK_S, MARGIN_S, start_s=start_s, end_s=end_s, mix=mix)

    def _quiet(self, sound: Sound) -> tuple[Sound, str]:
        from index.audio.denoise import reduce_noise

        return reduce_noise(sound, self.noise) if self.recorded else (sound, "")

    def _loudness(self, blocks: Iterator[Block], tell: Tell) -> float:
        from index.audio.loudness import LoudnessMeter

        meter: LoudnessMeter | None = None
        for block in blocks:
            meter = meter or LoudnessMeter(block.sound.rate_hz)
            sound = self._quiet(block.sound)[0]
            meter.add(sound.span(block.lead_s, block.lead_s + block.length_s).samples)
            tell(None)
        assert meter is not None
        return meter.lufs()

    def _whole_s(self, heard_s: float) -> float:
        """How long the whole file is."""
        from index.audio.reading import estimate_duration_s, sound_chunks
        from index.core.errors import TimeOutsideTrackError

        end_s = self.start_s + heard_s
        if not self.longest_s or heard_s < self.longest_s - _SAME_S:
            return end_s
        promised_s = estimate_duration_s(self.path)
        if promised_s > end_s + _SAME_S:
            return promised_s
        try:
            return end_s + sum(chunk.duration_s for chunk in sound_chunks(self.path, end_s))
        except TimeOutsideTrackError:
            return end_s


def _coarse(sound: Sound) -> Sound:
    from index.audio.reading import resample

    return resample(sound, _KIND_HZ)


def _joined(parts: list[Sound]) -> Sound:
    import numpy as np

    from index.audio.reading import Sound

    return Sound(np.concatenate([np.zeros(0, np.float32), *(part.samples for part in parts)]), _KIND_HZ)

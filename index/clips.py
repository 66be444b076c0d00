"""Clips: what users bring into the conversation, kept under the hash of their content with their frames."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from index.audio import content_hash, read_sound
from index.clip_kinds import clip_kind
from index.embedding import MUSICNN
from index.errors import ClipTooShortError
from index.frames import Frames, FrameStore
from index.moments import Clip
from index.noise import NoiseMode, reduce_noise
from index.system.files import replacing, write_durably

if TYPE_CHECKING:
    from index.analysis import Analyser

SHORTEST_S = 1.0


class ClipStore:
    """The clips of one home folder. Bringing the same sound again costs nothing."""

    def __init__(self, folder: Path, noise: NoiseMode, embedder: str = MUSICNN) -> None:
        self._folder = folder
        self._noise = noise
        self._embedder = embedder
        self._frames = FrameStore(folder / "frames")

    @cached_property
    def _analyser(self) -> Analyser:
        from index.analysis import Analyser

        return Analyser(threads=2, embedder=self._embedder)

    def take(self, path: Path, name: str, *, recorded: bool) -> Clip:
        """The clip of a sound file: copied, read, its noise reduced where it is a recording, analysed.

        Raises
        ------
        AudioReadError, ClipTooShortError
        """
        clip_id = content_hash(path) + (f"-{self._noise}" if recorded else "")
        record = self._folder / f"{clip_id}.json"
        if record.exists() and self._frames.has(clip_id):
            known = Clip(**json.loads(record.read_text("utf-8")))
            if known.kind:
                return replace(known, name=name)
        clip, frames = self._heard(path, name, recorded=recorded)
        kept = self._folder / f"{clip_id}{path.suffix.lower()[:8]}"
        if not kept.exists():
            with replacing(kept) as partial:
                shutil.copyfile(path, partial)
        self._frames.write(clip_id, frames)
        clip = replace(clip, id=clip_id, path=str(kept))
        write_durably(record, json.dumps(asdict(clip)).encode())
        return clip

    def _heard(self, path: Path, name: str, *, recorded: bool) -> tuple[Clip, Frames]:
        """A sound file read, its noise reduced where it is a recording, and analysed."""
        sound = read_sound(path)
        if sound.duration_s < SHORTEST_S:
            raise ClipTooShortError(name, sound.duration_s)
        words = ""
        if recorded:
            sound, words = reduce_noise(sound, self._noise)
        frames = self._analyser.analyse(sound, name)
        kind = clip_kind(sound, frames)
        return Clip("", str(path), name, sound.duration_s, recorded, words, kind), frames

    def frames(self, clip: Clip) -> Frames:
        """The frames of a clip; measured anew where it was brought while another index was in use."""
        if not self._frames.has(clip.id):
            self._frames.write(clip.id, self._heard(Path(clip.path), clip.name, recorded=clip.recorded)[1])
        return self._frames.read(clip.id)

    def path(self, clip: Clip) -> Path:
        """Where its sound is kept."""
        return Path(clip.path)

"""Clips: what users bring into the conversation, kept under the hash of their content with their frames.

They are read and analysed by the guard, in processes of their own. Of a clip that is longer than the limit only the
beginning is listened to when it is brought; other parts when they are asked for.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.audio.denoise import NoiseMode
from index.audio.reading import content_hash
from index.core.errors import QueryError, TimeOutsideTrackError, clock
from index.core.frames import Frames
from index.core.keeping import keeping
from index.core.options import MUSICNN
from index.core.tracks import Clip
from index.store.frame_store import FrameStore
from index.store.home_files import HomeFiles
from index.workers.listening import SHORTEST_S, Heard, Listen
from index.workers.parts import Span, covers, on_grid, placed

if TYPE_CHECKING:
    from index.analysis.analyser import Analyser
    from index.workers.guard import Guard

__all__ = ["SHORTEST_S", "ClipStore"]


class ClipStore:
    """The clips of one home folder. Bringing the same sound again costs nothing.

    Without a guard everything is done in this process: for tests and tools of our own.
    """

    def __init__(
        self,
        folder: Path,
        noise: NoiseMode,
        embedder: str = MUSICNN,
        *,
        guard: Guard | None = None,
        longest_s: float | None = None,
        files: HomeFiles | None = None,
    ) -> None:
        self._folder = folder
        self._files = files or HomeFiles()
        self._noise = noise
        self._embedder = embedder
        self._guard = guard
        self._longest_s = longest_s
        self._frames = FrameStore(folder / "frames", files=self._files)
        self._writing = threading.Lock()

    @cached_property
    def _analyser(self) -> Analyser:
        from index.analysis.analyser import Analyser

        return Analyser(threads=2, embedder=self._embedder)

    def take(self, path: Path, name: str, *, recorded: bool) -> Clip:
        """The clip of a sound file: copied, read, its noise reduced where it is a recording, analysed.

        Raises
        ------
        AudioReadError, ClipTooShortError
        """
        return _finished(self.hear(path, name, recorded=recorded))

    def hear(self, path: Path, name: str, *, recorded: bool) -> Generator[Any, None, Clip]:
        """The same, step by step: yields how far it is (`Listened`), or None; leaving it ends the work."""
        clip_id = content_hash(path) + (f"-{self._noise}" if recorded else "")
        record = self._folder / f"{clip_id}.json"
        if self._files.has(record) and self._frames.has(clip_id):
            known = Clip(**json.loads(self._files.at_hand(record).read_text("utf-8")))
            if known.kind:
                return replace(known, name=name)
        heard = yield from self._heard(path, name, recorded=recorded)
        kept = self._folder / f"{clip_id}{path.suffix.lower()[:8]}"
        with keeping(f"“{name}”"):
            if not self._files.has(kept):
                self._files.take(kept, path)
        heard_s = heard.frames.duration_s
        partly = heard_s < heard.whole_s
        with keeping(f"what was heard of “{name}”"):
            self._frames.write(clip_id, placed(heard.frames, 0.0, heard.whole_s) if partly else heard.frames)
        clip = Clip(
            clip_id,
            str(kept),
            name,
            heard.whole_s,
            recorded,
            heard.noise,
            heard.kind,
            heard_s=heard_s if partly else 0.0,
        )
        with keeping(f"what was heard of “{name}”"):
            self._files.write(record, json.dumps(asdict(clip)).encode())
        return clip

    def parts(self, clip: Clip) -> list[Span]:
        """What of a clip was listened to, as spans in seconds."""
        try:
            more = json.loads(self._files.at_hand(self._parts_file(clip)).read_text("utf-8"))
        except FileNotFoundError:
            more = []
        return [(0.0, clip.heard_s or clip.duration_s), *((float(a), float(b)) for a, b in more)]

    def listen(self, clip: Clip, start_s: float, end_s: float) -> Generator[Any, None, None]:
        """Listen to a part of a clip that was not listened to when it was brought, step by step.

        Raises
        ------
        QueryError
            If it is longer than the limit.
        AudioReadError, TimeOutsideTrackError
        """
        if start_s >= clip.duration_s:
            raise TimeOutsideTrackError(clip.name, start_s, clip.duration_s)
        end_s = min(end_s, clip.duration_s)
        if covers(self.parts(clip), start_s, end_s):
            return
        first_s, last_s = on_grid(start_s, end_s, clip.duration_s)
        if self._longest_s and last_s - first_s > self._longest_s + 6:
            raise QueryError(
                f"That is more than can be listened to at once: name at most {self._longest_s / 60:.0f} minutes, "
                f"as clip @ {clock(round(start_s))}-{clock(round(start_s + min(600.0, self._longest_s)))}."
            )
        heard = yield from self._heard(
            self.path(clip), clip.name, recorded=clip.recorded, start_s=first_s, longest_s=last_s - first_s
        )
        before = self.frames(clip)
        with self._writing, keeping(f"what was heard of “{clip.name}”"):
            self._frames.write(clip.id, placed(heard.frames, first_s, clip.duration_s, before))
            parts = [*self.parts(clip)[1:], (first_s, last_s)]
            self._files.write(self._parts_file(clip), json.dumps(parts).encode())

    def frames(self, clip: Clip) -> Frames:
        """The frames of a clip; measured anew where it was brought while another index was in use."""
        if not self._frames.has(clip.id):
            heard = _finished(self._heard(self.path(clip), clip.name, recorded=clip.recorded))
            partly = heard.frames.duration_s < clip.duration_s and clip.heard_s
            self._files.delete(self._parts_file(clip))
            frames = placed(heard.frames, 0.0, clip.duration_s) if partly else heard.frames
            with keeping(f"what was heard of “{clip.name}”"):
                self._frames.write(clip.id, frames)
        return self._frames.read(clip.id)

    def path(self, clip: Clip) -> Path:
        """Where its sound can be read just now; where it was kept first, if that is in another home."""
        try:
            return self._files.at_hand(self._folder / Path(clip.path).name)
        except FileNotFoundError:
            return Path(clip.path)

    def _heard(
        self, path: Path, name: str, *, recorded: bool, start_s: float = 0.0, longest_s: float | None = None
    ) -> Generator[Any, None, Heard]:
        """A sound file, or a part of one, read, its noise reduced where it is a recording, and analysed."""
        listen = Listen(path, name, start_s, longest_s or self._longest_s, recorded, self._noise)
        if self._guard is None:
            return listen.by(lambda: self._analyser, lambda _: None)
        heard: Heard = yield from self._guard.ask(listen, name)
        return heard

    def _parts_file(self, clip: Clip) -> Path:
        return self._folder / f"{clip.id}.parts.json"


def _finished(steps: Generator[Any, None, Any]) -> Any:
    """What comes out of steps at their end."""
    try:
        while True:
            next(steps)
    except StopIteration as over:
        return over.value

"""Clips: what users bring into the conversation, kept under the hash of their content with their frames.

They are read and analysed by the guard, in processes of their own. Of a clip that is longer than the limit only the
beginning is listened to when it is brought; other parts when they are asked for. What is damaged of one is listened to
again, from the sound that is kept; where that is damaged, the clip has to be brought again, and is said to.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Hashable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.audio.denoise import NoiseMode
from index.audio.reading import content_hash
from index.core.errors import (
    AudioReadError,
    DamagedFramesError,
    QueryError,
    RecordError,
    TimeOutsideTrackError,
    clock,
)
from index.core.frames import Frames
from index.core.keeping import keeping
from index.core.options import MUSICNN
from index.core.tracks import Clip
from index.ingest.clip_records import (
    parts_of,
    parts_path,
    record_of,
    record_path,
    written_parts,
    written_record,
)
from index.store.frame_store import FrameStore
from index.store.home_files import HomeFiles
from index.store.origins import not_of_this_version
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
        self._whole: dict[str, Hashable] = {}
        self._older: set[str] = set()
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
        return finished(self.hear(path, name, recorded=recorded))

    def hear(self, path: Path, name: str, *, recorded: bool) -> Generator[Any, None, Clip]:
        """The same, step by step: yields how far it is (`Listened`), or None; leaving it ends the work."""
        content = content_hash(path)
        clip_id = content + (f"-{self._noise}" if recorded else "")
        known = self._known(clip_id)
        if known is not None:
            self._keep_sound(self._folder / Path(known.path).name, path, content, name)
            return replace(known, name=name)
        heard = yield from self._heard(path, name, recorded=recorded)
        kept = self._folder / f"{clip_id}{path.suffix.lower()[:8]}"
        self._keep_sound(kept, path, content, name)
        heard_s = heard.frames.duration_s
        partly = heard_s < heard.whole_s
        with keeping(f"what was heard of “{name}”"):
            self._files.delete(parts_path(self._folder, clip_id))
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
            self._files.write(record_path(self._folder, clip_id), written_record(clip))
        return clip

    def _known(self, clip_id: str) -> Clip | None:
        """A clip that was brought before; None where what was noted or measured of it is to be made anew."""
        try:
            known = record_of(self._files, record_path(self._folder, clip_id))
        except (FileNotFoundError, RecordError):
            return None
        return known if known.kind and self._is_whole(clip_id) and clip_id not in self._older else None

    def _keep_sound(self, kept: Path, path: Path, content: str, name: str) -> None:
        """Keep a copy of a sound, where none is kept that is whole."""
        with keeping(f"“{name}”"):
            if not self._is_kept(kept, path.stat().st_size, content):
                self._files.take(kept, path)

    def _is_kept(self, kept: Path, size: int, content: str) -> bool:
        try:
            opened = self._files.opened(kept)
            opened.close()
            return opened.size == size and (self._files.shared or content_hash(kept) == content)
        except FileNotFoundError:
            return False

    def _is_whole(self, clip_id: str) -> bool:
        """Whether the frames of a clip are there as they were written; looked at once, until they are others."""
        try:
            identity = self._files.identity(self._frames.path(clip_id))
            if self._whole.get(clip_id) != identity:
                kept = self._frames.verify(clip_id)
                older = not_of_this_version(kept.origins, kept.arrays.keys())
                (self._older.add if older else self._older.discard)(clip_id)
                self._whole[clip_id] = identity
        except (OSError, DamagedFramesError):
            self._whole.pop(clip_id, None)
            return False
        return True

    def _is_heard(self, clip: Clip) -> bool:
        """Whether its frames are whole, and of this version or of a sound that cannot be listened to again."""
        return self._is_whole(clip.id) and (clip.id not in self._older or not self._is_at_hand(clip))

    def parts(self, clip: Clip) -> list[Span]:
        """What of a clip was listened to, as spans in seconds."""
        try:
            more = parts_of(self._files, parts_path(self._folder, clip.id), clip.duration_s)
        except (FileNotFoundError, RecordError):
            more = []  # where it is damaged, what is asked for is listened to again
        return [(0.0, clip.heard_s or clip.duration_s), *more]

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
        if covers(self.parts(clip), start_s, end_s) and self._is_heard(clip):
            return
        first_s, last_s = on_grid(start_s, end_s, clip.duration_s)
        if self._longest_s and last_s - first_s > self._longest_s + 6:
            raise QueryError(
                f"That is more than can be listened to at once: name at most {self._longest_s / 60:.0f} minutes, "
                f"as clip @ {clock(round(start_s))}-{clock(round(start_s + min(600.0, self._longest_s)))}."
            )
        heard = yield from self._heard_again(clip, first_s, last_s - first_s)
        before = self.frames(clip)
        with self._writing, keeping(f"what was heard of “{clip.name}”"):
            self._frames.write(clip.id, placed(heard.frames, first_s, clip.duration_s, before))
            parts = [*self.parts(clip)[1:], (first_s, last_s)]
            self._files.write(parts_path(self._folder, clip.id), written_parts(parts))

    def frames(self, clip: Clip) -> Frames:
        """The frames of a clip; measured anew where damaged, or where another index or version measured them.

        Raises
        ------
        AudioReadError
            If its sound has to be read again, and is not there or damaged.
        """
        if not self._is_heard(clip):
            heard = finished(self._heard_again(clip))
            partly = heard.frames.duration_s < clip.duration_s and clip.heard_s
            self._files.delete(parts_path(self._folder, clip.id))
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

    def _heard_again(
        self, clip: Clip, start_s: float = 0.0, longest_s: float | None = None
    ) -> Generator[Any, None, Heard]:
        """What is kept of a clip, or a part of it, heard as when it was brought.

        Raises
        ------
        AudioReadError
            Also where it is not the sound that was brought.
        """
        if not self._is_at_hand(clip):
            raise AudioReadError(clip.name, "what was kept of it is gone or damaged; bring it again")
        path = self.path(clip)
        return (
            yield from self._heard(
                path, clip.name, recorded=clip.recorded, start_s=start_s, longest_s=longest_s
            )
        )

    def _is_at_hand(self, clip: Clip) -> bool:
        """Whether its sound is there as it was brought."""
        try:
            return content_hash(self.path(clip)) == clip.id.partition("-")[0]
        except (OSError, AudioReadError):
            return False


def finished(steps: Generator[Any, None, Any]) -> Any:
    """What comes out of steps at their end."""
    try:
        while True:
            next(steps)
    except StopIteration as over:
        return over.value

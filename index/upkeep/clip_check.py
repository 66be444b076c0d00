"""Verifies what is kept of the clips that users brought: records, parts, sound and frames.

What is damaged of one is taken away by a repair; it is listened to again when it is asked for.
"""

from __future__ import annotations

import threading
from pathlib import Path

from index.audio.reading import content_hash
from index.core.errors import DamagedFramesError, RecordError
from index.core.keeping import keeping
from index.core.tracks import Clip
from index.ingest.clip_records import PARTS_ENDING, parts_of, parts_path, record_of
from index.ingest.mending import Told
from index.store.frame_store import FrameStore
from index.store.home_files import HomeFiles
from index.upkeep.check import Checked

_DAMAGED = ".damaged"


def check_clips(
    folder: Path, files: HomeFiles, told: Told, stop: threading.Event, *, repair: bool
) -> Checked:
    """Look at each clip of a folder, until it is to stop.

    Raises
    ------
    LibraryError
        If what is damaged cannot be taken away.
    """
    checked = Checked()
    check = _ClipCheck(folder, files, checked, repair=repair)
    records = [path for path in files.in_folder(folder, ".json") if not path.name.endswith(PARTS_ENDING)]
    for done, record in enumerate(records):
        if stop.is_set():
            checked.interrupted = True
            break
        told(done, len(records), "clips")
        check.clip(record)
    return checked


class _ClipCheck:
    """One check of a folder of clips."""

    def __init__(self, folder: Path, files: HomeFiles, checked: Checked, *, repair: bool) -> None:
        self._folder = folder
        self._files = files
        self._frames = FrameStore(folder / "frames", files=files)
        self._checked = checked
        self._repair = repair

    def clip(self, record: Path) -> None:
        """Look at one clip."""
        try:
            clip = record_of(self._files, record)
        except FileNotFoundError:
            return  # taken away this very moment
        except RecordError:
            self._found(f"What is noted of a clip is damaged ({record.name}).", record)
            return
        self._parts(clip)
        self._sound(clip)
        self._measured(clip)

    def _parts(self, clip: Clip) -> None:
        parts = parts_path(self._folder, clip.id)
        try:
            parts_of(self._files, parts, clip.duration_s)
        except FileNotFoundError:
            return
        except RecordError:
            self._found(f"Which parts of “{clip.name}” were listened to is damaged ({parts.name}).", parts)

    def _sound(self, clip: Clip) -> None:
        sound = self._folder / Path(clip.path).name
        if self._is_as_brought(sound, clip):
            return
        if self._repair:
            with keeping(f"what is damaged of “{clip.name}”"):
                self._files.take(sound.with_name(f"{sound.name}{_DAMAGED}"), self._files.at_hand(sound))
                self._files.delete(sound)
        self._checked.found(
            f"The sound of the clip “{clip.name}” is damaged: bring it again.", repaired=self._repair
        )

    def _is_as_brought(self, sound: Path, clip: Clip) -> bool:
        """Whether a sound is the one that was brought; one that is not there is not damaged."""
        content = clip.id.partition("-")[0]
        try:
            if content_hash(self._files.at_hand(sound)) == content:
                return True
            return self._files.renewed(sound) and content_hash(self._files.at_hand(sound)) == content
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def _measured(self, clip: Clip) -> None:
        try:
            self._frames.verify(clip.id)
        except FileNotFoundError:
            return  # it is listened to when it is needed
        except DamagedFramesError as error:
            if self._repair:
                self._files.delete(parts_path(self._folder, clip.id))
                self._frames.delete(clip.id)
            self._checked.found(
                f"What was heard of “{clip.name}” is damaged: {error.reason}.", repaired=self._repair
            )

    def _found(self, sentence: str, file: Path) -> None:
        """Name a file that is damaged, and take it away where that is a repair."""
        if self._repair:
            with keeping(f"what is noted of clips without {file.name}"):
                self._files.delete(file)
        self._checked.found(sentence, repaired=self._repair)

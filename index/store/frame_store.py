"""Frames: everything one pass over a sound gives, on fixed time grids, and their place on disk.

A file of frames is in the safetensors format, one a track, about 1.7 kB a second of sound. Of it only the arrays are
read that a search compares (`index.store.array_files`). What a frame means is said here; how it is measured, in
`index.analysis.analyser`.
"""

from __future__ import annotations

import random
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from index.core.errors import DamagedFramesError
from index.core.frames import NOT_ALWAYS_HZ, RATES_HZ, Frames, rows
from index.store.array_files import WHOLE_BYTES, ArrayFile, KeptArrays, RowsOnDisk
from index.store.damages import Damages
from index.store.home_files import HomeFiles
from index.store.origins import frame_origins
from index.store.rows_ahead import ReadAhead
from index.store.sealed import Verified, noted_origins, sealed, verified

ENDING = ".safetensors"
_TRACKS_KNOWN = 16384
"""Of so many tracks it is remembered where their arrays lie."""
_SEARCHED_BYTES_A_SECOND = 1500
"""Of notes, embeddings, onsets, fingerprints, level and chroma."""
OPENED = 2000
"""Of so many sounds the frames are opened to see whether they are damaged."""
_Read = TypeVar("_Read")


class StoredFrames(Frames):
    """Frames in a file. An array is read when it is first used, and again where there was no room to keep it."""

    @classmethod
    def opened(cls, file: ArrayFile, kept: KeptArrays, ahead: ReadAhead | None = None) -> StoredFrames:
        """The frames of a file whose header was read. DamagedFramesError where it lacks something."""
        missing = RATES_HZ.keys() - file.entries.keys()
        if missing:
            raise DamagedFramesError(file.path, f"it lacks {', '.join(sorted(missing))}")
        try:
            scalars = {name: float(file.scalars[name]) for name in ("duration_s", "loudness_lufs")}
        except (KeyError, ValueError) as error:
            raise DamagedFramesError(file.path, "it lacks its duration or its loudness") from error
        frames = cls.__new__(cls)
        vars(frames).update(scalars, _file=file, _kept=kept, _ahead=ahead)
        return frames

    @property
    def outdated(self) -> bool:
        """Whether another file lies in their place by now."""
        return bool(vars(self)["_file"].is_another())

    def __getattr__(self, name: str) -> Any:
        file: ArrayFile | None = vars(self).get("_file")
        if file is None or name not in RATES_HZ.keys() | NOT_ALWAYS_HZ.keys():
            raise AttributeError(name)
        if name not in file.entries:
            return None
        array = file.array(name)
        if isinstance(array, np.ndarray):
            vars(self)["_kept"].keep(vars(self), name, array)
        return array

    def ahead(self, names: Collection[str], stretches_s: Sequence[tuple[float, float]]) -> None:
        """Read these stretches of the arrays that are not read whole; the file is opened once. DamagedFramesError."""
        ahead: ReadAhead | None = vars(self)["_ahead"]
        if ahead is not None:
            ahead.read(vars(self)["_file"], vars(self), names, stretches_s)

    def hold(self, names: Collection[str]) -> None:
        """Read small arrays whole, and keep them as long as these frames."""
        file: ArrayFile = vars(self)["_file"]
        for name in names:
            if name in file.entries and file.entries[name].nbytes <= WHOLE_BYTES:
                with suppress(DamagedFramesError):  # told when it is used
                    vars(self)[name] = file.read(name)

    def __reduce__(self) -> tuple[type[Frames], tuple[Any, ...]]:
        """As plain frames, for another process."""
        arrays = [getattr(self, each.name) for each in fields(Frames)]
        return Frames, tuple(np.asarray(each) if isinstance(each, RowsOnDisk) else each for each in arrays)


class FrameStore:
    """The frames of the library's tracks (and of the user's clips), by id."""

    def __init__(self, folder: Path, most_bytes: int = 0, files: HomeFiles | None = None) -> None:
        self.folder = folder
        self.files = files or HomeFiles()
        self._known: OrderedDict[str, StoredFrames] = OrderedDict()
        self._arrays = KeptArrays(most_bytes)
        self._ahead = ReadAhead()
        self._lock = threading.Lock()
        self.damages = Damages(folder.parent)

    def path(self, sound_id: str) -> Path:
        """Where the frames of a sound are kept."""
        return Path(f"{self.folder}/{sound_id[:2]}/{sound_id}{ENDING}")  # three times as fast as by slashes

    def write(self, sound_id: str, frames: Frames, origins: Mapping[str, str] | None = None) -> None:
        """Keep frames; the file appears whole or not at all.

        `origins` says what made each array, where that is not what measures one now (`index.store.origins`).
        """
        arrays = {name: np.ascontiguousarray(getattr(frames, name)) for name in RATES_HZ}
        more = {name: getattr(frames, name) for name in NOT_ALWAYS_HZ}
        arrays |= {name: np.ascontiguousarray(array) for name, array in more.items() if array is not None}
        scalars = {"duration_s": repr(frames.duration_s), "loudness_lufs": repr(frames.loudness_lufs)}
        content = sealed(sound_id, arrays, scalars, frame_origins() if origins is None else origins)
        self.files.write(self.path(sound_id), content)
        self._forget(sound_id)
        self.damages.forget(sound_id)

    def read(self, sound_id: str) -> Frames:
        """The frames of a sound; each array is read when it is first used, and no file stays open.

        Raises
        ------
        FileNotFoundError
            If there are none.
        DamagedFramesError
            If their file is not what it should be; so does an array that cannot be read when it is used.
        """
        with self._lock:
            frames = self._known.get(sound_id)
            if frames is not None:
                self._known.move_to_end(sound_id)
        if frames is None or frames.outdated:
            try:
                frames = self._or_renewed(
                    sound_id,
                    lambda: StoredFrames.opened(
                        ArrayFile(self.path(sound_id), self.files), self._arrays, self._ahead
                    ),
                )
            except DamagedFramesError as error:
                self.damages.note(sound_id, error.reason)
                raise
            with self._lock:
                self._known[sound_id] = frames
                if len(self._known) > _TRACKS_KNOWN:
                    self._known.popitem(last=False)
        return frames

    def fit(self, searched_s: float) -> bool:
        """Whether what is searched of so many seconds of sound may be kept; else `Frames.ahead` is the way."""
        return searched_s * _SEARCHED_BYTES_A_SECOND <= self._arrays.most_bytes

    def origins(self, sound_id: str) -> tuple[dict[str, str], set[str], bool]:
        """What made each array, which arrays there are, and whether there is a seal; only the header is read.

        Raises
        ------
        FileNotFoundError, DamagedFramesError
        """
        file = ArrayFile(self.path(sound_id), self.files)
        known = RATES_HZ.keys() | NOT_ALWAYS_HZ.keys()
        origins, is_sealed = noted_origins(file.path, file.scalars)
        return origins, set(file.entries) & known, is_sealed

    def verify(self, sound_id: str) -> Verified:
        """All that is kept of a sound, read whole and compared with its seal.

        Raises
        ------
        FileNotFoundError, DamagedFramesError
        """
        try:
            return self._or_renewed(sound_id, lambda: _whole(self.at_hand(sound_id), sound_id))
        except DamagedFramesError as error:
            self.damages.note(sound_id, error.reason)
            raise

    def _or_renewed(self, sound_id: str, read: Callable[[], _Read]) -> _Read:
        """What is read; once more, where what was damaged is a copy of a file that is elsewhere."""
        try:
            return read()
        except DamagedFramesError:
            if not self.files.renewed(self.path(sound_id)):
                raise
            return read()

    def _forget(self, sound_id: str) -> None:
        with self._lock:
            self._known.pop(sound_id, None)

    def has(self, sound_id: str) -> bool:
        """Whether frames are kept for this sound."""
        return self.files.has(self.path(sound_id))

    def having(self, sound_ids: Collection[str]) -> set[str]:
        """Those of the sounds of which frames are kept."""
        return self.files.having(self.folder, ENDING, sound_ids)

    def lost(self, sound_ids: Collection[str]) -> dict[str, str]:
        """Those of the sounds whose frames are missing or damaged, as far as that is soon seen, and how.

        Of very many some are opened that are drawn at random.
        """
        lost = dict.fromkeys(set(sound_ids) - self.having(sound_ids), "its frames are missing")
        looked_at = [] if self.files.shared else sorted(set(sound_ids) - lost.keys())
        for sound_id in random.sample(looked_at, OPENED) if len(looked_at) > OPENED else looked_at:
            try:
                self.read(sound_id)
            except FileNotFoundError:
                lost[sound_id] = "its frames are missing"
            except DamagedFramesError as error:
                lost[sound_id] = error.reason
        return lost

    def at_hand(self, sound_id: str) -> Path:
        """Where another process can read the frames of a sound just now. FileNotFoundError."""
        return self.files.at_hand(self.path(sound_id))

    def fetch(self, sound_ids: Iterable[str]) -> None:
        """Have frames near that will be read soon, where they are kept elsewhere."""
        self.files.fetch(self.path(each) for each in sound_ids)

    def delete(self, sound_id: str) -> None:
        """Forget a sound; nothing happens if it is not there."""
        self._forget(sound_id)
        self.files.delete(self.path(sound_id))
        self.damages.forget(sound_id)

    def ids(self) -> list[str]:
        """Ids of all sounds kept, sorted."""
        return sorted(self.files.stems(self.folder, ENDING))

    def strays(self, known: Collection[str]) -> set[str]:
        """Ids of sounds that are kept here beside those known; what others may keep in the same place is not."""
        return set() if self.files.shared else set(self.ids()) - set(known)


def read_whole(path: Path, sound_id: str) -> Frames:
    """The frames in a file that is as it was written. DamagedFramesError, OSError."""
    _whole(path, sound_id)
    kept = StoredFrames.opened(ArrayFile(path), KeptArrays())
    return Frames(**{each.name: getattr(kept, each.name) for each in fields(Frames)})


def _whole(path: Path, sound_id: str) -> Verified:
    """A file of frames that is as it was written, with arrays as long as its sound."""
    found = verified(path, sound_id)
    rates = {name: rate for name, rate in (RATES_HZ | NOT_ALWAYS_HZ).items() if name in found.arrays}
    try:
        duration_s = float(found.scalars["duration_s"])
        fits = all(len(found.arrays[name]) == rows(duration_s, rate) for name, rate in rates.items())
    except (KeyError, ValueError, OverflowError) as error:
        raise DamagedFramesError(path, "it lacks its duration") from error
    if not fits or RATES_HZ.keys() - rates.keys():
        raise DamagedFramesError(path, "its arrays are not as long as its sound")
    return found

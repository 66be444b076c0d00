"""Which recording of the library a new sound is, if any: those that have some rows of bits in common are compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index.core.errors import DamagedFramesError
from index.descriptors.fingerprint_keys import keys_of
from index.ingest.key_index import KeyIndex
from index.ingest.same_recording import LONGEST_APART_S, Outline, compared, outline, promising
from index.store.fingerprint_store import FingerprintStore, keys_of_track
from index.store.frame_store import Frames, FrameStore

SHORT_S = 20.0
"""Of a sound that is no longer there are too few rows for some to be left as they were: it is compared with each."""
_SHARED = 2
_COMPARED = 64
"""Of so many, those with most keys in common, the bits are compared."""


@dataclass(frozen=True)
class OtherFile:
    """A sound that is a recording of the library: in which place of the sound that begins."""

    track_id: str
    offset_s: float
    """Seconds from the sound's start to the track's; below 0 where the sound begins later."""


class Recordings:
    """The recordings of a library while something is being added to it; nothing is read before one is looked for."""

    def __init__(
        self,
        frames: FrameStore,
        lengths_s: Callable[[], Mapping[str, float]],
        apart: Callable[[], Collection[frozenset[str]]] = frozenset,
    ) -> None:
        """`lengths_s`: of each track that is in the library now; `apart`: sounds that the user said are two."""
        self._frames = frames
        self._kept_lengths_s = lengths_s
        self._kept_apart = apart

    def came(self, track_id: str, frames: Frames) -> None:
        """A track is in the library now."""
        if self._is_read:
            self._known.add(track_id, frames)

    def gone(self, track_ids: Iterable[str]) -> None:
        """Tracks have left."""
        if self._is_read:
            self._known.take_out(track_ids)

    def find(self, frames: Frames, sound: str = "") -> OtherFile | None:
        """The recording that a new sound (its hash, too) is, with the most agreement; None where it is another one."""
        new = outline(frames)
        if new is None:
            return None
        known: dict[str, Outline] = {}
        for track_id in self._known.perhaps(new, frames.duration_s):
            if {sound, track_id} in self._apart:
                continue
            if each := self._outline(track_id):
                known[track_id] = each
        ids = list(known)
        found = [
            (likeness, ids[number])
            for number in promising(new, list(known.values()))
            if (likeness := compared(new, known[ids[number]])).is_same
        ]
        if not found:
            return None
        likeness, track_id = max(found, key=lambda each: each[0].mean)
        return OtherFile(track_id, round(likeness.offset_s, 3))

    @property
    def _is_read(self) -> bool:
        return "_known" in vars(self)

    @cached_property
    def _apart(self) -> Collection[frozenset[str]]:
        return self._kept_apart()

    @cached_property
    def _known(self) -> _Known:
        return _Known(
            self._kept_lengths_s(), FingerprintStore.of_home(self._frames.folder.parent, self._frames)
        )

    def _outline(self, track_id: str) -> Outline | None:
        try:
            return outline(self._frames.read(track_id))
        except (FileNotFoundError, DamagedFramesError):
            return None


class _Known:
    """Lengths and keys of the tracks that are there."""

    def __init__(self, lengths_s: Mapping[str, float], store: FingerprintStore) -> None:
        kept = store.keys(lengths_s)
        parts = list(kept.parts)
        keys = np.concatenate(parts) if parts else np.empty(0, np.uint32)
        self._index = KeyIndex(keys, np.repeat(np.arange(len(kept.ids)), kept.counts))
        self._ids = list(kept.ids)
        self._numbers = {track_id: number for number, track_id in enumerate(kept.ids)}
        self._lengths_s = dict(lengths_s)
        self._short = {each for each, length_s in lengths_s.items() if length_s <= SHORT_S + LONGEST_APART_S}

    def add(self, track_id: str, frames: Frames) -> None:
        """A track that is there now."""
        self._lengths_s[track_id] = frames.duration_s
        if frames.duration_s <= SHORT_S + LONGEST_APART_S:
            self._short.add(track_id)
        self._numbers[track_id] = len(self._ids)
        self._ids.append(track_id)
        self._index.add(self._numbers[track_id], keys_of_track(frames))

    def take_out(self, track_ids: Iterable[str]) -> None:
        """Tracks that are there no more."""
        for track_id in track_ids:
            self._lengths_s.pop(track_id, None)
            self._short.discard(track_id)

    def perhaps(self, new: Outline, duration_s: float) -> list[str]:
        """Tracks that may be the same recording, of about its length."""
        if duration_s <= SHORT_S:
            return sorted(each for each in self._short if self._is_as_long(each, duration_s))
        wanted = keys_of(new.rows, new.counted, duration_s - LONGEST_APART_S)
        numbers, counts = self._index.shared(wanted)
        enough = counts >= _SHARED
        numbers, counts = numbers[enough], counts[enough]
        near = [
            track_id
            for number in numbers[np.argsort(-counts, kind="stable")].tolist()
            if self._numbers[track_id := self._ids[number]] == number
            and self._is_as_long(track_id, duration_s)
        ]
        return near[:_COMPARED]

    def _is_as_long(self, track_id: str, duration_s: float) -> bool:
        length_s = self._lengths_s.get(track_id)
        return length_s is not None and abs(length_s - duration_s) <= LONGEST_APART_S

"""Verifies every store of an index against the others, and makes anew what is damaged or missing.

What can be made from frames is made from frames. Tracks whose frames are damaged are given back: their sound has to be
read. A check may be stopped at any time; the next one goes on with the tracks that were not looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from index.core.errors import DamagedFramesError, StoreDamagedError
from index.core.lengths import counted
from index.core.tracks import Track
from index.ingest.mending import Mended, Told
from index.ingest.stores import Stores
from index.store.damages import VECTORS
from index.store.origins import FORMER_COLLECTIONS
from index.store.vectors import window_ids
from index.upkeep.seen import Seen
from index.upkeep.upgrade import outdated_tracks

_MELODY, _WORDS = "The melody", "What words are compared with"
_NEAR = 1e-3
"""So far may the cosine of a window with itself be from 1."""


@dataclass
class Checked:
    """What a check found."""

    tracks: int = 0
    windows: int = 0
    findings: list[str] = field(default_factory=list)
    """What was not as it should be, a sentence each."""
    repaired: int = 0
    """How many of them are mended."""
    lacking: set[str] = field(default_factory=set)
    """Tracks whose sound has to be read again."""
    notes: list[str] = field(default_factory=list)
    """What is no damage, and could be better."""
    interrupted: bool = False
    left: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing is left to be mended."""
        return not self.interrupted and len(self.findings) == self.repaired

    def found(self, sentence: str, *, repaired: bool) -> None:
        """Note what was found."""
        self.findings.append(sentence)
        self.repaired += repaired

    def add(self, other: Checked) -> None:
        """Add what was found elsewhere."""
        self.findings += other.findings
        self.notes += other.notes
        self.repaired += other.repaired
        self.interrupted = self.interrupted or other.interrupted


class IndexCheck:
    """One check of frames, melody, words and vectors against the catalogue."""

    def __init__(self, stores: Stores, *, repair: bool) -> None:
        assert stores.makers is not None
        self._stores = stores
        self._makers = stores.makers
        self._repair = repair
        self._mending = stores.mending
        self._folder = stores.frames.folder.parent
        self._descriptors = stores.descriptors
        self._wrong_words: set[str] = set()
        self._stale: set[str] = set()
        """Collections that another version made: told as a whole, their vectors are not looked at one by one."""
        self._unmeasured = {what: set[str]() for what in (_MELODY, _WORDS)}
        """Tracks of which another version measured it, or none: told as a whole, too."""
        self._seen = Seen(self._folder / "check.json")

    def run(self, told: Told, stop: threading.Event) -> Checked:
        """Look at everything; with `repair`, only while nobody else writes."""
        checked = Checked()
        windows = self._stores.catalogue.windows()
        tracks = {track.id: track for track in self._stores.catalogue.tracks()}
        titles = {track.id: track.title for track in tracks.values()}
        checked.tracks, checked.windows = len(windows), sum(windows.values())
        self._strays(windows, checked)
        searchable = self._vectors(windows, checked, told, stop)
        for done, track_id in enumerate(sorted(windows)):
            if stop.is_set():
                checked.interrupted, checked.left = True, len(windows) - done
                break
            told(done, len(windows), titles.get(track_id, track_id))
            if not self._seen.has(track_id):
                name = f"“{titles.get(track_id, track_id)}”"
                fine = self._track(track_id, name, windows[track_id], checked, vectors=searchable)
                if track_id in tracks and track_id not in checked.lacking:
                    fine = self._words(tracks[track_id], name, checked) and fine
                if fine:
                    self._seen.add(track_id)
        for what, track_ids in self._unmeasured.items():
            if track_ids:
                sentence = f"{what} of {counted(len(track_ids), 'track')} was not measured by this version."
                checked.found(sentence, repaired=self._repair)
        if not checked.interrupted:
            older = sum(map(bool, outdated_tracks(self._stores, windows).values()))
            if older:
                checked.notes.append(_not_of_this_version(older))
            self._table(list(tracks.values()), checked)
            self._fingerprints(windows, checked)
        self._seen.end(whole=not checked.interrupted)
        return checked

    def _strays(self, windows: dict[str, int], checked: Checked) -> None:
        """What belongs to no track."""
        known = windows.keys() | self._stores.catalogue.retired.all().keys()
        frames = self._stores.frames.strays(known)
        for stray in sorted(frames | self._descriptors.strays(known)):
            if self._repair:
                self._stores.frames.delete(stray)
                self._descriptors.delete(stray)
            checked.found(f"Measurements of no track were found ({stray}).", repaired=self._repair)

    def _vectors(self, windows: dict[str, int], checked: Checked, told: Told, stop: threading.Event) -> bool:
        """Compare the collections with the catalogue; whether their vectors can be looked at one by one."""
        if self._repair:
            mended = self._mending.mend(told, stop)
            for sentence in mended.sentences():
                checked.found(sentence, repaired=True)
            return not stop.is_set()
        try:
            collections = self._stores.vectors.collections()
            counts = {
                name: self._stores.vectors.count(name) for name in self._makers.origins if name in collections
            }
        except StoreDamagedError:
            self._stores.damages.note(VECTORS, "it cannot be read")
            checked.found("The vector store is damaged.", repaired=False)
            return False
        self._stale = set(self._mending.stale_collections())
        wanted = sum(self._stores.grid.vector_count(count) for count in windows.values())
        for name in self._makers.origins:
            have = counts.get(name, 0)
            taken_over = any(FORMER_COLLECTIONS.get(each) == name for each in self._stale)
            if name in self._stale or have == wanted or (taken_over and not have):
                continue
            sentence = (
                f"Of {wanted} vectors of {name}, {have} are there."
                if have < wanted
                else f"Of {name} {have - wanted} vectors more are there than this version keeps."
            )
            checked.found(sentence, repaired=False)
        for name in sorted(self._stale):
            checked.found(f"The vectors of {name} were made by another version.", repaired=False)
        return all(counts.get(name, 0) for name in self._makers.origins)

    def _track(self, track_id: str, name: str, count: int, checked: Checked, *, vectors: bool) -> bool:
        """Look at one track; whether it is in order now."""
        frames = self._stores.frames
        try:
            frames.verify(track_id)
        except (FileNotFoundError, DamagedFramesError) as error:
            reason = error.reason if isinstance(error, DamagedFramesError) else "there is no file"
            self._stores.damages.note(track_id, reason)
            checked.lacking.add(track_id)
            checked.found(f"What was measured of {name} is damaged: {reason}.", repaired=False)
            return False
        fine = True
        salience = self._descriptors.salience
        if not salience.is_right(track_id):
            fine = self._repair
            self._wrong_rows(_MELODY, track_id, name, checked, kept=salience.has(track_id))
            if self._repair:
                salience.measure(track_id)
        made = self._makers.make(frames.read(track_id))
        ids = window_ids(track_id, count, self._stores.grid.vector_stride)
        if any(len(rows) != len(ids) for rows in made.values()):
            self._stores.damages.note(track_id, "its length is not that of its track")
            checked.lacking.add(track_id)
            checked.found(f"What was measured of {name} is of another length.", repaired=False)
            return False
        for collection, rows in made.items() if vectors else ():
            if collection in self._stale:
                continue
            wrong = self._wrong(collection, ids, rows)
            if not wrong:
                continue
            repaired = self._repair and self._mended(collection, ids, rows)
            windows = f"{wrong} of {counted(len(ids), 'window')} of {name} {'was' if wrong == 1 else 'were'}"
            checked.found(f"{windows} not found by {collection}.", repaired=repaired)
            fine = fine and repaired
        return fine

    def _words(self, track: Track, name: str, checked: Checked) -> bool:
        """Look at what words are compared with of a track; whether it is in order now."""
        properties, frames = self._descriptors.properties, self._stores.frames
        if properties.is_right(track, frames):
            return True
        self._wrong_rows(_WORDS, track.id, name, checked, kept=properties.has(track.id))
        if self._repair:
            properties.measure(track, frames)
        else:
            self._wrong_words.add(track.id)
        return self._repair

    def _wrong_rows(self, what: str, track_id: str, name: str, checked: Checked, *, kept: bool) -> None:
        """Name what is not as it should be of a track; of what this version did not measure, count the tracks."""
        if kept:
            checked.found(f"{what} of {name} was not what its frames give.", repaired=self._repair)
        else:
            self._unmeasured[what].add(track_id)

    def _table(self, tracks: list[Track], checked: Checked) -> None:
        """Look at the table of what words are compared with."""
        properties = self._descriptors.properties
        fault = properties.table_fault(self._wrong_words)
        if not fault:
            return
        if self._repair:
            properties.remake_table(tracks, self._stores.frames)
        checked.found(f"The table of words was damaged: {fault}.", repaired=self._repair)

    def _fingerprints(self, windows: Mapping[str, int], checked: Checked) -> None:
        """Look at the table in which clips and other files of a recording are looked up."""
        store = self._descriptors.fingerprints
        fault = store.fault(checked.lacking)
        if not fault:
            return
        if self._repair:
            store.remake(windows)
        checked.found(f"The table of fingerprints was damaged: {fault}.", repaired=self._repair)

    def _wrong(self, collection: str, ids: list[str], rows: np.ndarray) -> int:
        """How many windows do not find themselves, or are not there."""
        store = self._stores.vectors
        norms = np.linalg.norm(rows, axis=1)
        sounding = norms > _NEAR
        try:
            kept = store.get(collection, ids)
        except KeyError:
            return sum(not self._has(collection, each) for each in ids)
        same = np.abs(kept - rows).max(axis=1, initial=0) <= _NEAR * np.maximum(norms, 1)
        found, similarities = store.query(collection, rows, 3)
        finds = [
            own in near or score > 1 - _NEAR
            for own, near, score in zip(ids, found, similarities[:, 0], strict=True)
        ]
        return int((~(same & (np.array(finds) | ~sounding))).sum())

    def _has(self, collection: str, window: str) -> bool:
        try:
            self._stores.vectors.get(collection, [window])
        except KeyError:
            return False
        return True

    def _mended(self, collection: str, ids: list[str], rows: np.ndarray) -> bool:
        """Keep a track's vectors anew; where that is not enough, the whole collection."""
        self._stores.vectors.upsert(collection, ids, rows)
        if not self._wrong(collection, ids, rows):
            return True
        self._stores.vectors.drop(collection)
        windows = self._stores.catalogue.windows()
        missing = self._mending.missing_vectors(windows, Mended())
        for each, collections in missing.items():
            if each not in self._stores.damages.known():
                self._mending.make_vectors(each, windows[each], collections)
        return not self._wrong(collection, ids, rows)


def _not_of_this_version(count: int) -> str:
    are = "is" if count == 1 else "are"
    return (
        f"{counted(count, 'track')} {are} not measured as this version does: `reprise upgrade` sees to that."
    )

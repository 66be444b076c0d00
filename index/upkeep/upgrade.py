"""Brings an index of an older version up to this one: remakes what is stale, from frames wherever frames suffice.

May be stopped at any time, and goes on where it was: every track is either as it was or as it is to be.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from index.core.errors import DamagedFramesError, RepriseError, StoreDamagedError
from index.core.frames import Frames
from index.core.lengths import counted
from index.core.tracks import Track
from index.ingest.mending import Told
from index.ingest.stores import Stores
from index.store.origins import ADDED_LATER, frame_origins, not_of_this_version


@dataclass
class Upgraded:
    """What an upgrade did."""

    sealed: int = 0
    """Tracks whose frames got a seal."""
    vectors: int = 0
    """Tracks whose vectors were made anew from their frames."""
    melodies: int = 0
    """Tracks whose melody was measured anew from their frames."""
    measured: int = 0
    """Tracks of which one array was measured from the sound."""
    lacking: set[str] = field(default_factory=set)
    """Tracks whose sound has to be analysed again."""
    problems: list[str] = field(default_factory=list)
    interrupted: bool = False
    left: int = 0

    def sentences(self) -> list[str]:
        """What was done, in words."""
        counts = {
            "whose vectors were made anew from what was measured": self.vectors,
            "whose melody was measured anew": self.melodies,
            "whose measurements got a seal": self.sealed,
            "whose sound was read for its fingerprint and its spectral peaks": self.measured,
            "analysed again": len(self.lacking),
        }
        return [f"{counted(count, 'track')} {what}." for what, count in counts.items() if count]


def outdated_tracks(stores: Stores, track_ids: Iterable[str]) -> dict[str, set[str]]:
    """Tracks whose frames are of another version, and the arrays that are missing or stale; an empty set: no seal."""
    found: dict[str, set[str]] = {}
    for track_id in track_ids:
        try:
            origins, names, is_sealed = stores.frames.origins(track_id)
        except (FileNotFoundError, DamagedFramesError):
            continue  # what is damaged is for `check`
        to_measure = not_of_this_version(origins, names)
        if to_measure or not is_sealed:
            found[track_id] = to_measure
    return found


def upgrade_index(stores: Stores, told: Told, stop: threading.Event) -> Upgraded:
    """Bring an index up to this version. Only while nobody else writes."""
    done = Upgraded()
    _old_store(stores)
    mended = stores.sweep(told, stop)
    done.vectors, done.melodies, done.interrupted = (
        len(mended.vectors),
        len(mended.salience),
        mended.interrupted,
    )
    done.lacking |= mended.lacking
    if done.interrupted:
        return done
    described = partial(_described, told)
    if not stores.descriptors.complete(stores.catalogue.tracks(), described, stop.is_set):
        done.interrupted = True
        return done
    outdated = outdated_tracks(stores, sorted(stores.catalogue.windows()))
    remeasured = {track_id for track_id, names in outdated.items() if names and names <= set(ADDED_LATER)}
    done.lacking |= {track_id for track_id, names in outdated.items() if not names <= set(ADDED_LATER)}
    measured = _measured_anew(stores, {each: outdated[each] for each in sorted(remeasured)}, done, told, stop)
    for track_id in sorted(outdated.keys() - done.lacking - remeasured):
        if stop.is_set():
            break
        done.sealed += _rewrite(stores, track_id, {}, done)
    for track_id, arrays in measured:
        done.measured += _rewrite(stores, track_id, arrays, done)
    if done.measured:
        stores.descriptors.fingerprints.gather(list(stores.catalogue.windows()))
    done.interrupted = stop.is_set()
    done.left = len(outdated) - done.sealed - done.measured - len(done.problems) if done.interrupted else 0
    return done


def _described(told: Told, done: int, total: int, track: Track) -> None:
    told(done, total, f"measuring what words compare in {track.title}")


def _old_store(stores: Stores) -> None:
    """A vector store of before there was a token is thrown away: its vectors are made from frames."""
    try:
        if not stores.vectors.has_token:
            stores.vectors.reset()
    except StoreDamagedError:
        stores.vectors.reset()


def _rewrite(stores: Stores, track_id: str, more: Mapping[str, np.ndarray], done: Upgraded) -> bool:
    """Write a track's frames again with a seal, and with arrays that it did not have; False where they are damaged."""
    try:
        kept = stores.frames.verify(track_id)
    except (FileNotFoundError, DamagedFramesError):
        done.lacking.add(track_id)  # its sound is analysed again
        return False
    known = {each.name for each in fields(Frames)}
    values: dict[str, Any] = {name: array for name, array in kept.arrays.items() if name in known} | dict(
        more
    )
    values |= {name: float(kept.scalars[name]) for name in ("duration_s", "loudness_lufs")}
    before = {name: kept.origins.get(name, "1") for name in kept.arrays}
    now = {name: made_by for name, made_by in frame_origins().items() if name in more}
    stores.frames.write(track_id, Frames(**values), before | now)
    stores.descriptors.fingerprints.note_changed(track_id)
    return True


def _measured_anew(
    stores: Stores, wanted: Mapping[str, set[str]], done: Upgraded, told: Told, stop: threading.Event
) -> Iterable[tuple[str, dict[str, np.ndarray]]]:
    """The arrays that are wanted of tracks, measured from their files in another process."""
    tracks = {track.id: track for track in stores.catalogue.tracks()}
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, context)
    try:
        for number, (track_id, names) in enumerate(wanted.items()):
            if stop.is_set():
                return
            track = tracks.get(track_id)
            if track is None:
                continue
            told(number, len(wanted), f"reading {track.title}")
            try:
                frames = stores.frames.read(track_id)
            except (FileNotFoundError, DamagedFramesError):
                done.lacking.add(track_id)
                continue
            path = _whole_file(stores, track)
            try:
                found = pool.submit(_measured, path, frames.loudness_lufs, frames.duration_s, names).result()
            except BrokenProcessPool:
                pool = ProcessPoolExecutor(1, context)
                done.problems.append(f"{path}: the process that read it came to an end.")
                continue
            except (RepriseError, OSError) as error:
                done.problems.append(f"{error}")
                continue
            yield track_id, found
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _whole_file(stores: Stores, track: Track) -> str:
    """The file of a track that begins where the track does, and is there."""
    places = [
        each for each in stores.catalogue.places_of(track.id) if each.start_s == 0 and each.end_s is None
    ]
    return next((each.path for each in places if Path(each.path).is_file()), track.path)


def _measured(path: str, loudness_lufs: float, duration_s: float, names: set[str]) -> dict[str, np.ndarray]:
    """Arrays of a file, in another process."""
    from index.analysis.analyser import measured_of_file

    return measured_of_file(Path(path), loudness_lufs, duration_s, names)

"""Fills a home with a library of any size, through the real catalogue, the real frame store and the real Chroma.

Going on where it stopped: a track counts when it has its row in the catalogue, which is written last.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from bench.generated import progress_printer
from bench.scale.pool import Pool
from index.catalogue.rows import finish, put_track
from index.catalogue.tables import PathRow
from index.catalogue.values import KnownFile, NewTrack, Stamp
from index.core.moments import window_count
from index.core.tracks import Track
from index.ingest.stores import Stores
from index.library import Library
from index.store.descriptors import DescriptorStore
from index.store.vectors import window_ids

_BATCH_WINDOWS = 6000
_FIRST = ("Blue", "Quiet", "Golden", "Broken", "Distant", "Little", "Northern", "Last", "Silver", "Wild")
_SECOND = ("River", "Morning", "Dance", "Road", "Garden", "Letter", "Winter", "Machine", "Window", "Harbour")
_GENRES = ("Rock", "Jazz", "Classical", "Folk", "Electronic", "Soul", "Ambient", "Country")
_ALBUM = 12
"""Tracks of one album, which are of one artist."""


def fill(library: Library, pool: Pool, pool_size: int, windows: int) -> int:
    """Add tracks until there are so many windows; how many there are then.

    Of a track the frames and descriptors are those of one of the pool; a track has a small file below HOME-music.
    """
    grid, catalogue = library.options.grid, library.catalogue
    catalogue.made_with.claim(library.options.fingerprint)
    there = catalogue.windows()
    total = sum(there.values())
    music = library.options.home.parent / f"{library.options.home.name}-music"
    tell = progress_printer(windows)
    waiting: list[tuple[KnownFile, NewTrack, dict[str, np.ndarray]]] = []
    descriptors = DescriptorStore(library.options.folder, library.frames, grid)
    number = 0
    while total < windows:
        source = number % pool_size
        track = track_of(number, pool.duration_s(source), music)
        if track.id not in there:
            pool.link(source, track.id, library.frames, descriptors)
            vectors = pool.mixed(source, pool_size, number // pool_size and number)
            new = NewTrack(track, window_count(track, grid), -20.0)
            waiting.append((_file(track), new, vectors))
            total += new.windows
        number += 1
        if sum(each.windows for _, each, _ in waiting) >= _BATCH_WINDOWS or total >= windows:
            _keep(library, waiting)
            waiting.clear()
            tell(total)
    return total


def _keep(library: Library, waiting: list[tuple[KnownFile, NewTrack, dict[str, np.ndarray]]]) -> None:
    stores = Stores(library.catalogue, library._vectors, library.frames, library.options.grid)
    counts = [new.windows for _, new, _ in waiting]
    ids = [
        each
        for (_, new, _), count in zip(waiting, counts, strict=True)
        for each in window_ids(new.track.id, count)
    ]
    for name in waiting[0][2] if waiting else ():
        stores.vectors.upsert(name, ids, np.concatenate([vectors[name] for _, _, vectors in waiting]))
    now = time.time()
    with library.catalogue._database.write() as connection:
        for file, new, _ in waiting:
            put_track(connection, new, now)
            connection.execute(insert(PathRow).values(**vars(file), added_at=now))
        finish(connection, [], changed=True)


def track_of(number: int, duration_s: float, music: Path) -> Track:
    """A track with tags that look like some, and a file."""
    track_id = hashlib.blake2b(f"large {number}".encode(), digest_size=10).hexdigest()
    album = number // _ALBUM
    rng = np.random.default_rng([3, album])
    artist = f"{_FIRST[rng.integers(10)]} {_SECOND[rng.integers(10)]} {rng.integers(100)}"
    title = f"{_FIRST[number % 10]} {_SECOND[number // 10 % 10]} No. {number}"
    genre, year = _GENRES[int(rng.integers(len(_GENRES)))], int(rng.integers(1950, 2026))
    path = music / f"{album % 100:02d}" / f"album {album}" / f"{number % _ALBUM:02d} {title}.flac"
    return Track(track_id, str(path), title, artist, "", f"Album {album}", genre, year, duration_s)


def _file(track: Track) -> KnownFile:
    """The file of a track: a few bytes that say which it is."""
    path = Path(track.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(track.id)
    return KnownFile(track.path, track.id, **vars(Stamp.of(track.path)), sound=track.id)

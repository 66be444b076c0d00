"""Fills a home with a library of any size, through the real catalogue, the real frame store and the real Chroma.

Going on where it stopped: a track counts when it has its row in the catalogue, which is written after its files; the
vectors of all tracks are written in the same order after that.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
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
from index.library import Library
from index.store.descriptors import DescriptorStore
from index.store.vectors import window_ids

_BATCH_WINDOWS = 6000
_ROWS_AT_ONCE = 500
"""Tracks written to the catalogue in one transaction."""
_FIRST = ("Blue", "Quiet", "Golden", "Broken", "Distant", "Little", "Northern", "Last", "Silver", "Wild")
_SECOND = ("River", "Morning", "Dance", "Road", "Garden", "Letter", "Winter", "Machine", "Window", "Harbour")
_GENRES = ("Rock", "Jazz", "Classical", "Folk", "Electronic", "Soul", "Ambient", "Country")
_ALBUM = 12
"""Tracks of one album, which are of one artist."""


def fill(library: Library, pool: Pool, pool_size: int, windows: int, *, vectors: bool = True) -> int:
    """Add tracks until there are so many windows; how many there are then.

    Of a track the frames and descriptors are those of one of the pool; a track has a small file below HOME-music.
    Without `vectors` the store of these stays as it is: what does not ask it can be measured in far larger libraries.
    """
    library.catalogue.made_with.claim(library.options.fingerprint)
    tracks = _placed(library, pool, pool_size, windows)
    descriptors = DescriptorStore(library.options.folder, library.frames, library.options.grid)
    descriptors.properties.gather(library.catalogue.tracks(), library.frames)
    descriptors.fingerprints.gather([track.id for track in tracks])
    if vectors:
        _fill_vectors(library, pool, pool_size, tracks)
    return sum(library.catalogue.windows().values())


def _placed(library: Library, pool: Pool, pool_size: int, windows: int) -> list[Track]:
    """Links, files and rows of tracks until there are so many windows; all tracks in order."""
    grid, catalogue = library.options.grid, library.catalogue
    music = library.options.home.parent / f"{library.options.home.name}-music"
    descriptors = DescriptorStore(library.options.folder, library.frames, grid)
    durations_s = [pool.duration_s(source) for source in range(pool_size)]
    there, tell = catalogue.windows(), progress_printer(windows)
    tracks: list[Track] = []
    waiting: list[tuple[KnownFile, NewTrack]] = []
    total = 0
    while total < windows:
        source = len(tracks) % pool_size
        track = track_of(len(tracks), durations_s[source], music)
        tracks.append(track)
        new = NewTrack(track, window_count(track, grid), -20.0)
        total += new.windows
        if track.id not in there:
            pool.link(source, track.id, library.frames, descriptors)
            waiting.append((_file(track), new))
        if len(waiting) >= _ROWS_AT_ONCE or total >= windows:
            _keep_rows(library, waiting)
            waiting.clear()
            tell(total)
    return tracks


def _keep_rows(library: Library, waiting: Sequence[tuple[KnownFile, NewTrack]]) -> None:
    now = time.time()
    with library.catalogue._database.write() as connection:
        for file, new in waiting:
            put_track(connection, new, now)
            connection.execute(insert(PathRow).values(**vars(file), added_at=now))
        finish(connection, [], changed=True)


def _fill_vectors(library: Library, pool: Pool, pool_size: int, tracks: Sequence[Track]) -> None:
    """The vectors of tracks, in their order; of what is there already the last batch is written again."""
    store, grid = library._vectors, library.options.grid
    every = grid.vector_stride
    windows = [window_count(track, grid) for track in tracks[:pool_size]]
    counts = [grid.vector_count(each) for each in windows]
    ends = np.cumsum([counts[number % pool_size] for number in range(len(tracks))])
    names = list(pool.mixed(0, pool_size, 0))
    have = min(store.count(name) for name in names)
    done = int(np.searchsorted(ends, max(0, have - _BATCH_WINDOWS)))
    tell = progress_printer(int(ends[-1]))
    ids: list[str] = []
    rows: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for number in range(done, len(tracks)):
        mixed = pool.mixed(number % pool_size, pool_size, number // pool_size and number)
        ids += window_ids(tracks[number].id, windows[number % pool_size], every)
        for name, each in mixed.items():
            rows[name].append(each)
        if len(ids) >= _BATCH_WINDOWS or number + 1 == len(tracks):
            for name, parts in rows.items():
                store.upsert(name, ids, np.concatenate(parts))
                parts.clear()
            ids = []
            tell(int(ends[number]))


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

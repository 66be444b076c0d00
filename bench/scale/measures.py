"""What is measured of a large library: one function each, which gets the home and gives numbers by their names.

Each runs in a process of its own. A name ends in its unit: `_ms`, `_s`, `_mb`, or none for a number of things.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from app.settings import Settings
from app.wiring import open_library
from bench.latency import servers
from bench.processes import proportional_mb, tree
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.library import Library
from index.workers.parts import cut_out

Found = dict[str, float]
WARM_UP = 10
MOMENTS = 120
CLIPS = 40
CLIP_S = 10.0
_FLIPPED = 0.2
"""So many bits of a clip's fingerprint are not those of its source."""


def disk(home: Path) -> Found:
    """What lies on disk; frames that are linked are told as what they are alone."""
    return {
        f"{name}_gb": sum(each.stat().st_size for each in (home / name).rglob("*") if each.is_file()) / 1e9
        for name in ("chroma", "frames", "melody", "words")
    } | {"catalogue_gb": sum(each.stat().st_size for each in home.glob("catalogue.sqlite*")) / 1e9}


def by_moment(home: Path) -> Found:
    """Search by a moment of the library: the first in a new process, then many."""
    with opened(home) as library:
        began = time.perf_counter()
        queries = moments(library)
        library.find(next(queries))
        first_s = time.perf_counter() - began
        for _ in range(WARM_UP):
            library.find(next(queries))
        asked = [next(queries) for _ in range(MOMENTS)]
        return {"first_s": first_s} | timed([partial(library.find, each) for each in asked])


def by_clip(home: Path) -> Found:
    """Search by a clip that was listened to already: the search alone; half the clips are not in the library."""
    with opened(home) as library:
        queries = clips(library)
        began = time.perf_counter()
        library.find(next(queries))
        first_s = time.perf_counter() - began
        for _ in range(WARM_UP // 2):
            library.find(next(queries))
        asked = [next(queries) for _ in range(CLIPS)]
        return {"first_s": first_s} | timed([partial(library.find, each) for each in asked])


def resident(home: Path) -> Found:
    """Memory of all processes after every kind of search, shared pages counted once."""
    with opened(home) as library:
        found = {}
        queries, heard = moments(library), clips(library)
        for _ in range(20):
            library.find(next(queries))
        found["after_moments_mb"] = proportional(home)
        for _ in range(5):
            library.find(next(heard))
        found["after_clips_mb"] = proportional(home)
        library.find_text("slow and dark")
        found["after_words_mb"] = proportional(home)
        library.find_hum(next(queries))
        found["after_hum_mb"] = proportional(home)
        found["server_mb"] = sum(proportional_mb(each) for each in servers(home))
        return found


def start_store(home: Path) -> Found:
    """From nothing to the first answer of the vectors: Chroma's server reads what it keeps."""
    for each in servers(home):
        each.terminate()
        each.wait(60)
    with opened(home) as library:
        began = time.perf_counter()
        vectors = library._vectors
        names = vectors.collections()
        server_s = time.perf_counter() - began
        for name in names:
            width = vectors.dimensions(name)
            assert width
            vectors.query(name, np.eye(1, width, dtype=np.float32), 10)
        return {"server_s": server_s, "vectors_s": time.perf_counter() - began}


MEASURES: dict[str, Callable[[Path], Found]] = {
    "disk": disk,
    "start_store": start_store,
    "by_moment": by_moment,
    "by_clip": by_clip,
    "resident": resident,
}
"""In the order in which they are measured."""


@contextmanager
def opened(home: Path) -> Iterator[Library]:
    """The library of a home, as every program opens it."""
    library = open_library(Settings(home=home))
    try:
        yield library
    finally:
        library.close()


def moments(library: Library, seed: int = 1) -> Iterator[Query]:
    """Endless questions: ten seconds drawn at random."""
    tracks, rng = library.tracks(), np.random.default_rng(seed)
    while True:
        yield Query(library.passage(*_drawn(tracks, rng)))


def clips(library: Library, seed: int = 2) -> Iterator[Query]:
    """Endless clips of ten seconds cut from tracks: a fifth of the bits wrong, or half: nothing to find."""
    tracks, rng = library.tracks(), np.random.default_rng(seed)
    number = 0
    while True:
        track, start_s, _ = _drawn(tracks, rng)
        start_s = float(round(start_s))
        frames = cut_out(library.frames.read(track.id), start_s, start_s + CLIP_S)
        assert frames.fingerprint is not None
        share = _FLIPPED if number % 2 == 0 else 0.5
        flips = np.packbits(rng.random((len(frames.fingerprint), 32)) < share, axis=1).view(np.uint32)[:, 0]
        object.__setattr__(frames, "fingerprint", frames.fingerprint ^ flips)
        number += 1
        clip = Clip(f"clip{number:016x}", f"/clips/{number}.wav", f"clip {number}", frames.duration_s)
        yield Query(Passage(clip, frames, 0.0, frames.duration_s))


def _drawn(tracks: list[Track], rng: np.random.Generator) -> tuple[Track, float, float]:
    track = tracks[int(rng.integers(len(tracks)))]
    start_s = float(rng.uniform(0, max(0.0, track.duration_s - CLIP_S)))
    return track, start_s, start_s + CLIP_S


def timed(calls: Sequence[Callable[[], object]]) -> Found:
    """Milliseconds of each call, as percentiles."""
    wall = []
    for call in calls:
        began = time.perf_counter()
        call()
        wall.append(1000 * (time.perf_counter() - began))
    p50, p99 = np.percentile(wall, [50, 99])
    return {"p50_ms": float(p50), "p99_ms": float(p99), "least_ms": min(wall), "most_ms": max(wall)}


def proportional(home: Path) -> float:
    """MB resident of this process, of those that it started, and of the vectors' server; shared pages counted once."""
    found = {each.pid: each for each in [*tree(psutil.Process().pid), *servers(home)]}
    return sum(proportional_mb(each) for each in found.values())

"""What a large library is asked: moments of its own, and clips cut from it; and how long each answer takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
CLIP_S = 10.0
_FLIPPED = 0.2
"""So many bits of a clip's fingerprint are not those of its source."""


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


def proportional(home: Path) -> float:
    """MB resident of this process, of those that it started, and of the vectors' server; shared pages counted once."""
    found = {each.pid: each for each in [*tree(psutil.Process().pid), *servers(home)]}
    return sum(proportional_mb(each) for each in found.values())

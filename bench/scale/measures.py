"""What is measured of a large library: one function each, which gets the home and gives numbers by their names.

Each runs in a process of its own. A name ends in its unit: `_ms`, `_s`, `_mb`, or none for a number of things.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from bench.latency import end_servers, servers, timed
from bench.processes import proportional_mb
from bench.scale.asked import Found, clips, moments, opened, proportional
from bench.scale.programs import PROGRAMS

WARM_UP = 10
MOMENTS = 120
CLIPS = 40


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
        return {"first_s": first_s} | timed([partial(library.find, each) for each in asked], home)


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
        return {"first_s": first_s} | timed([partial(library.find, each) for each in asked], home)


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
    end_servers(home)
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
    **PROGRAMS,
}
"""In the order in which they are measured."""

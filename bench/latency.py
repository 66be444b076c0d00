"""How long a search takes on a library that is there: by moments of the library and by clips, in a process of
its own.

    python -m bench.latency HOME [--moments 200] [--explained 50] [--clips 20 --music FILE ...]

Prints one JSON object. Times are of a warm process; `cpu_ms` counts this process and Chroma's server
together, and is what remains comparable on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

from app.settings import Settings
from app.wiring import open_library
from bench.processes import cpu_s, resident_mb
from index.audio.reading import read_sound
from index.core.query import Query
from index.library import Library

WARM_UP = 10
CLIP_S = 10.0
_END_S = 300.0
"""It may have much to write down."""


def measure(home: Path, moments: int, explained: int, clips: int, music: Sequence[Path]) -> dict[str, Any]:
    """Everything about one library."""
    library = open_library(Settings(home=home))
    try:
        began = time.perf_counter()
        tracks, rng = library.tracks(), np.random.default_rng(1)

        def by_moment() -> Query:
            track = tracks[int(rng.integers(len(tracks)))]
            start_s = float(rng.uniform(0, max(0.0, track.duration_s - CLIP_S)))
            return Query(library.passage(track, start_s, start_s + CLIP_S))

        first = library.find(by_moment())
        first_s = time.perf_counter() - began
        for _ in range(WARM_UP):
            library.find(by_moment())
        queries = [by_moment() for _ in range(moments)]
        found: dict[str, Any] = {
            "windows": library.status().windows,
            "first_search_s": first_s,
            "by_moment": timed([partial(library.find, query) for query in queries], home),
            "hits": len(first.hits),
        }
        if explained:
            found["with_evidence"] = timed(
                [partial(_explained, library, query) for query in queries[:explained]], library.options.home
            )
        if clips:
            with tempfile.TemporaryDirectory() as folder:
                files = _excerpts(clips + 2, music, Path(folder))
                for file in files[:2]:
                    _by_clip(library, file)
                found["by_clip"] = timed(
                    [partial(_by_clip, library, file) for file in files[2:]],
                    library.options.home,
                )
        found["client_mb"] = resident_mb(psutil.Process())
        found["server_mb"] = sum(resident_mb(each) for each in servers(library.options.home))
        return found
    finally:
        library.close()


def servers(home: Path) -> list[psutil.Process]:
    """The processes of the library's Chroma."""
    folder = str(home / "chroma")
    return [each for each in psutil.process_iter(["cmdline"]) if folder in (each.info["cmdline"] or [])]


def end_servers(home: Path) -> None:
    """End the library's Chroma, in order; the next who needs it starts it again."""
    for each in servers(home):
        each.terminate()
        until = time.monotonic() + _END_S
        while _is_at_work(each):
            if time.monotonic() > until:
                raise TimeoutError(f"the server {each.pid} did not end")
            time.sleep(0.02)


def _is_at_work(process: psutil.Process) -> bool:
    """Whether a process has not ended; one whose parent has not been told yet has."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _by_clip(library: Library, file: Path) -> None:
    library.find(Query(library.passage(library.clip(file))))


def _explained(library: Library, query: Query) -> None:
    for hit in library.find(query).hits:
        library.explain(query, hit)


def timed(calls: Sequence[Callable[[], object]], home: Path) -> dict[str, float]:
    """Milliseconds of each call, as percentiles, and those of the processor, of this process and the store's server."""
    processes = [psutil.Process(), *servers(home)]
    wall, cpu = [], []
    for call in calls:
        before, began = _used_s(processes), time.perf_counter()
        call()
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * sum(used - before[pid] for pid, used in _used_s(processes).items()))
    p50, p99 = np.percentile(wall, [50, 99])
    return {
        "calls": len(calls),
        "p50_ms": float(p50),
        "p99_ms": float(p99),
        "least_ms": min(wall),
        "cpu_ms": float(np.mean(cpu)),
        "most_cpu_ms": max(cpu),
    }


def _used_s(processes: Sequence[psutil.Process]) -> dict[int, float]:
    """The processor's time of each process; a server that nobody asked for a while has ended, and has none."""
    used = {}
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            used[each.pid] = cpu_s(each)
    return used


def _excerpts(count: int, music: Sequence[Path], folder: Path) -> list[Path]:
    """Clips of ten seconds, cut anywhere; never the same, since known clips are not analysed again."""
    rng = np.random.default_rng()
    files = []
    for number in range(count):
        sound = read_sound(music[int(rng.integers(len(music)))])
        start_s = float(rng.uniform(0, max(0.0, sound.duration_s - CLIP_S)))
        cut = sound.span(start_s, start_s + CLIP_S)
        file = folder / f"clip-{number}.wav"
        soundfile.write(file, cut.samples, cut.rate_hz)
        files.append(file)
    return files


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__.split("\n", 1)[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--explained", type=int, default=50, help="so many of them with all their evidence")
    parser.add_argument("--clips", type=int, default=0)
    parser.add_argument("--music", type=Path, nargs="+", default=[])
    chosen = parser.parse_args(arguments)
    print(json.dumps(measure(chosen.home, chosen.moments, chosen.explained, chosen.clips, chosen.music)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

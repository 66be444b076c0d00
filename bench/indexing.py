"""How quickly recordings are indexed, how much memory that
takes, and the ceiling that the networks alone set.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from bench.processes import Watch
from bench.recordings import ENDINGS, SHORTEST_S
from index.core.options import LibraryOptions
from index.library import Library

_SAMPLE_S = 60.0
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def index(files: Sequence[Path], home: Path, workers: int) -> dict[str, Any]:
    """Run `reprise add` on files into an empty home, watched from outside."""
    ceiling_before = ceiling(files, workers)
    program = Path(sys.executable).with_name("reprise")
    arguments = [str(program), "add", *map(str, files), "--workers", str(workers)]
    began = time.monotonic()
    home.mkdir(parents=True, exist_ok=True)
    with (home / "add.log").open("wb") as log:
        adding = subprocess.Popen(
            arguments, env={**os.environ, "REPRISE_HOME": str(home)}, stdout=log, stderr=subprocess.STDOUT
        )
        with Watch(adding.pid) as watch:
            code = adding.wait()
    elapsed_s = time.monotonic() - began
    library = Library(LibraryOptions(home))
    status = library.status()
    library.close()
    speed = status.hours * 3600 / elapsed_s
    most = (ceiling_before + ceiling(files, workers)) / 2
    return {
        "exit_code": code,
        "hours": status.hours,
        "windows": status.windows,
        "elapsed_s": elapsed_s,
        "workers": workers,
        "times_real_time": speed,
        "ceiling_times_real_time": most,
        "share_of_ceiling": speed / most,
        "peak_rss_mb": watch.peak_rss_mb,
        "peak_pss_mb": watch.peak_pss_mb,
        "growth_mb": watch.growth_mb,
        "disk": disk(home, status.hours, status.windows),
    }


def ceiling(files: Sequence[Path], workers: int, seconds: float = 12.0) -> float:
    """Times real time of MusiCNN and basic-pitch alone, one
    thread each, in as many processes as there are workers.
    """
    chosen = [files[round(place)] for place in np.linspace(0, len(files) - 1, workers)]
    environment = dict(os.environ)
    os.environ.update(_ONE_THREAD)
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            list(pool.map(_networks, chosen, [0.0] * workers))  # loads them
            return sum(pool.map(_networks, chosen, [seconds] * workers))
    finally:
        os.environ.clear()
        os.environ.update(environment)


def _networks(file: Path, seconds: float) -> float:
    """Times real time of the two networks on the first minute of a file, again and again for so long."""
    from index.analysis.analyser import SPECTRUM_HZ
    from index.audio.reading import read_sound, resample
    from index.models import basic_pitch, mel, musicnn

    sound = read_sound(file, 0.0, _SAMPLE_S)
    at_22k = resample(sound, SPECTRUM_HZ).samples
    bands = mel.compress(mel.mel_power(resample(sound, mel.RATE_HZ).samples))
    starts = np.arange(0, len(bands) - 1, mel.FRAMES_PER_S).astype(int)
    ends = np.minimum(starts + round(3 * mel.FRAMES_PER_S), len(bands))
    notes, timbre = basic_pitch.BasicPitch(threads=1, onsets=False), musicnn.MusiCNN("MTT", threads=1)
    began, heard_s = time.perf_counter(), 0.0
    while heard_s == 0 or time.perf_counter() - began < seconds:
        notes.activations(at_22k)
        timbre.patches(bands, starts, ends)
        heard_s += sound.duration_s
    return heard_s / (time.perf_counter() - began)


def disk(home: Path, hours: float, windows: int, hours_in_full: float = 312.0) -> dict[str, float]:
    """Megabytes of each part of a home, and gigabytes of vectors and frames for 312 hours."""
    parts = {name: size_mb(home / name) for name in ("chroma", "frames", "catalogue.sqlite")}
    kept = parts["chroma"] + parts["frames"]
    return {
        **{f"{name.split('.')[0]}_mb": size for name, size in parts.items()},
        "bytes_per_window": 1e6 * kept / max(1, windows),
        "gb_for_312_hours": kept / 1000 / max(1e-9, hours) * hours_in_full,
    }


def size_mb(path: Path) -> float:
    """Size of a file, or of all files below a folder."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6


def chosen_files(folders: Sequence[Path], minutes: float, seed: int = 0) -> list[Path]:
    """Files of at least half a minute below some folders, drawn at random until they last so long."""
    from index.audio.reading import estimate_duration_s

    found = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix.lower() in ENDINGS)
    chosen: list[Path] = []
    total_s = 0.0
    for number in np.random.default_rng(seed).permutation(len(found)):
        if total_s >= 60 * minutes:
            break
        duration_s = estimate_duration_s(found[number])
        if duration_s >= SHORTEST_S:
            chosen.append(found[number])
            total_s += duration_s
    return sorted(chosen)

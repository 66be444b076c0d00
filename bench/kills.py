"""Ends programs with SIGKILL at bad moments, lets the library be finished, and compares it with an
undisturbed one.

    python -m bench.kills --kills 100

Four kinds of victim: the program that adds, one of its workers, the vector server, and the page's server. The
adding program is ended, wherever that can be seen, while a track is half finished: begun in the catalogue,
and frames or vectors of it on disk without its row. How many of those there were is counted.

What is real: files, decoding, workers, Chroma, SQLite, frames, the vectors' networks, the page. What is not:
the two networks that listen; in their place stand numbers drawn from the sound, so that a track takes
milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

from bench.quality import RESULTS
from bench.robustness import differences, picture
from index.audio.reading import read_sound
from index.core.frames import FINGERPRINT_HZ, RATES_HZ, Frames, rows
from index.core.moments import Grid
from index.store.frame_store import FrameStore

SHARES = {"add": 0.7, "worker": 0.1, "vector server": 0.1, "page": 0.1}
"""The page is ended together with a program that adds to the same library, while a track is half finished."""
_WIDTHS = {"notes": 88, "sketch": 12, "chroma": 12, "mfcc": 13, "embedding": 200, "tags": 50, "contour": 2}
_BYTES = ("notes", "sketch", "chroma", "tags")


class Drawn:
    """Listens to nothing: frames are drawn from a number that the sound gives."""

    def analyse_file(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Frames:
        """Frames of a file, or of a span of it."""
        sound = read_sound(path, start_s, end_s)
        rng = np.random.default_rng(zlib.crc32(sound.samples.tobytes()))
        arrays: dict[str, Any] = {}
        for name, rate in RATES_HZ.items():
            count = rows(sound.duration_s, rate)
            shape = (count, _WIDTHS[name]) if name in _WIDTHS else (count,)
            kind = np.uint8 if name in _BYTES else np.uint16 if name == "contour" else np.float16
            arrays[name] = (
                rng.integers(0, 256, shape).astype(kind)
                if kind != np.float16
                else rng.random(shape).astype(kind)
            )
        bits = rng.integers(0, 1 << 32, rows(sound.duration_s, FINGERPRINT_HZ), np.uint32)
        return Frames(duration_s=sound.duration_s, loudness_lufs=-20.0, fingerprint=bits, **arrays)

    def vectors(self, frames: Frames, grid: Grid) -> dict[str, np.ndarray]:
        """The vectors of its windows, as they really are made."""
        from index.ingest.makers import vector_makers

        return vector_makers(grid).make(frames)


def child(home: Path, music: Path, ray: str = "", analyser: Callable[[], Drawn] | None = None) -> None:
    """Add the music: what is ended again and again."""
    from bench.kills import Drawn as Analyser  # not of __main__: workers have to find it
    from index.catalogue.catalogue import Catalogue
    from index.core.options import LibraryOptions
    from index.ingest.ingest import add_paths
    from index.ingest.makers import vector_makers
    from index.ingest.spec import IndexSpec
    from index.ingest.stores import Stores
    from index.store.vectors import open_vectors

    options = LibraryOptions(home)
    home.mkdir(parents=True, exist_ok=True)
    makers = vector_makers(options.grid)
    vectors = open_vectors(home, origins=makers.origins)
    stores = Stores(Catalogue(home), vectors, FrameStore(home / "frames"), options.grid, makers=makers)
    spec = IndexSpec(home, options.fingerprint, make_analyser=analyser or Analyser)
    add_paths([music], stores, spec, workers=2, ray=ray)
    vectors.close()


def made_noise(folder: Path, count: int) -> Path:
    """Short files, every one different."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{number:03d}.wav"
        if not path.exists():
            rng = np.random.default_rng(number)
            soundfile.write(path, rng.uniform(-0.5, 0.5, int(rng.integers(8, 30)) * 8000), 8000)
    return folder


def half_finished(home: Path) -> bool:
    """Whether a track is begun, or frames or a part of them are on disk without their row."""
    try:
        with closing(
            sqlite3.connect(f"file:{home / 'catalogue.sqlite'}?mode=ro", uri=True, timeout=5)
        ) as opened:
            begun = {row[0] for row in opened.execute("SELECT track_id FROM unfinished")}
            known = {row[0] for row in opened.execute("SELECT id FROM tracks")}
    except sqlite3.Error:
        return False
    on_disk = {path.stem for path in (home / "frames").glob("*/*.safetensors")}
    return bool(begun - known) or bool(on_disk - known)


def _wait(until: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if until():
            return True
        time.sleep(0.002)
    return False


def kill_adding(home: Path, music: Path, victim: str, rng: np.random.Generator) -> tuple[bool, bool]:
    """One run that is ended; whether something was killed, and whether a track was half finished then."""
    command = [sys.executable, "-m", "bench.kills", "--child", str(home), str(music)]
    with (home.parent / "adding.log").open("ab") as log:
        adding = subprocess.Popen(command, stdout=log, stderr=log)
    tracks = track_count(home)
    wanted = tracks + int(rng.integers(0, 3))
    ready = _wait(lambda: track_count(home) >= wanted and half_finished(home), adding, 60)
    target = adding.pid
    if victim == "worker":
        workers = [
            each for each in psutil.Process(adding.pid).children() if "index.workers.worker" in each.cmdline()
        ]
        target = workers[0].pid if workers else 0
    if victim == "vector server":
        target = int(json.loads((home / "chroma" / "server.json").read_text())["pid"])
    killed = ready and target > 0
    if killed:
        os.kill(target, signal.SIGKILL)
    if victim == "add":
        adding.wait()
        return killed, killed and half_finished(home)
    half = killed and half_finished(home)
    try:
        adding.wait(60)
    except subprocess.TimeoutExpired:
        adding.kill()
        adding.wait()
    return killed, half


def kill_page(home: Path, music: Path, rng: np.random.Generator) -> tuple[bool, bool]:
    """Start the page, and adding beside it; end both where a track is half finished, else at some moment.

    Returns
    -------
    whether the page was ended, and whether a track was half finished then
    """
    page = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "app", "--no-browser"],
        env={**os.environ, "REPRISE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    began = time.monotonic()
    adding = subprocess.Popen(
        [sys.executable, "-m", "bench.kills", "--child", str(home), str(music)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wanted = track_count(home) + int(rng.integers(0, 3))
    _wait(lambda: track_count(home) >= wanted and half_finished(home), adding, 60)
    adding.kill()
    adding.wait()
    half = half_finished(home)
    if not half:
        time.sleep(max(0.0, began + float(rng.uniform(1, 8)) - time.monotonic()))
    below = psutil.Process(page.pid).children(recursive=True) if page.poll() is None else []
    for each in (*below, psutil.Process(page.pid)) if page.poll() is None else ():
        if "chroma" not in " ".join(each.cmdline()):
            each.kill()
    page.wait()
    return True, half


def track_count(home: Path) -> int:
    """How many tracks there are, as another process sees it."""
    try:
        with closing(
            sqlite3.connect(f"file:{home / 'catalogue.sqlite'}?mode=ro", uri=True, timeout=5)
        ) as opened:
            return int(opened.execute("SELECT count(*) FROM tracks").fetchone()[0])
    except sqlite3.Error:
        return 0


def run(work: Path, kills: int, files: int, seed: int) -> dict[str, Any]:
    """An undisturbed library, one that was killed, and what differs."""
    music = made_noise(work / "music", files)
    homes = work / f"run-{os.getpid()}"
    undisturbed, killed = homes / "undisturbed", homes / "killed"
    killed.mkdir(parents=True)
    child(undisturbed, music)
    rng = np.random.default_rng(seed)
    victims = [name for name, share in SHARES.items() for _ in range(round(share * kills))]
    rng.shuffle(victims)
    done: Counter[str] = Counter()
    half = 0
    for victim in victims:
        if track_count(killed) >= files - 6:
            forget_some(killed, music, rng)
        kill = kill_page if victim == "page" else partial(kill_adding, victim=victim)
        was_killed, was_half = kill(killed, music, rng=rng)
        done[victim] += was_killed
        half += was_half
        print(
            f"{sum(done.values())} kills, {half} with a half-finished track, {track_count(killed)} tracks",
            flush=True,
        )
    child(killed, music)
    unequal = differences(picture(undisturbed), picture(killed))
    return {"kills": dict(done), "half_finished": half, "equal": not unequal, "different": unequal}


def forget_some(home: Path, music: Path, rng: np.random.Generator) -> None:
    """Take half of the tracks out, so that there is something to add."""
    from index.core.options import LibraryOptions
    from index.library import Library

    library = Library(LibraryOptions(home))
    for file in rng.permutation(sorted(music.iterdir()))[: len(list(music.iterdir())) // 2]:
        library.remove(Path(file))
    library.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 where the two libraries are equal."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=RESULTS / "cache" / "kills")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--child", type=Path, nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.child:
        child(*chosen.child)
        return 0
    found = run(chosen.work.absolute(), chosen.kills, chosen.files, chosen.seed)
    chosen.results.mkdir(parents=True, exist_ok=True)
    (chosen.results / "kills.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(json.dumps(found))
    return 0 if found["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())

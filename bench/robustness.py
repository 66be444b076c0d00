"""Kills `reprise add` with SIGKILL at random moments, lets it finish, and compares the library with an
undisturbed one.

    python -m bench.robustness                      short files made on the spot, ten kills
    python -m bench.robustness --music DIR --kills 10

Equal means: the same tracks and files in the catalogue, nothing left unfinished, the same windows in every
collection of the store with the same vectors, the same frames on disk, and the same answers to the same
queries.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.quality import RESULTS
from index.core.options import LibraryOptions
from index.core.query import Query
from index.library import Library
from index.store.vectors import open_vectors

FILES = 24
RATE_HZ = 22050
_QUERIES = 12
EARLY = 0.2
"""Share of the kills before the first track; the others are spread over the rest."""


@dataclass(frozen=True)
class Picture:
    """All that a library holds, in a form that can be compared."""

    tracks: dict[str, tuple[str, float]]
    """Title and duration by id."""
    files: dict[str, str]
    """Id by path."""
    windows: dict[str, int]
    unfinished: tuple[str, ...]
    failures: tuple[str, ...]
    vectors: dict[str, dict[str, bytes]]
    """Every window's vector, by collection and id."""
    frames: dict[str, str]
    """A hash of all arrays, by id."""
    melody: dict[str, str]
    answers: tuple[tuple[tuple[str, float, float], ...], ...]


def picture(home: Path) -> Picture:
    """What a home holds."""
    library = Library(LibraryOptions(home))
    vectors = open_vectors(home)
    try:
        catalogue = library.catalogue
        tracks = sorted(catalogue.tracks(), key=lambda track: track.id)
        kept = {}
        for name in vectors.collections():
            ids = sorted(vectors.ids(name))
            rows = np.round(vectors.get(name, ids), 6) if ids else np.zeros((0, 0))
            kept[name] = {each: row.tobytes() for each, row in zip(ids, rows, strict=True)}
        return Picture(
            tracks={track.id: (track.title, round(track.duration_s, 3)) for track in tracks},
            files={path: file.track_id for path, file in sorted(catalogue.files().items())},
            windows=catalogue.windows(),
            unfinished=tuple(sorted(catalogue.unfinished())),
            failures=tuple(sorted(failure.path for failure in catalogue.failures())),
            vectors=kept,
            frames={each: _arrays_hash(library, each) for each in library.frames.ids()},
            melody={
                file.stem: _hash(file.read_bytes()) for file in sorted((home / "melody").glob("*/*/*.npy"))
            },
            answers=tuple(_answer(library, track.id) for track in tracks[:_QUERIES]),
        )
    finally:
        vectors.close()
        library.close()


def _arrays_hash(library: Library, track_id: str) -> str:
    arrays = library.frames.verify(track_id).arrays
    return _hash(b"".join(name.encode() + arrays[name].tobytes() for name in sorted(arrays)))


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _answer(library: Library, track_id: str) -> tuple[tuple[str, float, float], ...]:
    passage = library.passage(library.track(track_id), 1.0)
    hits = library.find(Query(passage)).hits
    return tuple((h.track.id, round(h.moment.start_s, 1), round(h.score, 2)) for h in hits)


def differences(first: Picture, second: Picture) -> list[str]:
    """The names of what is not equal."""
    return [name for name in vars(first) if getattr(first, name) != getattr(second, name)]


def reprise(home: Path, *arguments: str, timeout_s: float = 600) -> tuple[int, str]:
    """Run a command of Reprise's on a home: its exit code, and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**os.environ, "REPRISE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return done.returncode, done.stdout


@dataclass(frozen=True)
class Added:
    """One run of `reprise add`."""

    elapsed_s: float
    first_track_s: float
    """Until the first frames of a track were there; the whole run where there were none."""
    killed: bool


def add(folder: Path, home: Path, kill_after_s: float = float("inf")) -> Added:
    """Run `reprise add`, and kill it after some seconds."""
    home.mkdir(parents=True, exist_ok=True)
    first_track_s = None
    began = time.monotonic()
    with (home / "add.log").open("ab") as log:
        adding = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "add", str(folder), "--workers", "2"],
            env={**os.environ, "REPRISE_HOME": str(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        while (code := adding.poll()) is None:
            at_s = time.monotonic() - began
            if at_s >= kill_after_s:
                adding.send_signal(signal.SIGKILL)
                adding.wait()
                break
            if first_track_s is None and any((home / "frames").glob("*/*.safetensors")):
                first_track_s = at_s
            time.sleep(0.02)
    if code:
        raise SystemExit(f"reprise add ended with code {code}: see {home / 'add.log'}.")
    elapsed_s = time.monotonic() - began
    return Added(elapsed_s, first_track_s or elapsed_s, code is None)


def made_files(folder: Path, count: int, seed: int = 0) -> Path:
    """Short pieces of chords and noise, every one different."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        seconds = int(rng.integers(6, 20))
        at_s = np.arange(seconds * RATE_HZ) / RATE_HZ
        sound = 0.01 * rng.standard_normal(len(at_s))
        for start_s in range(seconds):
            inside = (at_s >= start_s) & (at_s < start_s + 1)
            decay = np.exp(-3 * (at_s[inside] - start_s))
            for midi in rng.integers(48, 76, 3):
                sound[inside] += (
                    0.2 * decay * np.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * at_s[inside])
                )
        soundfile.write(folder / f"piece {number:03d}.wav", sound / np.abs(sound).max() * 0.8, RATE_HZ)
    return folder


def run(folder: Path, work: Path, kills: int, seed: int) -> dict[str, Any]:
    """An undisturbed run, a run with kills, and what differs."""
    homes = work / f"run-{os.getpid()}"  # a server may still be busy with the homes of the last run
    undisturbed, killed = homes / "undisturbed", homes / "killed-0"
    whole = add(folder, undisturbed)
    print(
        f"Undisturbed: {whole.elapsed_s:.1f} s, the first track after {whole.first_track_s:.1f} s", flush=True
    )
    rng = np.random.default_rng(seed)
    step_s = 2 * (whole.elapsed_s - whole.first_track_s) / kills
    attempts = 0
    killed_at: list[float] = []
    seen: list[int] = []
    while len(killed_at) < kills:
        early = rng.random() < EARLY
        after_s = (
            rng.uniform(0.3, whole.first_track_s) if early else whole.first_track_s + rng.uniform(0, step_s)
        )
        if not add(folder, killed, float(after_s)).killed:
            attempts += 1  # all was there already; once more from the start
            killed = homes / f"killed-{attempts}"
            continue
        killed_at.append(round(float(after_s), 2))
        seen.append(_tracks(killed))
        print(f"Killed after {after_s:.1f} s; {seen[-1]} tracks are there", flush=True)
    add(folder, killed)
    first, second = picture(undisturbed), picture(killed)
    unequal = differences(first, second)
    if not unequal:
        shutil.rmtree(homes, ignore_errors=True)
    return {
        "files": len(first.files),
        "windows": sum(first.windows.values()),
        "undisturbed_s": whole.elapsed_s,
        "killed_after_s": killed_at,
        "tracks_after_kill": seen,
        "equal": not unequal,
        "different": unequal,
    }


def _tracks(home: Path) -> int:
    library = Library(LibraryOptions(home))
    try:
        return len(library.catalogue.tracks())
    finally:
        library.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 where the two libraries are equal."""
    parser = argparse.ArgumentParser(prog="python -m bench.robustness", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--music", type=Path, help="a folder of short files; default some are made")
    parser.add_argument("--files", type=int, default=FILES, help="how many are made")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=RESULTS / "cache" / "robustness")
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen = parser.parse_args(arguments)
    work = chosen.work.absolute()
    found = run(chosen.music or made_files(work / "music", chosen.files), work, chosen.kills, chosen.seed)
    chosen.results.mkdir(parents=True, exist_ok=True)
    (chosen.results / "robustness.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print("Equal." if found["equal"] else f"Not equal: {', '.join(found['different'])}.")
    return 0 if found["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())

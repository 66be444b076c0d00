"""Clips that begin before a track does, or go on after it: silence, a room, another piece come first, or follow.

    python -m bench.overhanging HOME --tracks 60

Of tracks of a library drawn at random the first or the last five seconds are asked for, with five seconds of something
else beside them. Is the best hit of that track (of two pieces, of either), and is it at an end of it? Where music comes
back note for note, another round of it is as right. Then the same with the track left out: how
often something is claimed all the same (a confidence over a half).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from app.settings import Settings
from app.wiring import open_library
from index.core.query import Query
from index.core.tracks import Track
from index.library import Library

PART_S = 5.0
NEAR_S = 1.5
CLAIMED = 0.5
NOISE_DB = {"a quiet room": -25.0, "a room": -15.0, "a loud room": -6.0}
KINDS = ("nothing", "silence", *NOISE_DB, "another piece before", "another piece after")


@dataclass(frozen=True)
class Case:
    """A clip that hangs over a track."""

    samples: np.ndarray
    rate_hz: int
    of: tuple[Track, ...]
    """The tracks that are heard in it."""


def mono(library: Library, track: Track, *, last: bool) -> tuple[np.ndarray, int]:
    """The first or last seconds of a track."""
    start_s = max(0.0, track.duration_s - PART_S) if last else 0.0
    sound = library.sound(track, start_s, start_s + PART_S)
    samples = np.asarray(sound.samples, np.float32)
    return (samples if samples.ndim == 1 else samples.mean(axis=1)), sound.rate_hz


def case(library: Library, kind: str, track: Track, other: Track, rng: np.random.Generator) -> Case:
    """A clip of this kind."""
    own, rate_hz = mono(library, track, last=kind == "another piece after")
    if kind.startswith("another"):
        beside, its_rate = mono(library, other, last=kind == "another piece before")
        length = round(len(beside) * rate_hz / its_rate)
        beside = np.interp(np.linspace(0, len(beside) - 1, length), np.arange(len(beside)), beside)
        both = (own, beside) if kind == "another piece after" else (beside, own)
        return Case(np.concatenate(both).astype(np.float32), rate_hz, (track, other))
    if kind == "nothing":
        return Case(own, rate_hz, (track,))
    before = np.zeros(round(PART_S * rate_hz), np.float32)
    samples = np.concatenate([before, own])
    if kind in NOISE_DB:
        level = float(np.sqrt(np.mean(own**2))) * 10 ** (NOISE_DB[kind] / 20)
        samples = samples + level * rng.standard_normal(len(samples)).astype(np.float32)
    return Case(samples, rate_hz, (track,))


def _is_no(titles: set[str], track: Track) -> bool:
    return track.title not in titles


def asked(library: Library, kind: str, tracks: list[Track], folder: Path) -> str:
    """A row of the table."""
    rng, moments = np.random.default_rng(1), library.searches.moments()
    right, placed, claimed, took = [], [], [], []
    for number, track in enumerate(tracks):
        made = case(library, kind, track, tracks[(number + 1) % len(tracks)], rng)
        path = folder / f"{kind}{number}.wav"
        soundfile.write(path, made.samples, made.rate_hz)
        query = Query(library.passage(library.clip(path, recorded=kind in NOISE_DB)))
        results = moments.find(query)
        took.append(results.elapsed_ms)
        hit = results.hits[0]
        right.append(hit.track in made.of)
        there = hit.moment.start_s <= NEAR_S or hit.moment.end_s >= hit.track.duration_s - NEAR_S
        placed.append(right[-1] and there)
        titles = {each.title for each in made.of}
        absent = moments.find(query, partial(_is_no, titles))
        claimed.append(absent.hits[0].confidence > CLAIMED)
    shares = " | ".join(f"{statistics.mean(each):.2f}" for each in (right, placed, claimed))
    return f"| {kind} | {shares} | {statistics.median(took):.0f} |"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--tracks", type=int, default=60)
    chosen = parser.parse_args()
    library = open_library(Settings(home=chosen.home))
    rng = np.random.default_rng(0)
    tracks = library.tracks()
    tracks = [tracks[i] for i in rng.permutation(len(tracks))[: chosen.tracks]]
    print(
        f"{len(tracks)} of {library.status().tracks} tracks; five seconds of each, five of something else\n"
    )
    print(
        "| beside it | its track | at that end | claimed where it is not there | ms |\n|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            print(asked(library, kind, tracks, Path(folder)), flush=True)
    library.close()


if __name__ == "__main__":
    main()

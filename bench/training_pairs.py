"""Pairs to train the moment vector on: each work as the library has it, and as somebody else plays it.

    python -m bench.training_pairs PAIRS --works 600

Only works of the training side (bench.works) are used, none of the reserved ones. A pair is the work by TimGM6mb
with its own instruments, and the same stretch by either soundfont with others, at a tempo ratio of 0.75 to 1.33 and
in a key up to six semitones away, now and then in noise, in a room or over the telephone; both as basic-pitch hears
them. Can be interrupted and goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import random
import re
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soxr

from bench.damage import pink_noise, room, telephone
from bench.variants import other_soundfont
from bench.works import works
from demo.render import render
from demo.scores import ScoreError, load_score
from index.analysis import pool_to_grid
from index.audio import Sound
from index.models.basic_pitch import RATE_HZ, BasicPitch

LENGTH_S = 70.0
SHORTEST_S = 15.0
OCTAVES_OF_TEMPO = 0.415
OTHER_INSTRUMENTS = 0.75
ONE_INSTRUMENT = 0.4
OTHER_SOUNDFONT = 0.75
SPOILT = 0.35
# fmt: off
PROGRAMS = (
    0, 4, 6, 11, 16, 19, 21, 22, 24, 25, 32, 40, 41, 42, 44, 46, 48, 49, 52, 56, 57, 60, 61, 64, 66, 68, 70, 71,
    73, 74, 75, 79, 80, 81, 89,
)
# fmt: on
"""General MIDI programs that hold or pluck a pitch."""


def make_pair(work: str, folder: Path) -> str:
    """Render and hear one work; returns what went wrong, or nothing."""
    file = folder / (re.sub(r"[^\w.#-]", "_", work) + ".npz")
    if file.exists():
        return ""
    draw = random.Random(f"x{work}")
    try:
        score = load_score(work)
    except ScoreError as error:
        return str(error)
    if score.duration_s < SHORTEST_S:
        return f"{work} lasts {score.duration_s:.0f} s"
    start_s = 0.0 if score.duration_s < LENGTH_S + 10 else draw.uniform(0, score.duration_s - LENGTH_S)
    own = render(score, start_s=start_s, max_s=LENGTH_S, rate_hz=RATE_HZ)
    ratio, shift = 2 ** draw.uniform(-OCTAVES_OF_TEMPO, OCTAVES_OF_TEMPO), draw.randint(-6, 6)
    programs = [part.program for part in score.parts]
    if draw.random() < OTHER_INSTRUMENTS:
        if draw.random() < ONE_INSTRUMENT:
            programs = [draw.choice(PROGRAMS)] * len(programs)
        else:
            programs = [draw.choice(PROGRAMS) for _ in programs]
    other = render(
        score,
        other_soundfont() if draw.random() < OTHER_SOUNDFONT else None,
        programs=programs,
        tempo_ratio=ratio,
        transpose=shift,
        start_s=start_s,
        max_s=LENGTH_S / ratio,
        reverb=draw.choice([0, 0, 0.3]),
        rate_hz=RATE_HZ,
    )
    if draw.random() < SPOILT:
        other = _spoilt(other, draw)
    partial = file.with_suffix(f".{os.getpid()}.part")
    with partial.open("wb") as out:
        np.savez_compressed(out, a=heard(own), b=heard(other), ratio=ratio, transpose=shift, work=work)
    partial.replace(file)
    return ""


def _spoilt(sound: Sound, draw: random.Random) -> Sound:
    """The sound in noise, in a room or over the telephone."""
    rng = np.random.default_rng(draw.getrandbits(32))
    kind = draw.choice(("noise", "room", "telephone"))
    if kind == "noise":
        return pink_noise(sound, draw.uniform(0, 12), rng)
    return room(sound, draw.uniform(0.5, 1.5), rng) if kind == "room" else telephone(sound)


def heard(sound: Sound) -> np.ndarray:
    """Notes of a sound as `index.frames` keeps them: (n, 88) uint8 at 10 Hz, square root of the activation."""
    samples = soxr.resample(sound.samples, sound.rate_hz, RATE_HZ).astype(np.float32)
    activations = _network().activations(samples)
    count = int(np.ceil(len(samples) / RATE_HZ * 10 - 1e-6))
    pooled = pool_to_grid(activations.notes, activations.times_s, 10.0, count)
    return np.round(np.sqrt(pooled) * 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _network() -> BasicPitch:
    return BasicPitch(threads=1)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--works", type=int, default=600)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    chosen.pairs.mkdir(parents=True, exist_ok=True)
    paths = works(chosen.works, split="train")
    with ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn")) as pool:
        for number, said in enumerate(pool.map(make_pair, paths, [chosen.pairs] * len(paths)), start=1):
            if said or number % 20 == 0:
                print(f"{number} of {len(paths)} {said}", flush=True)


if __name__ == "__main__":
    main()

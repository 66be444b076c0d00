"""Pairs to train the moment vector on: each work as the library has it, and as somebody else plays it.

    python -m bench.training_pairs PAIRS --works 600 [--alone]

Only works of the training split (bench.works) are used, none of the reserved ones. A pair is the work by
TimGM6mb with its own instruments, and the same stretch by either soundfont with others, at a tempo ratio of
0.75 to 1.33 and in a key up to six semitones away, now and then in noise, in a room or over the telephone;
both as basic-pitch hears them: notes `a` and `b`, and for bench.ablation onsets `a_onsets`, `b_onsets` and
contours `a_contours`, `b_contours`; with --alone nothing of `b`, which `bench.train_salience` does not ask
for. Can be interrupted and goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import random
import re
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from bench.damage import pink_noise, room, telephone
from bench.variants import other_soundfont
from bench.works import works
from demo.render import render
from demo.scores import ScoreError, load_score
from index.analysis.analyser import pool_to_grid
from index.audio.reading import Sound
from index.core.frames import CONTOUR_BINS_PER_SEMITONE, NOTE_HZ, PITCHES
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


def make_pair(work: str, folder: Path, *, alone: bool = False) -> str:
    """Render and transcribe one work, `alone` without another's playing; returns what went wrong, or nothing."""
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
    if alone:
        _keep(file, work=work, **heard(own, "a"))
        return ""
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
    _keep(file, ratio=ratio, transpose=shift, work=work, **heard(own, "a"), **heard(other, "b"))
    return ""


def _keep(file: Path, **arrays: Any) -> None:
    unfinished = file.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as out:
        np.savez_compressed(out, **arrays)
    unfinished.replace(file)


def _spoilt(sound: Sound, draw: random.Random) -> Sound:
    """The sound in noise, in a room or over the telephone."""
    rng = np.random.default_rng(draw.getrandbits(32))
    kind = draw.choice(("noise", "room", "telephone"))
    if kind == "noise":
        return pink_noise(sound, draw.uniform(0, 12), rng)
    return room(sound, draw.uniform(0.5, 1.5), rng) if kind == "room" else telephone(sound)


def heard(sound: Sound, name: str) -> dict[str, np.ndarray]:
    """basic-pitch's activations, each (n, 88) uint8 at 10 Hz, square root of the activation times 255.

    `name` are the notes as `index.store.frame_store` keeps them (mean of a tenth of a second); `name`_onsets
    the highest onset in each tenth, which a mean would drown; `name`_contours the mean of the strongest of
    each semitone's three bins.
    """
    samples = soxr.resample(sound.samples, sound.rate_hz, RATE_HZ).astype(np.float32)
    activations = _network().activations(samples)
    times_s, count = activations.times_s, int(np.ceil(len(samples) / RATE_HZ * NOTE_HZ - 1e-6))
    contours = activations.contours.reshape(-1, PITCHES, CONTOUR_BINS_PER_SEMITONE).max(axis=2)
    pooled = {
        name: pool_to_grid(activations.notes, times_s, NOTE_HZ, count),
        f"{name}_onsets": highest_on_grid(activations.onsets, times_s, NOTE_HZ, count),
        f"{name}_contours": pool_to_grid(contours, times_s, NOTE_HZ, count),
    }
    return {key: np.round(np.sqrt(each) * 255).astype(np.uint8) for key, each in pooled.items()}


def highest_on_grid(array: np.ndarray, times_s: np.ndarray, rate_hz: float, count: int) -> np.ndarray:
    """Maximum of the rows of (m, d) that fall into each frame of a grid, as (count, d) float32; `times_s`
    ascend.

    A frame of the grid into which no row falls takes the row that follows it.
    """
    edges = np.searchsorted(times_s, np.arange(count + 1) / rate_hz)
    starts = np.minimum(edges[:-1], len(array) - 1)
    end = max(edges[-1], starts[-1] + 1)
    return np.maximum.reduceat(array[:end], starts, axis=0).astype(np.float32)


@lru_cache(maxsize=1)
def _network() -> BasicPitch:
    return BasicPitch(threads=1)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--works", type=int, default=600)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--alone", action="store_true", help="only as the library has them")
    chosen = parser.parse_args()
    chosen.pairs.mkdir(parents=True, exist_ok=True)
    paths = works(chosen.works, split="train")
    with ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn")) as pool:
        for number, said in enumerate(
            pool.map(partial(make_pair, folder=chosen.pairs, alone=chosen.alone), paths), start=1
        ):
            if said or number % 20 == 0:
                print(f"{number} of {len(paths)} {said}", flush=True)


if __name__ == "__main__":
    main()

"""Trains the instrument families: which family plays, from MusiCNN's embedding and tags, by logistic
regression.

    python -m bench.train_families CACHE --segments 1600

Works of the training split (bench.works) are rendered with every soundfont that is found, one in five of them
by two families at once, some in a hall, some with a tilted spectrum; MusiCNN hears ten seconds of each.
Instruments that belong to no family (synthesisers, basses, distorted guitars) are played too, as examples of
"none of these". Writes index/descriptors/families.json; prints, for each soundfont, how often the family
named first plays when it is trained on the others.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from bench.score_truth import families
from bench.works import works
from demo.render import default_soundfont, render
from demo.scores import ScoreError, load_score
from index.descriptors.instruments import FAMILIES

PROGRAMS: dict[str, tuple[int, ...]] = {
    "piano": (0, 0, 1, 2, 3),
    "harpsichord": (6, 6, 7),
    "organ": (19, 19, 16, 20),
    "accordion": (21, 22, 23),
    "plucked strings": (24, 24, 25, 26, 46, 46, 105, 106),
    "strings": (40, 40, 41, 42, 43, 44, 48, 49, 110),
    "voices": (52, 52, 53, 53, 54),
    "brass": (56, 57, 58, 60, 61, 59),
    "winds": (73, 74, 75, 68, 69, 70, 71, 72, 64, 65, 66),
    "mallets": (8, 9, 11, 12, 13, 14),
    "": (29, 30, 33, 38, 80, 81, 62, 88, 89, 90),
}
LENGTH_S = 10.0
LEAD_S = 2.0
TWO_FAMILIES = 0.2
L2 = 0.02
OUT = Path(__file__).parents[1] / "index/descriptors/families.json"
SOUNDFONTS = (
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    Path("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3"),
)


def make_segment(given: tuple[int, str, str, str]) -> str:
    """Render and embed one segment; returns what went wrong, or nothing."""
    number, work, soundfont, folder = given
    file = Path(folder) / f"{number}.npz"
    if file.exists():
        return ""
    draw = random.Random(number)
    try:
        score = load_score(work)
    except ScoreError as error:
        return str(error)
    if score.duration_s < LENGTH_S + LEAD_S + 4:
        return f"{work} is short"
    chosen = draw.sample(sorted(PROGRAMS), 2)
    one = draw.random() >= TWO_FAMILIES or len(score.parts) < 2
    split = len(score.parts) if one else draw.randrange(1, len(score.parts))
    first, second = (draw.choice(PROGRAMS[name]) for name in chosen)
    mixed = draw.random() < 0.5
    programs = [
        (draw.choice(PROGRAMS[chosen[0]]) if mixed else first)
        if place < split
        else (draw.choice(PROGRAMS[chosen[1]]) if mixed else second)
        for place in range(len(score.parts))
    ]
    start_s = draw.uniform(0, score.duration_s - LENGTH_S - LEAD_S - 1)
    sound = render(
        score,
        Path(soundfont),
        programs=programs,
        start_s=start_s,
        max_s=LENGTH_S + LEAD_S + 4.5,
        transpose=draw.randint(-5, 5),
        reverb=draw.choice([0, 0, 0.3, 0.7]),
        rate_hz=32000,
    ).span(LEAD_S, LEAD_S + LENGTH_S)
    at_16k = soxr.resample(_tilted(sound.samples, draw.uniform(-0.35, 0.35)), sound.rate_hz, 16000).astype(
        np.float32
    )
    heard = _analyser()._timbre(at_16k, sound.duration_s)
    shares = families(score, start_s + LEAD_S, start_s + LEAD_S + LENGTH_S, programs)
    np.savez(
        file,
        embedding=heard["embedding"],
        tags=heard["tags"],
        shares=np.array([shares.get(name, 0.0) for name in FAMILIES]),
        soundfont=Path(soundfont).name,
    )
    return ""


def _tilted(samples: np.ndarray, tilt: float) -> np.ndarray:
    """Brighter or darker by a filter of one pole or zero, at the same level."""
    from scipy.signal import lfilter

    heard = lfilter([1.0, -tilt], [1.0, tilt], samples)
    return heard * np.sqrt(np.mean(samples**2) / max(float(np.mean(heard**2)), 1e-12))


@lru_cache(maxsize=1)
def _analyser() -> Any:
    from index.analysis.analyser import Analyser

    return Analyser(threads=1)


def fit(
    features: np.ndarray, present: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, weights and bias of a logistic regression a family; `weight` is 0 where it is too faint to count."""
    from scipy.optimize import minimize

    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    standard = (features - mean) / spread
    weights, bias = np.zeros((len(FAMILIES), features.shape[1])), np.zeros(len(FAMILIES))
    for family in range(len(FAMILIES)):
        y, w = present[:, family], weight[:, family]

        def loss(at: np.ndarray, y: np.ndarray = y, w: np.ndarray = w) -> tuple[float, np.ndarray]:
            odds = standard @ at[1:] + at[0]
            error = w * (1 / (1 + np.exp(-odds)) - y) / w.sum()
            value = np.sum(w * (np.logaddexp(0, odds) - y * odds)) / w.sum() + L2 * np.sum(at[1:] ** 2)
            return float(value), np.concatenate([[error.sum()], standard.T @ error + 2 * L2 * at[1:]])

        best = minimize(loss, np.zeros(features.shape[1] + 1), jac=True, method="L-BFGS-B").x
        weights[family], bias[family] = best[1:] / spread, best[0]
    return mean, weights, bias


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.train_families", description=__doc__.splitlines()[0]
    )
    parser.add_argument("cache", type=Path)
    parser.add_argument("--segments", type=int, default=1600)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    chosen.cache.mkdir(parents=True, exist_ok=True)
    fonts = [str(file) for file in (default_soundfont(), *SOUNDFONTS) if file.is_file()]
    paths = works(150, split="train")
    jobs = [
        (n, paths[n * 7 % len(paths)], fonts[n % len(fonts)], str(chosen.cache))
        for n in range(chosen.segments)
    ]
    with ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(make_segment, jobs, chunksize=8))
    kept = [np.load(file) for file in sorted(chosen.cache.glob("*.npz"), key=lambda file: int(file.stem))]
    features = np.array([one["embedding"].astype(float).mean(axis=0) for one in kept])
    shares = np.array([one["shares"] for one in kept])
    font = np.array([str(one["soundfont"]) for one in kept])
    present, counts = (shares > 0).astype(float), ((shares == 0) | (shares > 0.15)).astype(float)
    for name in sorted(set(font)):
        mean, weights, bias = fit(features[font != name], present[font != name], counts[font != name])
        odds = (features[font == name] - mean) @ weights.T + bias
        some = shares[font == name].sum(axis=1) > 0.9
        first = odds.argmax(axis=1)
        said = odds.max(axis=1) > 0
        right = shares[font == name][np.arange(len(first)), first] > 0
        print(
            f"{name}: {len(first)} segments; first of all {right[some].mean():.3f}; where named"
            f" {right[some & said].mean():.3f} ({said[some].mean():.2f} named);"
            f" named where none plays {said[~some].mean():.2f}"
        )
    mean, weights, bias = fit(features, present, counts)
    numbers = {
        "families": FAMILIES,
        "mean": np.round(mean, 4).tolist(),
        "bias": np.round(bias, 4).tolist(),
        "weights": np.round(weights, 4).tolist(),
    }
    OUT.write_text(json.dumps(numbers) + "\n", "utf-8")


if __name__ == "__main__":
    main()

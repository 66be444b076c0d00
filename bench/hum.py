"""How well hums find their piece and moment, on a query set.

    python -m bench.hum SETS/tune [--half dev|check|all] [--fit]
    python -m bench.hum SETS/tune --windows 47392

The hums of even number are the half on which numbers were chosen (dev), the others the half that checks them.
Prints the right moment at 1, the right piece at 1 and in 10, and the mean reciprocal rank; `--fit` fits the logistic of
`index.humming.CONFIDENCE` on the chosen half; `--windows` repeats the library until it has so many and prints what ten
hums take, pitch tracking included. Pitch tracks and salience are kept in the set's folder.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.quality_sets import TrueQuery, open_set
from index.candidates import window_count
from index.humming import TuneSearcher
from index.moments import Grid, Query, Results
from index.pitch_track import PitchTrack, track_pitch
from index.salience_store import SalienceStore, SalienceTable


@dataclass(frozen=True)
class Outcome:
    """What became of one hum."""

    rank: int
    """Of the right piece, from 1; 0 if it was not found."""
    moment: bool
    """Whether the first hit is the right moment."""
    seconds: float
    features: tuple[tuple[float, float, float, bool], ...]
    """Of each of the first three hits: odds, lead over the next piece, seconds of tune, and whether it is right."""
    confidence: float


def outcome(query: TrueQuery, results: Results, voiced_s: float) -> Outcome:
    """Compare what was found with what is true."""
    pieces = [Path(hit.track.path).stem for hit in results.hits]
    rank = pieces.index(query.piece) + 1 if query.piece in pieces else 0
    odds = [hit.factors["melody"].value for hit in results.hits]
    features = []
    for number, hit in enumerate(results.hits[:3]):
        rival = max((value for i, value in enumerate(odds) if i != number), default=0.0)
        right = query.is_right(pieces[number], hit.moment.start_s, hit.moment.end_s)
        features.append((odds[number], odds[number] - rival, voiced_s, right))
    first = features[0][3] if features else False
    sure = results.hits[0].confidence if results.hits else 0.0
    return Outcome(rank, first, results.elapsed_ms / 1000, tuple(features), sure)


def run(folder: Path, half: str) -> list[Outcome]:
    """All hums of a half against the set's library."""
    opened = open_set(folder)
    hums = [query for query in opened.queries if query.kind == "hum"]
    store = SalienceStore(folder / "salience", opened.frames)
    searcher = TuneSearcher(opened.tracks, store.table(opened.tracks))
    outcomes = []
    for number, query in enumerate(hums):
        if half == ("check" if number % 2 == 0 else "dev"):
            continue
        pitch = _pitch(folder / "pitch", query)
        results = searcher.find_tune(Query(query.passage, k=60), pitch)
        outcomes.append(outcome(query, results, pitch.voiced_s))
    return outcomes


def _pitch(folder: Path, query: TrueQuery) -> PitchTrack:
    file = folder / f"{query.passage.source.id}.pickle"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(track_pitch(query.passage)))
    kept: PitchTrack = pickle.loads(file.read_bytes())
    return kept


def summary(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The numbers of a run."""
    ranks = np.array([each.rank or 10**6 for each in outcomes])
    sure = np.array([each.confidence for each in outcomes])
    right = np.array([each.moment for each in outcomes], float)
    return {
        "hums": len(outcomes),
        "moment@1": round(float(right.mean()), 3),
        "piece@1": round(float((ranks == 1).mean()), 3),
        "piece@10": round(float((ranks <= 10).mean()), 3),
        "MRR": round(float((1 / ranks).mean()), 3),
        "Brier": round(float(((sure - right) ** 2).mean()), 3),
        "seconds": round(float(np.median([each.seconds for each in outcomes])), 3),
    }


def fit(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The logistic of the confidence, by gradient descent with a little shrinking (Platt, 1999)."""
    rows = [feature for each in outcomes for feature in each.features]
    x = np.array([[1.0, odds, margin, np.log(max(voiced_s, 0.5))] for odds, margin, voiced_s, _ in rows])
    y = np.array([right for *_, right in rows], float)
    weights = np.zeros(4)
    for _ in range(20000):
        chance = 1 / (1 + np.exp(-x @ weights))
        weights += 0.5 * (x.T @ (y - chance) / len(y) - 0.002 * weights * [0, 1, 1, 1])
    return dict(zip(("intercept", "odds", "margin", "length"), weights.round(3).tolist(), strict=True))


def latency(folder: Path, windows: int, count: int = 10) -> dict[str, float]:
    """Seconds a hum takes against the set's library repeated until it has so many windows (of 10 s every 2 s)."""
    opened = open_set(folder)
    grid, tracks = Grid(), list(opened.tracks)
    salience = SalienceStore(folder / "salience", opened.frames)
    rows = [salience.table([track]).rows for track in tracks]
    per_round = sum(window_count(track, grid) for track in tracks)
    rounds = -(-windows // per_round)
    searcher = TuneSearcher(tracks * rounds, SalienceTable.of(rows * rounds), grid)
    hums = [query for query in opened.queries if query.kind == "hum"][: count + 1]
    took = []
    for query in hums:
        began = time.perf_counter()
        searcher.find(Query(query.passage, k=10))
        took.append(time.perf_counter() - began)
    return {
        "windows": per_round * rounds,
        "hums": len(took) - 1,
        "median_s": round(float(np.median(took[1:])), 2),
        "most_s": round(max(took[1:]), 2),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("dev", "check", "all"), default="all")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--windows", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.windows:
        print(json.dumps(latency(chosen.folder, chosen.windows)))
        return
    began = time.perf_counter()
    outcomes = run(chosen.folder, chosen.half)
    print(json.dumps({**summary(outcomes), "took_s": round(time.perf_counter() - began)}))
    if chosen.fit:
        print(json.dumps(fit(outcomes)))


if __name__ == "__main__":
    main()

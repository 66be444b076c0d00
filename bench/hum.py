"""How well hums find their piece and moment, on a query set.

    python -m bench.hum SETS/tune [--half dev|check|all] [--noise DB] [--fit]
    python -m bench.hum SETS/tune --windows 47392

The hums of even number are the half on which numbers were chosen (dev), the others the half that checks them.
Prints the right moment at 1, the right piece at 1 and in 10, and the mean reciprocal rank; `--fit` fits the
logistic of `index.humming.searcher.CONFIDENCE` on the chosen half; `--windows` repeats the library until it
has so many and prints what ten hums take, by the clock and of the processor, pitch tracking included.
`shared` are the same numbers with other pieces counted as right too where they have the hummed tune
(bench/shared_tunes.py). Pitch tracks, salience and shared tunes are kept in the set's folder.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.damage import pink_noise
from bench.quality_sets import QuerySet, TrueQuery, open_set
from bench.shared_tunes import Spans, set_tunes
from index.analysis.f0 import PitchTrack, track_sound
from index.audio.reading import read_sound
from index.core.errors import QueryError
from index.core.hits import Results
from index.core.moments import Grid, window_count
from index.core.query import Query
from index.humming.searcher import TuneSearcher
from index.store.salience_store import SalienceStore, SalienceTable


@dataclass(frozen=True)
class Found:
    """How well one hum was answered."""

    rank: int
    """Of the first right piece, from 1; 0 if none was found."""
    moment: bool
    """Whether the first hit is the right moment."""


@dataclass(frozen=True)
class Outcome:
    """What became of one hum."""

    own: Found
    """Where only the piece itself is right."""
    shared: Found
    """Where pieces that share the tune are right too."""
    others: int
    """How many those are."""
    seconds: float
    features: tuple[tuple[float, float, float, bool], ...]
    """Of each of the first three hits: odds, lead over the
    next piece, seconds of tune, and whether it is right.
    """
    confidence: float


def outcome(
    query: TrueQuery, results: Results, voiced_s: float, others: Mapping[str, Spans] | None = None
) -> Outcome:
    """Compare what was found with what is true; `others` are the pieces that share the tune, and where."""
    pieces = [Path(hit.track.path).stem for hit in results.hits]
    right_too = [replace(query, piece=piece, spans=spans) for piece, spans in (others or {}).items()]
    odds = [hit.factors["melody"].value for hit in results.hits]
    features = []
    for number, hit in enumerate(results.hits[:3]):
        rival = max((value for i, value in enumerate(odds) if i != number), default=0.0)
        right = query.is_right(pieces[number], hit.moment.start_s, hit.moment.end_s)
        features.append((odds[number], odds[number] - rival, voiced_s, right))
    sure = results.hits[0].confidence if results.hits else 0.0
    own, shared = _found([query], results, pieces), _found([query, *right_too], results, pieces)
    return Outcome(own, shared, len(right_too), results.elapsed_ms / 1000, tuple(features), sure)


def _found(right: Sequence[TrueQuery], results: Results, pieces: Sequence[str]) -> Found:
    """`pieces` are those of the hits."""
    names = {query.piece for query in right}
    rank = next((i for i, piece in enumerate(pieces, 1) if piece in names), 0)
    first = results.hits[0].moment if results.hits else None
    moment = first is not None and any(
        query.is_right(pieces[0], first.start_s, first.end_s) for query in right
    )
    return Found(rank, moment)


def run(folder: Path, half: str, noise_db: float | None = None) -> list[Outcome]:
    """All hums of a half against the set's library; noise
    is so far below the voice. What is refused is not found.
    """
    opened = open_set(folder)
    store = SalienceStore(folder / "salience", opened.frames)
    searcher = TuneSearcher(opened.tracks, store.table(opened.tracks))
    tunes = set_tunes(folder)
    outcomes = []
    for number, (query, pitch) in enumerate(hummed(opened, noise_db)):
        if half == ("check" if number % 2 == 0 else "dev"):
            continue
        asked = Query(query.passage, k=60)
        try:
            results = searcher.find_tune(asked, pitch)
        except QueryError:
            results = Results(asked, (), 0, 0.0)
        others = tunes.get(Path(query.passage.source.path).name)
        outcomes.append(outcome(query, results, pitch.voiced_s, others))
    return outcomes


def hummed(opened: QuerySet, noise_db: float | None = None) -> Iterator[tuple[TrueQuery, PitchTrack]]:
    """The hums of a set and their estimated f0, with noise so far below the voice."""
    folder = opened.folder / ("pitch" if noise_db is None else f"pitch-{noise_db:g}dB")
    for query in opened.queries:
        if query.kind == "hum":
            yield query, _pitch(folder, query, noise_db)


def _pitch(folder: Path, query: TrueQuery, noise_db: float | None) -> PitchTrack:
    file = folder / f"{query.passage.source.id}.pickle"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        sound = read_sound(Path(query.passage.source.path))
        if noise_db is not None:
            sound = pink_noise(sound, noise_db, np.random.default_rng(zlib.crc32(file.stem.encode())))
        file.write_bytes(pickle.dumps(track_sound(sound)))
    kept: PitchTrack = pickle.loads(file.read_bytes())
    return kept


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The numbers of a run."""
    sure = np.array([each.confidence for each in outcomes])
    right = np.array([each.own.moment for each in outcomes], float)
    return {
        "hums": len(outcomes),
        **rates([each.own for each in outcomes]),
        "shared": {
            "hums": sum(each.others > 0 for each in outcomes),
            **rates([each.shared for each in outcomes]),
        },
        "Brier": round(float(((sure - right) ** 2).mean()), 3),
        "seconds": round(float(np.median([each.seconds for each in outcomes])), 3),
    }


def rates(found: Sequence[Found]) -> dict[str, float]:
    """How often what is right comes first, or among the first ten."""
    ranks = np.array([each.rank or 10**6 for each in found])
    return {
        "moment@1": round(float(np.mean([each.moment for each in found])), 3),
        "piece@1": round(float((ranks == 1).mean()), 3),
        "piece@10": round(float((ranks <= 10).mean()), 3),
        "MRR": round(float((1 / ranks).mean()), 3),
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
    """Seconds a hum takes against the set's library repeated
    until it has so many windows (of 10 s every 2 s).
    """
    opened = open_set(folder)
    grid, tracks = Grid(), list(opened.tracks)
    salience = SalienceStore(folder / "salience", opened.frames)
    rows = [salience.table([track]).rows for track in tracks]
    per_round = sum(window_count(track, grid) for track in tracks)
    rounds = -(-windows // per_round)
    searcher = TuneSearcher(tracks * rounds, SalienceTable.of(rows * rounds), grid)
    hums = [query for query in opened.queries if query.kind == "hum"][: count + 1]
    took, worked = [], []
    for query in hums:
        began, worked_before = time.perf_counter(), time.process_time()
        searcher.find(Query(query.passage, k=10))
        took.append(time.perf_counter() - began)
        worked.append(time.process_time() - worked_before)
    return {
        "windows": per_round * rounds,
        "hums": len(took) - 1,
        "median_s": round(float(np.median(took[1:])), 2),
        "most_s": round(max(took[1:]), 2),
        "processor_s": round(float(np.median(worked[1:])), 2),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("dev", "check", "all"), default="all")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--noise", type=float, help="decibels from the voice down to pink noise")
    parser.add_argument("--windows", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.windows:
        print(json.dumps(latency(chosen.folder, chosen.windows)))
        return
    began = time.perf_counter()
    outcomes = run(chosen.folder, chosen.half, chosen.noise)
    print(json.dumps({**summary(outcomes), "took_s": round(time.perf_counter() - began)}))
    if chosen.fit:
        print(json.dumps(fit(outcomes)))


if __name__ == "__main__":
    main()

"""Fit the numbers of index/fusion.json: the weight of each factor, and the calibration of the confidence.

    python -m bench.fit_fusion SET... --out index/fusion.json

SETs are folders of bench.collection (split "tune") and bench.recordings. Weights maximise the likelihood that the right
moment is chosen among its rivals (a conditional logit, McFadden 1974), none below zero, timbre and the others not
below a floor that keeps the order of the merely similar meaningful. The confidence is a logistic over the best hits of
each query, with the query's piece in the library and without it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from bench.quality_sets import QuerySet, open_set
from index.candidates import Shelf
from index.factors import build
from index.fusion import FusionModel, Scale, through_quartiles
from index.moments import Grid, Query
from index.search import Scored, Searcher

FLOORS = {"timbre": 0.25, "rhythm": 0.1, "dynamics": 0.1}
CONFIDENCE_FEATURES = (
    "harmony value",
    "harmony surprise",
    "timbre value",
    "timbre surprise",
    "rhythm surprise",
)
_MOST_SURPRISE = 40.0


@dataclass(frozen=True)
class Example:
    """One query's rivals: surprises (n, factors), values (n, factors), which are right, and who stands where."""

    kind: str
    surprises: np.ndarray
    values: np.ndarray
    right: np.ndarray
    own_piece: np.ndarray


def examples(chosen: QuerySet, names: list[str], model: FusionModel, limit: int) -> Iterator[Example]:
    """Every query of a set against the best rivals that its factors find."""
    shelf = Shelf.of(chosen.tracks, Grid())
    searcher = Searcher(shelf, None, chosen.frames, build(), model)
    windows = shelf.all_windows()
    queries = [query for query in chosen.queries if query.kind != "hum"]
    drawn = np.random.default_rng(0).permutation(len(queries))[:limit]
    for query in (queries[index] for index in drawn):
        scored: Scored = searcher.compare(Query(query.passage), windows)
        right = np.array(
            [
                query.is_right(track.title, span.start_s, span.end_s)
                for track, span in zip(scored.tracks, scored.placed.spans, strict=True)
            ]
        )
        surprises = np.stack([scored.fused.scales[n].surprise(scored.fused.values[n]) for n in names], axis=1)
        surprises = np.minimum(surprises, [model.limits[n] for n in names])
        values = np.stack([scored.fused.values[n] for n in names], axis=1)
        own = np.array([track.title == query.piece for track in scored.tracks])
        yield Example(query.kind, np.minimum(surprises, _MOST_SURPRISE), values, right, own)


def fit_weights(found: list[Example], names: list[str]) -> dict[str, float]:
    """Weights of the conditional logit, scaled so that harmony's is 1."""
    usable = [example for example in found if example.right.any() and not example.right.all()]

    def loss(weights: np.ndarray) -> float:
        total = 0.0
        for example in usable:
            rivals = ~example.own_piece | example.right
            score = example.surprises[rivals] @ weights
            score -= score.max()
            chance = np.exp(score[example.right[rivals]]).sum() / np.exp(score).sum()
            total -= np.log(max(chance, 1e-12))
        return total / len(usable) + 0.002 * float(weights @ weights)

    start = np.full(len(names), 0.5)
    bounds = [(0.0, 5.0)] * len(names)
    weights = minimize(loss, start, bounds=bounds, method="L-BFGS-B").x
    scaled = weights / max(weights[names.index("harmony")], 1e-6)
    return {
        name: round(max(float(w), FLOORS.get(name, 0.0)), 3) for name, w in zip(names, scaled, strict=True)
    }


def fit_confidence(found: list[Example], names: list[str], weights: dict[str, float]) -> dict[str, float]:
    """Logistic over the three best of each query, with its piece and without it."""
    rows, labels = [], []
    vector = np.array([weights[name] for name in names])
    for example in found:
        for with_piece in (True, False):
            open_to = np.ones(len(example.right), bool) if with_piece else ~example.own_piece
            order = np.flatnonzero(open_to)[np.argsort(-(example.surprises[open_to] @ vector))][:3]
            for index in order:
                if example.own_piece[index] and not example.right[index]:
                    continue
                rows.append(features(example, index, names))
                labels.append(bool(example.right[index]))
    table, truth = np.array(rows), np.array(labels, float)

    def loss(numbers: np.ndarray) -> float:
        z = table @ numbers[1:] + numbers[0]
        return float(np.mean(np.logaddexp(0, z) - truth * z)) + 1e-4 * float(numbers[1:] @ numbers[1:])

    bounds = [(-60.0, 10.0)] + [(0.0, 60.0)] * len(CONFIDENCE_FEATURES)
    numbers = minimize(loss, np.zeros(1 + len(CONFIDENCE_FEATURES)), bounds=bounds, method="L-BFGS-B").x
    named = {"intercept": numbers[0]} | dict(zip(CONFIDENCE_FEATURES, numbers[1:], strict=True))
    return {name: round(float(value), 3) for name, value in named.items()}


def features(example: Example, index: int, names: list[str]) -> list[float]:
    """One rival's row of CONFIDENCE_FEATURES."""
    table = {"value": example.values, "surprise": example.surprises}
    return [
        float(table[what][index, names.index(name)])
        for name, what in (feature.split() for feature in CONFIDENCE_FEATURES)
    ]


def fit_prior(found: list[Example], names: list[str]) -> dict[str, list[float]]:
    """What each factor says of wrong moments in general."""
    wrong = np.concatenate([example.values[~example.own_piece] for example in found])
    scales: list[Scale] = [through_quartiles(wrong[:, place]) for place in range(len(names))]
    return {n: [round(s.location, 4), round(s.spread, 4)] for n, s in zip(names, scales, strict=True)}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, default=150, help="queries a set")
    parser.add_argument("--out", type=Path, default=Path("index/fusion.json"))
    chosen = parser.parse_args()
    model, names = FusionModel.load(), list(build())
    found = [
        example
        for folder in chosen.sets
        for example in examples(open_set(folder), names, model, chosen.limit)
    ]
    weights = fit_weights(found, names)
    numbers = json.loads(chosen.out.read_text()) if chosen.out.exists() else {}
    numbers |= {"weights": weights, "confidence": fit_confidence(found, names, weights)}
    chosen.out.write_text(json.dumps(numbers, indent=2) + "\n")
    print(json.dumps(numbers, indent=2))
    kinds = sorted({example.kind for example in found})
    vector = np.array([weights[name] for name in names])
    for kind in kinds:
        chosen_kind = [example for example in found if example.kind == kind]
        alone = {
            n: np.mean([e.right[np.argmax(e.values[:, i])] for e in chosen_kind]) for i, n in enumerate(names)
        }
        fused = np.mean([e.right[np.argmax(e.surprises @ vector)] for e in chosen_kind])
        each = {name: round(float(share), 3) for name, share in alone.items()}
        print(f"{kind:18s} {len(chosen_kind):4d}  fused {fused:.3f}  {each}")


if __name__ == "__main__":
    main()

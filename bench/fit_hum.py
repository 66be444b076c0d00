"""Fit the weights of the evidence for a hum, on sets of hums whose works are of the development split
("tune").

    python -m bench.fit_hum SET [SET ...]

Every hum's places compete (conditional logit): the right moment, or where it was not found its piece, against
the others. The weights are printed on the scale of the path's log odds (`path` and `notes` together 1), and
beside them what hums reach when the works are parted into five, each part ordered by weights of the other
four. Copy them to `index.humming.evidence.WEIGHTS`, then `bench.hum --fit` for the confidence.

References
----------
McFadden, "Conditional logit analysis of qualitative choice behavior", in Frontiers in Econometrics, 1974.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from bench.hum import Found, hummed, rates
from bench.quality_sets import open_set
from index.core.query import Query
from index.humming.evidence import WEIGHTS, Evidence
from index.humming.searcher import TuneSearcher
from index.store.salience_store import SalienceStore

NAMES = tuple(field.name for field in fields(Evidence))
FOLDS = 5
SHRINKING = 0.01


@dataclass(frozen=True)
class Choice:
    """One hum's places."""

    work: str
    features: np.ndarray
    """(n, parts of the evidence)."""
    track: np.ndarray
    piece: np.ndarray
    """(n,) bool: the right piece."""
    moment: np.ndarray
    """(n,) bool: the right moment of it."""

    @property
    def right(self) -> np.ndarray:
        """(n,) bool: what is to win."""
        return self.moment if self.moment.any() else self.piece

    def found(self, weights: np.ndarray) -> Found:
        """How these weights answer the hum."""
        order = np.argsort(-(self.features @ weights), kind="stable")
        pieces = list(dict.fromkeys(self.track[order].tolist()))
        own = self.track[self.piece]
        rank = pieces.index(own[0]) + 1 if len(own) else 0
        return Found(rank, bool(len(order) and self.moment[order[0]]))


def choices(folder: Path) -> Iterator[Choice]:
    """The places of every hum of a set."""
    opened = open_set(folder)
    store = SalienceStore(folder / "salience", opened.frames)
    searcher = TuneSearcher(opened.tracks, store.table(opened.tracks))
    names = [Path(track.path).stem for track in opened.tracks]
    for query, pitch in hummed(opened):
        places = searcher.places(Query(query.passage), pitch)
        ends = [min(place.end_s, opened.tracks[place.track].duration_s) for place in places]
        yield Choice(
            query.piece,
            np.array([astuple(place.evidence) for place in places if place.evidence]),
            np.array([place.track for place in places]),
            np.array([names[place.track] == query.piece for place in places]),
            np.array(
                [
                    query.is_right(names[place.track], place.start_s, end_s)
                    for place, end_s in zip(places, ends, strict=True)
                ]
            ),
        )


def fit(hums: Sequence[Choice]) -> np.ndarray:
    """The weights that make what is right most probable, shrunk a little."""
    told = [hum for hum in hums if hum.right.any()]
    spread = np.concatenate([hum.features for hum in told]).std(axis=0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 0.0, np.zeros(len(weights))
        for hum in told:
            x = hum.features / spread
            chance = np.exp(x @ weights - (x @ weights).max())
            chance /= chance.sum()
            won = chance * hum.right
            total -= float(np.log(won.sum() + 1e-300))
            slope += x.T @ (chance - won / max(won.sum(), 1e-300))
        shrunk = SHRINKING * len(told)
        return total + shrunk * float(weights @ weights), slope + 2 * shrunk * weights

    weights: np.ndarray = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x / spread
    return weights / max(weights[0] + weights[1], 1e-6)


def held_out(hums: Sequence[Choice]) -> list[Found]:
    """Every hum answered by weights that were fitted without its work."""
    works = sorted({hum.work for hum in hums})
    np.random.default_rng(0).shuffle(works)
    part = {work: number % FOLDS for number, work in enumerate(works)}
    found: dict[int, Found] = {}
    for fold in range(FOLDS):
        weights = fit([hum for hum in hums if part[hum.work] != fold])
        found |= {i: hum.found(weights) for i, hum in enumerate(hums) if part[hum.work] == fold}
    return [found[i] for i in range(len(hums))]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    chosen = parser.parse_args()
    hums = [hum for folder in chosen.folders for hum in choices(folder)]
    now = np.array([WEIGHTS[name] for name in NAMES])
    print("as it is ", json.dumps(rates([hum.found(now) for hum in hums])))
    print("held out ", json.dumps(rates(held_out(hums))))
    weights = fit(hums)
    print("on itself", json.dumps(rates([hum.found(weights) for hum in hums])))
    print(json.dumps(dict(zip(NAMES, weights.round(2).tolist(), strict=True))))


if __name__ == "__main__":
    main()

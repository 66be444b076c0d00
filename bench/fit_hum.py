"""Fit the weights of the evidence for a hum, on works of the development split ("tune") and on people's singing.

    python -m bench.fit_hum --library SET [SET ...] [--library SET ...] [--sung SOURCE WORK] [--asked 60]

Each library is hummed at by the voices of `bench.graded_hums`; SOURCE and WORK are as for `bench.world.sung_tunes`,
whose half "fit" is used. The pieces that are held against the images compete by their best places (conditional logit),
and every voice, grade and library weighs alike. Printed are the weights, on the scale of the path's log odds, and
beside them what is reached when the works are parted into five, each part ordered by weights of the other four. Copy
them to `index.humming.evidence.WEIGHTS`, and `images` and `length` without their sign to `index.humming.images`; then
`bench.fit_confidence`.

References
----------
McFadden, "Conditional logit analysis of qualitative choice behavior", in Frontiers in Econometrics, 1974.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from bench.graded_hums import graded
from bench.hum import Found, rates
from bench.quality_sets import open_set, together
from bench.world.sung_tunes import found, kept_pieces, kept_pitch, tries
from index.core.query import Query
from index.humming.evidence import WEIGHTS, Evidence
from index.humming.images import IMAGES, LENGTH
from index.humming.places import Place
from index.humming.searcher import TuneSearcher
from index.store.salience_store import SalienceStore

NAMES = (*(field.name for field in fields(Evidence)), "images", "length")
NOW = np.array([*(WEIGHTS[field.name] for field in fields(Evidence)), -IMAGES, -LENGTH])
FOLDS = 5
SHRINKING = 0.01


@dataclass(frozen=True)
class Choice:
    """The best places of the likeliest pieces, for one hum."""

    kind: str
    """Library and voice."""
    work: str
    features: np.ndarray
    """(n, NAMES)."""
    right: np.ndarray
    """(n,) bool: the right piece, if it is there."""

    def found(self, weights: np.ndarray) -> Found:
        """How these weights answer the hum."""
        score = self.features @ weights
        rank = int((score > score[self.right].max()).sum()) + 1 if self.right.any() else 0
        return Found(rank, moment=False)


def choice(kind: str, work: str, pieces: Sequence[str], places: Sequence[Place]) -> Choice:
    """Of places, best first, and the piece that each is in."""
    first: dict[str, Place] = {}
    for piece, place in zip(pieces, places, strict=True):
        if place.chance and place.evidence:
            first.setdefault(piece, place)
    rows = [
        (*astuple(place.evidence), place.chance.images, place.chance.length)
        for place in first.values()
        if place.evidence and place.chance
    ]
    return Choice(
        kind, work, np.array(rows).reshape(-1, len(NAMES)), np.array([piece == work for piece in first])
    )


def hummed(folders: Sequence[Path], asked: int, seed: int) -> Iterator[Choice]:
    """The hums of one library."""
    opened = together([open_set(folder) for folder in folders])
    table = SalienceStore(opened.folder / "salience", opened.frames).table(opened.tracks)
    searcher = TuneSearcher(opened.tracks, table)
    names = [Path(track.path).stem for track in opened.tracks]
    for each in graded(opened, asked, seed):
        places = searcher.places(Query(each.truth.passage), each.pitch)
        pieces = [names[place.track] for place in places]
        yield choice(f"{opened.folder.name} {each.voice}", each.truth.piece, pieces, places)


def sung(source: Path, work: Path) -> Iterator[Choice]:
    """What people sang."""
    asked = tries(source, "fit", 60)
    heard = [(one.melody, kept_pitch(work / f"{one.file.name}.pickle", one.file)) for one in asked]
    for one, (pieces, places) in zip(asked, found(kept_pieces(source, work, 480), heard), strict=True):
        yield choice(f"sung {one.grade}", one.melody, pieces, places)


def fit(hums: Sequence[Choice]) -> np.ndarray:
    """The weights that make what is right most probable, shrunk a little."""
    told = [hum for hum in hums if hum.right.any()]
    of_kind = Counter(hum.kind for hum in told)
    spread = np.maximum(np.concatenate([hum.features for hum in told]).std(axis=0), 1e-9)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 0.0, np.zeros(len(weights))
        for hum in told:
            x = hum.features / spread
            chance = np.exp(x @ weights - (x @ weights).max())
            chance /= chance.sum()
            won = chance * hum.right
            share = len(told) / len(of_kind) / of_kind[hum.kind]
            total -= share * float(np.log(won.sum() + 1e-300))
            slope += share * x.T @ (chance - won / max(won.sum(), 1e-300))
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


def _of_pieces(answers: Sequence[Found]) -> dict[str, float]:
    """The rates without moments, of which places alone know nothing."""
    return {name: rate for name, rate in rates(answers).items() if name != "moment@1"}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=Path, nargs="+", action="append", default=[])
    parser.add_argument("--sung", type=Path, nargs=2)
    parser.add_argument("--asked", type=int, default=60, help="works of each library that are hummed")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    hums = [hum for folders in chosen.library for hum in hummed(folders, chosen.asked, chosen.seed)]
    if chosen.sung:
        hums += sung(*chosen.sung)
    held, weights = held_out(hums), fit(hums)
    for kind in sorted({hum.kind for hum in hums}):
        own = [number for number, hum in enumerate(hums) if hum.kind == kind]
        for name, answers in (
            ("as it is", [hums[number].found(NOW) for number in own]),
            ("held out", [held[number] for number in own]),
        ):
            print(json.dumps({"hums": kind, "weights": name, "n": len(own), **_of_pieces(answers)}))
    print(json.dumps(dict(zip(NAMES, weights.round(2).tolist(), strict=True))))


if __name__ == "__main__":
    main()

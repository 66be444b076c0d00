"""Fit the numbers of index/search/fusion.json: what each factor counts, and the calibration of the
confidence.

    python -m bench.fit_fusion SET... --composers SET --out index/search/fusion.json

SETs are folders of bench.collection (split "tune") and bench.recordings: their queries say which moment is
right, and their pieces are one library, so that scores and recordings are rivals. The set of composers has
pieces without queries (`bench.collection --kinds ""`), whose composer is the first folder of their path:
where nothing is the same music, what is nearest should at least be of the same kind. A random search, the
same for the same seed, looks for the weights that put most right moments first and most of a composer's
pieces in ten, and that lose to no single factor on any kind of query. The confidence is a logistic over the
best hits of each query, with the query's piece in the library and without it.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from bench.quality_sets import QuerySet, open_set, together
from index.core.moments import Grid, Passage
from index.core.query import PROOF, Query
from index.core.selection import apart
from index.factors import build
from index.search.candidates import Shelf
from index.search.fusion import MOST_SURPRISE, FusionModel
from index.search.rerank import Scored
from index.search.searcher import Searcher

CONFIDENCE_FEATURES = (
    "harmony value",
    "harmony surprise",
    "timbre value",
    "timbre surprise",
    "melody value",
    "melody surprise",
    "rhythm surprise",
    "dynamics surprise",
)
RIVALS = 48
MOMENTS_A_PIECE = 2
NEAREST = 10
PIECE_COUNTS, COMPOSER_COUNTS = 0.5, 0.4
"""What the right piece and the share of the same composer are worth beside the right moment."""
FREE = ("timbre", "melody", "rhythm", "dynamics", "character", "fingerprint")
"""Factors whose weight is looked for; that of harmony is 1."""
TRIES = 600
SEED = 20261128


@dataclass(frozen=True)
class Example:
    """A query's best distinct rivals: surprises and values (n, factors), which are right, which of its piece."""

    kind: str
    surprises: np.ndarray
    values: np.ndarray
    right: np.ndarray
    own_piece: np.ndarray


@dataclass(frozen=True)
class Neighbourhood:
    """A moment of a piece against every window of other
    pieces: surprises (n, factors), their pieces and composers.
    """

    surprises: np.ndarray
    pieces: np.ndarray
    alike: np.ndarray
    """Whether a window's piece has the same composer."""


def examples(chosen: QuerySet, names: Sequence[str], model: FusionModel, limit: int) -> Iterator[Example]:
    """Every query of a set against the best rivals that its factors find, at most one for a passage."""
    searcher = _searcher(chosen, model)
    windows = Shelf.of(chosen.tracks, Grid()).all_windows()
    queries = [query for query in chosen.queries if query.kind != "hum"]
    drawn = np.random.default_rng(0).permutation(len(queries))[:limit]
    for query in (queries[index] for index in drawn):
        scored = searcher.compare(Query(query.passage), windows)
        kept = distinct(scored)
        hits = [scored.hit(index) for index in kept]
        values = np.stack([scored.fused.values[n] for n in names], axis=1)
        scales = scored.fused.scales
        surprises = np.stack([scales[n].surprise(scored.fused.values[n]) for n in names], axis=1)
        yield Example(
            query.kind,
            surprises[kept],
            values[kept],
            np.array([query.is_right(h.track.title, h.moment.start_s, h.moment.end_s) for h in hits]),
            np.array([h.track.title == query.piece for h in hits]),
        )


def distinct(scored: Scored) -> list[int]:
    """The best rivals, by index, no two of one passage."""
    return apart(
        scored.order(),
        lambda index: scored.hit(index).moment,
        track=lambda index: scored.tracks[index].id,
        most=RIVALS,
    )


def neighbourhoods(chosen: QuerySet, names: Sequence[str], model: FusionModel) -> Iterator[Neighbourhood]:
    """Random moments of a set's pieces against all windows of the others."""
    truth = json.loads((chosen.folder / "truth.json").read_text("utf-8"))
    composer = {piece["piece"]: piece["work"].split("/")[0] for piece in truth}
    searcher, rng = _searcher(chosen, model), np.random.default_rng(SEED)
    windows = Shelf.of(chosen.tracks, Grid()).all_windows()
    for track in chosen.tracks:
        frames = chosen.frames.read(track.id)
        others = [window for window in windows if window.track_id != track.id]
        for _ in range(MOMENTS_A_PIECE):
            start_s = float(rng.uniform(0, max(0.01, frames.duration_s - 10)))
            passage = Passage(track, frames, start_s, min(start_s + 10, frames.duration_s))
            scored = searcher.compare(Query(passage), others, reranked=len(others))
            scales, values = scored.fused.scales, scored.fused.values
            titles = [other.title for other in scored.tracks]
            yield Neighbourhood(
                np.stack([scales[n].surprise(values[n]) for n in names], axis=1),
                np.unique(titles, return_inverse=True)[1],
                np.array([composer[title] == composer[track.title] for title in titles]),
            )


def search(
    found: Sequence[Example], felt: Sequence[Neighbourhood], names: Sequence[str], model: FusionModel
) -> FusionModel:
    """The model whose weights and chance serve best, by a random walk that only climbs."""
    rng = np.random.default_rng(SEED)
    best, most = model, _worth(found, felt, names, model)
    for _ in range(TRIES):
        factor = dict(zip((*FREE, "chance", "below"), np.exp(rng.normal(0, 0.2, len(FREE) + 2)), strict=True))
        tried = replace(
            best,
            weights={n: w * factor.get(n, 1.0) for n, w in best.weights.items()},
            chance={n: c * factor["chance"] for n, c in best.chance.items()},
            below_chance=best.below_chance * factor["below"],
        )
        worth = _worth(found, felt, names, tried)
        if worth > most:
            best, most = tried, worth
            print(f"{most:.4f}  {_rounded(best.weights)}  chance {_rounded(best.chance)}", flush=True)
    return best


def _worth(
    found: Sequence[Example], felt: Sequence[Neighbourhood], names: Sequence[str], model: FusionModel
) -> float:
    firsts = [int(np.argmax(_scores(model, names, example.surprises))) for example in found]
    right = np.mean([example.right[first] for example, first in zip(found, firsts, strict=True)])
    piece = np.mean([example.own_piece[first] for example, first in zip(found, firsts, strict=True)])
    lost = shortfall(found, [bool(e.right[first]) for e, first in zip(found, firsts, strict=True)], names)
    return float(right + PIECE_COUNTS * piece + COMPOSER_COUNTS * precision(felt, names, model) - lost)


def shortfall(found: Sequence[Example], right: Sequence[bool], names: Sequence[str]) -> float:
    """How far the fusion stays behind the best single factor, the mean over the kinds of query."""
    by_kind: dict[str, list[tuple[bool, ...]]] = defaultdict(list)
    for example, fused in zip(found, right, strict=True):
        alone = [bool(example.right[np.argmax(example.values[:, i])]) for i in range(len(names))]
        by_kind[example.kind].append((fused, *alone))
    shares = [np.mean(rows, axis=0) for rows in by_kind.values()]
    return float(np.mean([max(0.0, share[1:].max() - share[0]) for share in shares]))


def precision(felt: Sequence[Neighbourhood], names: Sequence[str], model: FusionModel) -> float:
    """The mean share of the same composer among the ten nearest pieces."""
    shares = []
    for near in felt:
        order = np.argsort(-_scores(model, names, near.surprises), kind="stable")
        _, firsts = np.unique(near.pieces[order], return_index=True)
        shares.append(near.alike[order[np.sort(firsts)[:NEAREST]]].mean())
    return float(np.mean(shares)) if shares else 0.0


def _scores(model: FusionModel, names: Sequence[str], surprises: np.ndarray) -> np.ndarray:
    """(n,) the fused score of (n, factors) surprises, without emphasis."""
    parts = model.contributions({n: surprises[:, i] for i, n in enumerate(names)})
    return np.sum([*parts.values()], axis=0)


def fit_confidence(
    found: Sequence[Example], names: Sequence[str], model: FusionModel, only: str = ""
) -> dict[str, float]:
    """Logistic over the three best of each query, with its piece and without it.

    `only` names a factor whose coefficients are fitted; those of the others, and the intercept, stay as they
    are.
    """
    rows, labels, proven = [], [], []
    for example in found:
        score = _scores(model, names, example.surprises)
        for open_to in (np.ones(len(score), bool), ~example.own_piece):
            order = np.flatnonzero(open_to)[np.argsort(-score[open_to], kind="stable")][:3]
            for index in order:
                if example.own_piece[index] and not example.right[index]:
                    continue
                rows.append(features(example, index, names, model))
                labels.append(bool(example.right[index]))
                proven.append(float(model.sureness(PROOF, example.surprises[index, names.index(PROOF)])))
    table, truth, unproven = np.array(rows), np.array(labels, float), 1 - np.array(proven)

    def loss(numbers: np.ndarray) -> float:
        unlikely = unproven * expit(-(table @ numbers[1:] + numbers[0]))
        lost = np.log(np.maximum(np.where(truth, 1 - unlikely, unlikely), 1e-12))
        return -float(np.mean(lost)) + 1e-4 * float(numbers[1:] @ numbers[1:])

    bounds = [(-60.0, 10.0)] + [(0.0, 60.0)] * len(CONFIDENCE_FEATURES)
    first = np.zeros(len(bounds))
    if only:
        first = np.array([model.confidence.get(each, 0.0) for each in ("intercept", *CONFIDENCE_FEATURES)])
        for place, name in enumerate(("intercept", *CONFIDENCE_FEATURES)):
            if not name.startswith(only):
                bounds[place] = (float(first[place]), float(first[place]))
    numbers = minimize(loss, first, bounds=bounds, method="L-BFGS-B").x
    return _rounded(dict(zip(("intercept", *CONFIDENCE_FEATURES), numbers.tolist(), strict=True)))


def features(example: Example, index: int, names: Sequence[str], model: FusionModel) -> list[float]:
    """One rival's row of CONFIDENCE_FEATURES."""
    row = []
    for name, what in (feature.split() for feature in CONFIDENCE_FEATURES):
        place = names.index(name)
        surprise = example.surprises[index, place]
        if what == "value":
            row.append(float(example.values[index, place]))
        else:
            row.append(float(min(surprise, MOST_SURPRISE)))
    return row


def _searcher(chosen: QuerySet, model: FusionModel) -> Searcher:
    return Searcher(Shelf.of(chosen.tracks, Grid()), None, chosen.frames, build(), model)


def _rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in numbers.items()}


def _report(found: Sequence[Example], names: Sequence[str], model: FusionModel) -> None:
    """The share of right moments, by kind: the fusion, and each factor alone."""
    for kind in sorted({example.kind for example in found}):
        chosen = [example for example in found if example.kind == kind]
        fused = np.mean([e.right[np.argmax(_scores(model, names, e.surprises))] for e in chosen])
        alone = {
            n: np.mean([e.right[np.argmax(e.values[:, i])] for e in chosen]) for i, n in enumerate(names)
        }
        print(f"{kind:18s} {len(chosen):4d}  fused {fused:.3f}  {_rounded(alone)}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--composers", type=Path, help="a set of several pieces by each of some composers")
    parser.add_argument(
        "--keep-weights", action="store_true", help="leave the weights as they are: the confidence alone"
    )
    parser.add_argument(
        "--only",
        default="",
        help="of the confidence, fit the coefficients of this factor and leave the others",
    )
    parser.add_argument("--limit", type=int, default=1000, help="queries, drawn from all sets")
    parser.add_argument("--out", type=Path, default=Path("index/search/fusion.json"))
    chosen = parser.parse_args()
    model, names = FusionModel.load(), list(build())
    library = together([open_set(folder) for folder in chosen.sets])
    found = list(examples(library, names, model, chosen.limit))
    felt = list(neighbourhoods(open_set(chosen.composers), names, model)) if chosen.composers else []
    best = model if chosen.keep_weights else search(found, felt, names, model)
    grid = Grid()
    judging = best.among(Shelf.of(library.tracks, grid).total_windows * grid.hop_s / grid.window_s)
    numbers = json.loads(chosen.out.read_text("utf-8"))
    numbers |= {
        "weights": _rounded(best.weights),
        "chance": _rounded(best.chance),
        "below_chance": round(best.below_chance, 3),
        "confidence": fit_confidence(found, names, judging, chosen.only),
    }
    chosen.out.write_text(json.dumps(numbers, indent=2) + "\n")
    print(json.dumps(numbers, indent=2))
    print(f"same composer in ten: {precision(felt, names, best):.3f}")
    _report(found, names, judging)


if __name__ == "__main__":
    main()

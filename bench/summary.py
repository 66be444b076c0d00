"""What the contest came to: numbers for JSON, from the outcomes of all queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from bench.contest import FUSION, Neighbours, Outcome
from bench.metrics import (
    Estimate,
    Given,
    auroc,
    bootstrap,
    brier,
    calibration_error,
    judge,
    occurrence,
    recall,
    reciprocal_rank,
    skew,
)
from bench.works import FEWEST_PIECES
from index.core.query import DIVERSITIES
from index.core.tracks import Track

SHOWN = 10
MOST_PIECES = 30
_BINS = 10


def by_kind(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Recall, reciprocal rank and start error of every way, for each kind of query."""
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.kind].append(outcome)
    return {
        kind: {
            "queries": len(kinds[kind]),
            "ways": {
                way: _figures(
                    [judge(each.kind, each.piece, each.spans, each.answers[way]) for each in kinds[kind]]
                )
                for way in kinds[kind][0].answers
            },
        }
        for kind in sorted(kinds)
    }


def _figures(judged: Sequence[Any]) -> dict[str, Any]:
    errors_s = [each.start_error_s for each in judged if each.moment_rank == 0]
    return {
        "moment@1": asdict(recall(judged, 1)),
        "moment@10": asdict(recall(judged, SHOWN)),
        "piece@1": asdict(recall(judged, 1, "piece")),
        "piece@10": asdict(recall(judged, SHOWN, "piece")),
        "mrr": asdict(reciprocal_rank(judged)),
        "start_error_s": float(np.median(errors_s)) if errors_s else None,
    }


def trust(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Whether the confidence keeps its promise, and whether it tells that nothing is there.

    Each query counts twice, with its piece in the library and without it; the first hit counts. A first hit
    in the right piece, but elsewhere than the truth knows, is left out: it may well be the same music.
    """
    promised, right = _promises(outcomes)
    place = np.minimum((np.array(promised) * _BINS).astype(int), _BINS - 1)
    kinds = sorted({each.kind for each in outcomes})
    of_kind = {kind: [each for each in outcomes if each.kind == kind] for kind in kinds}
    return {
        "hits": len(promised),
        "calibration_error": calibration_error(promised, right, _BINS),
        "calibration_error_by_kind": {
            kind: calibration_error(*_promises(own), _BINS) for kind, own in of_kind.items()
        },
        "brier": brier(promised, right),
        "bins": [
            [
                float(np.mean(np.array(promised)[place == each])),
                float(np.mean(np.array(right)[place == each])),
                int(n),
            ]
            for each, n in enumerate(np.bincount(place, minlength=_BINS))
            if n
        ],
        "nothing_there_auroc": {
            "confidence": auroc(*_best(outcomes, lambda given: given.confidence)),
            "score": auroc(*_best(outcomes, lambda given: given.score)),
        },
        "nothing_there_auroc_by_kind": {
            kind: auroc(*_best(own, lambda given: given.confidence)) for kind, own in of_kind.items()
        },
    }


def _promises(outcomes: Sequence[Outcome]) -> tuple[list[float], list[bool]]:
    """Confidence of first hits, with the piece in the library and without it, and whether they are right."""
    promised: list[float] = []
    right: list[bool] = []
    for outcome in outcomes:
        for answer in (outcome.answers[FUSION], outcome.absent):
            if answer:
                judged = judge(outcome.kind, outcome.piece, outcome.spans, answer[:1])
                if answer[0].piece != outcome.piece or judged.moment_rank == 0:
                    promised.append(answer[0].confidence)
                    right.append(judged.moment_rank == 0)
    return promised, right


def _best(outcomes: Sequence[Outcome], value: Any) -> tuple[list[float], list[float]]:
    """A value of the first hit, with the piece in the library and without it."""

    def first(answer: Sequence[Given]) -> float:
        return float(value(answer[0])) if answer else 0.0

    return [first(each.answers[FUSION]) for each in outcomes], [first(each.absent) for each in outcomes]


def hubs(found: Sequence[Neighbours], tracks: Sequence[Track]) -> dict[str, Any]:
    """How unevenly tracks are found by moments of other tracks, for every way."""
    names = [track.id for track in tracks]
    counts = {
        way: occurrence([each.found[way] for each in found], names)
        for way in (found[0].found if found else ())
    }
    return {
        way: {"skew": skew(count), "never_found": float(np.mean(count == 0))} for way, count in counts.items()
    }


def diversity(found: Sequence[Neighbours], tracks: Sequence[Track]) -> dict[str, Any]:
    """Distinct authors among ten, and the mean score against that of "closest"."""
    author = {track.id: track.author.casefold() for track in tracks}
    names = {each: each if each != "closest" else FUSION for each in DIVERSITIES}
    usable = [each for each in found if each.score["closest"] > 0]
    return {
        name: {
            "authors": asdict(
                bootstrap(
                    [len({author[i] or i for i in each.found[way]}) for each in usable],
                    [each.track_id for each in usable],
                )
            ),
            "score": float(np.mean([each.score[name] / each.score["closest"] for each in usable])),
        }
        for name, way in names.items()
        if usable
    }


def chosen_pieces(composer: Mapping[str, str]) -> frozenset[str]:
    """Ids of pieces, given with their composer, by composers with at least eleven, at most thirty each.

    None where there is only one such composer.
    """
    pieces: dict[str, list[str]] = defaultdict(list)
    for track_id, name in composer.items():
        if name:
            pieces[name].append(track_id)
    enough = [sorted(ids)[:MOST_PIECES] for ids in pieces.values() if len(ids) >= FEWEST_PIECES]
    return frozenset(each for ids in enough for each in ids) if len(enough) > 1 else frozenset()


def precision(found: Sequence[Neighbours], label: Mapping[str, Any]) -> dict[str, Any]:
    """Share of ten neighbours with the moment's own label, for every way."""
    usable = [each for each in found if label.get(each.track_id)]

    def of(way: str) -> Estimate:
        shares = [
            np.mean([label.get(i) == label[each.track_id] for i in each.found[way]] or [0.0])
            for each in usable
        ]
        return bootstrap([float(share) for share in shares], [each.track_id for each in usable])

    return {way: asdict(of(way)) for way in (usable[0].found if usable else ())}

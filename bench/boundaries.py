"""Whether the beats and phrases that are offered near a moment are there in the score.

    python -m bench.boundaries SET --works 20        a set that bench.collection made
    python -m bench.boundaries SET --fit             weights for index/structure/segmentation.py; SET of "tune"

Moments of ten seconds begin anywhere. A beat is right within 70 ms of a note's start; a phrase within half a
second of a place where the score marks that something begins: after a rest of all parts, a fermata, a breath
or a double bar, at a repeat sign and where a repeat jumps. Most phrases are not marked at all, so a phrase
that is wrong here may be right to the ear; works with fewer than three marks a minute are left out of
phrases. Beside each stands chance: the moment's own start or end for beats, and for phrases an onset drawn
from those within three seconds.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bench.quality_sets import open_set
from bench.report import table
from demo.reading import parse
from demo.scores import Score, load_score, score_file
from index.core.moments import Passage
from index.core.tracks import Track
from index.factors.dynamics import onset_times_s
from index.structure.segmentation import REACH_S, Boundary, boundary_features, musical_span

QUERY_S = 10.0
MOMENTS = 20
"""A work."""
EDGE_S = 4.0
"""Left out at the end of a piece, which fades."""
BEAT_S, PHRASE_S = 0.07, 0.5
SHORTEST_REST_S = 0.25
FEWEST_MARKS = 3.0
"""A minute."""
_LINES = {"double", "final", "heavy", "heavy-light", "light-heavy", "light-light"}
Rows = dict[str, list[float]]


def marked_starts_s(score: Score, path: str) -> np.ndarray:
    """Where the score marks that something begins, (n,)
    seconds as played, sorted: always the start of a note.
    """
    starts_s = np.array(sorted({note.start_s for note in score.notes}))
    marks_s = [bar.start_s for before, bar in pairwise(score.measures) if bar.number != before.number + 1]
    end_s = starts_s[0]
    for note in score.notes:
        if note.start_s - end_s > SHORTEST_REST_S:
            marks_s.append(note.start_s)
        end_s = max(end_s, note.end_s)
    bars_q, written_q = _marks_on_page(path)
    for bar in score.measures:
        low, high = bars_q[bar.number - 1 : bar.number + 1]
        place = [(at - low) / (high - low) for at in written_q if low <= at <= high]
        marks_s += [bar.start_s + share * (bar.end_s - bar.start_s) for share in place]
    following = np.searchsorted(starts_s, np.array(marks_s) - 0.03)
    return np.unique(starts_s[following[following < len(starts_s)]])


def _marks_on_page(path: str) -> tuple[list[float], list[float]]:
    """Edges of the bars, and the ends of what is marked, in quarters from the start of the page."""
    from music21 import articulations, bar, expressions, stream

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = parse(path, score_file(path))
        parts = [part if part.hasMeasures() else part.makeMeasures() for part in parsed.parts]
    longest = max(parts, key=lambda part: len(part.getElementsByClass(stream.Measure)))
    edges = sorted({float(each.offset) for each in longest.getElementsByClass(stream.Measure)})
    marks: set[float] = set()
    for part in parts:
        for each in part.getElementsByClass(stream.Measure):
            for line, at in ((each.leftBarline, 0.0), (each.rightBarline, float(each.quarterLength))):
                if line is not None and (isinstance(line, bar.Repeat) or line.type in _LINES):
                    marks.add(float(each.offset) + at)
        for note in part.flatten().notesAndRests:
            held = any(isinstance(each, expressions.Fermata) for each in note.expressions)
            pauses = articulations.BreathMark, articulations.Caesura
            if held or any(isinstance(each, pauses) for each in note.articulations):
                marks.add(float(note.offset) + float(note.quarterLength))
    end_q = max(float(part.highestTime) for part in parts)
    return [*edges, max(end_q, edges[-1] + 1.0)], sorted(marks)


def pieces(folder: Path, count: int) -> Iterator[tuple[Track, Passage, Score, np.ndarray]]:
    """Of each work: its track, all of it, its score, and what the score marks until the piece fades."""
    opened = open_set(folder)
    works = {each["piece"]: each["work"] for each in json.loads((folder / "truth.json").read_text("utf-8"))}
    by_name = {track.title: track for track in opened.tracks}
    for name, path in list(works.items())[:count]:
        track, score = by_name[name], load_score(path)
        whole = Passage(track, opened.frames.read(track.id), 0.0, track.duration_s)
        marks_s = marked_starts_s(score, path)
        yield track, whole, score, marks_s[marks_s < track.duration_s - EDGE_S]


def measure(whole: Passage, score: Score, marks_s: np.ndarray, rng: np.random.Generator) -> Rows:
    """Right (1) or wrong (0), for each boundary offered for
    moments of one piece, and for what stands beside it.
    """
    rows: Rows = defaultdict(list)
    starts_s = np.array([note.start_s for note in score.notes])
    onsets_s = onset_times_s(whole)
    counted = len(marks_s) >= FEWEST_MARKS * whole.duration_s / 60
    for _ in range(MOMENTS):
        start_s = float(rng.uniform(0, whole.duration_s - EDGE_S - QUERY_S))
        passage = Passage(whole.source, whole.frames, start_s, start_s + QUERY_S)
        began = time.perf_counter()
        span = musical_span(passage)
        rows["ms a moment"].append(1000 * (time.perf_counter() - began))
        rows["a beat or a phrase is offered for the start"].append(span.start is not None)
        for own_s, offered in ((start_s, span.start), (start_s + QUERY_S, span.end)):
            if offered is None:
                continue
            if offered.kind == "beat":
                rows["beat within 70 ms of a note"].append(_near(offered, starts_s, BEAT_S))
                rows["  a random time"].append(_near(own_s, starts_s, BEAT_S))
            elif counted:
                near_s = onsets_s[np.abs(onsets_s - own_s) <= REACH_S]
                drawn_s = float(rng.choice(near_s)) if len(near_s) else own_s
                for within_s in (PHRASE_S, REACH_S):
                    rows[f"phrase within {within_s:g} s of a mark"].append(_near(offered, marks_s, within_s))
                    rows[f"  a random onset within {within_s:g} s"].append(_near(drawn_s, marks_s, within_s))
        if counted and np.abs(marks_s - start_s).min() <= REACH_S:
            found = span.start is not None and span.start.kind == "phrase"
            rows["a mark is within 3 s: a phrase is offered"].append(found)
    return rows


def _near(place: Boundary | float, true_s: np.ndarray, within_s: float) -> bool:
    at_s = place.time_s if isinstance(place, Boundary) else place
    return bool(np.abs(true_s - at_s).min(initial=np.inf) <= within_s)


def fit(folder: Path, count: int) -> tuple[np.ndarray, float]:
    """Weights and intercept of a logistic regression of
    `boundary_features` on the phrases that the scores mark.
    """
    from sklearn.linear_model import LogisticRegression

    found, right = [], []
    for _, whole, _, marks_s in pieces(folder, count):
        onsets_s = onset_times_s(whole)
        onsets_s = onsets_s[onsets_s < whole.duration_s - EDGE_S]
        if len(onsets_s) and len(marks_s) >= FEWEST_MARKS * whole.duration_s / 60:
            found.append(boundary_features(whole, onsets_s)[1:])
            right.append(np.abs(onsets_s[1:, None] - marks_s).min(axis=1) < 2 * BEAT_S)
    model = LogisticRegression(max_iter=500).fit(np.concatenate(found), np.concatenate(right))
    return model.coef_[0], float(model.intercept_[0])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.boundaries", description=__doc__.split("\n", 1)[0])
    parser.add_argument("set", type=Path)
    parser.add_argument("--works", type=int, default=20)
    parser.add_argument("--fit", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.fit:
        weights, intercept = fit(chosen.set, 1000)
        print(f"_WEIGHTS = {tuple(round(float(each), 2) for each in weights)}; _INTERCEPT = {intercept:.2f}")
        return 0
    rng = np.random.default_rng(0)
    rows: Rows = defaultdict(list)
    for _, whole, score, marks_s in pieces(chosen.set, chosen.works):
        for what, values in measure(whole, score, marks_s, rng).items():
            rows[what] += values
    cells: list[list[Any]] = [[what, f"{np.mean(each):.3f}", str(len(each))] for what, each in rows.items()]
    print(table(["what", "share", "of"], cells))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

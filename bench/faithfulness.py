"""Whether explanations are true: `python -m bench.faithfulness`; needs the demo library (or --library HOME).

(1) One thing is changed by playing a score again: it is named as the difference, and named first.
(2) Every "without timbre it would be 14th" is held against that very search.
(3) Every number and every word of judgement in answers about moments is recomputed from the stored frames.

What the evidence says against the score is measured by bench/explanations.py.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from app.settings import load_settings
from bench.one_change import CHANGES, make, passages
from bench.works import Split, works
from demo.scores import cache_folder
from index.core.options import LibraryOptions
from index.core.query import Query
from index.library import Library

RESULTS = Path(__file__).parent / "results/faithfulness.json"
GOALS = {"named first": 0.95, "ranks": 1.0, "numbers and words": 1.0}
PARTS = ("changes", "ranks", "answers")


def changes(library: Library, home: Path, names: list[str]) -> dict[str, Any]:
    """How often the thing that was changed is named, first
    or at all; and what was named where it was not first.
    """
    first, named, instead = Counter[str](), Counter[str](), Counter[str]()
    for name in names:
        for change, written, changed in passages(name, home):
            said = [each.what for each in library.compare(written, changed).differences]
            first[change] += said[:1] == [change]
            named[change] += change in said
            if said[:1] != [change]:
                instead[f"{change}: {said[0] if said else 'nothing'}"] += 1
    each = {
        change: {
            "named first": round(first[change] / len(names), 4),
            "named": round(named[change] / len(names), 4),
        }
        for change in CHANGES
    }
    total = len(names) * len(CHANGES)
    return {
        "works": len(names),
        "named first": round(sum(first.values()) / total, 4),
        "named": round(sum(named.values()) / total, 4),
        **each,
        "instead": dict(instead.most_common()),
    }


def made(split: Split, count: int, home: Path, processes: int) -> list[str]:
    """The names of `count` works of a side, played with one thing changed."""
    home.mkdir(parents=True, exist_ok=True)
    paths, names = works(count * 2, split=split), list[str]()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for low in range(0, len(paths), processes):
            names += filter(None, pool.map(partial(make, home=home), paths[low : low + processes]))
            if len(names) >= count:
                break
    return names[:count]


def random_queries(library: Library, count: int, seed: int = 3) -> list[Query]:
    """Ten seconds of tracks of the library drawn at random, asked in different ways."""
    rng = np.random.default_rng(seed)
    tracks = [track for track in library.tracks() if track.duration_s > 12]
    queries = []
    for number in range(count):
        track = tracks[int(rng.integers(len(tracks)))]
        start_s = round(float(rng.uniform(0, track.duration_s - 10)), 1)
        ways: list[dict[str, Any]] = [
            {"k": 5, "diversity": "balanced"},
            {"k": 10, "diversity": "closest"},
            {"k": 5, "diversity": "adventurous"},
            {"k": 5, "diversity": "balanced", "emphasis": {"timbre": 2.0, "rhythm": 0.5}},
        ]
        passage = library.passage(track, start_s, start_s + 10)
        queries.append(Query(passage, **ways[number % len(ways)]))
    return queries


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.faithfulness", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--works", type=int, default=60)
    parser.add_argument("--split", default="test", choices=("tune", "test"))
    parser.add_argument("--queries", type=int, default=40, help="searches whose hits are explained")
    parser.add_argument("--answers", type=int, default=500)
    parser.add_argument("--library", type=Path, help="the folder of a library; your own if not given")
    parser.add_argument("--home", type=Path, default=cache_folder() / "one_change")
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args()
    library = Library(LibraryOptions(chosen.library or load_settings().home))
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    try:
        if "changes" in chosen.only:
            home = chosen.home / chosen.split
            found = changes(library, home, made(chosen.split, chosen.works, home, chosen.processes))
            kept[f"changes, {chosen.split}"] = found
        if "ranks" in chosen.only:
            from bench.told_ranks import ranks

            kept["ranks"] = ranks(library, random_queries(library, chosen.queries))
        if "answers" in chosen.only:
            from bench.told_numbers import answers

            kept["answers"] = answers(library, chosen.answers)
    finally:
        library.close()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({**kept, "goals": GOALS}, indent=1) + "\n", "utf-8")
    print(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()

"""How often the right window is among the nearest vectors: what the exact comparison has to work with.

    python -m bench.candidates SET...

SETs are folders of bench.collection and bench.recordings, put together as one library. A window is right if
it begins within two seconds of the span that the query plays, or of an exact repeat. Every query asks once
with each factor's vector. "Either" is the share of queries whose right window is among as many of one factor or another
as a search asks for, and, since sets are small libraries, among an eighth as many.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.quality_sets import QuerySet, TrueQuery, open_set
from index.core.moments import Grid
from index.factors import Factor, build
from index.search.candidates import CANDIDATES

DEPTHS = (1, 50, 200, 500)
NEAR_S = 2.01
RESULTS = Path(__file__).with_name("results")


class Windows:
    """Every window of some sets, and its vector by each factor that has one."""

    def __init__(self, sets: Sequence[QuerySet], factors: Sequence[Factor]) -> None:
        grid, pieces, starts_s = Grid(), list[str](), list[float]()
        vectors: dict[str, list[np.ndarray]] = defaultdict(list)
        for each in sets:
            for track in each.tracks:
                frames = each.frames.read(track.id)
                spans = grid.vector_spans(frames.duration_s)
                pieces += [track.title] * len(spans)
                starts_s += [start_s for start_s, _ in spans]
                for factor in factors:
                    vectors[factor.name].append(factor.vectors(frames, spans))
        self.vectors = {name: np.concatenate(parts) for name, parts in vectors.items()}
        self._pieces, self._starts_s = np.array(pieces), np.array(starts_s)

    def __len__(self) -> int:
        return len(self._starts_s)

    def right(self, query: TrueQuery) -> np.ndarray:
        """(n,) which windows begin where the query does; the
        last of the piece where it begins later than that.
        """
        own = self._pieces == query.piece
        last_s = self._starts_s[own].max()
        starts_s = [min(start_s, last_s) for start_s, _ in query.spans]
        near = np.abs(self._starts_s[:, None] - starts_s).min(axis=1) <= NEAR_S
        return np.asarray(own & near)


def rank(query: TrueQuery, windows: Windows, factor: Factor) -> int:
    """How many windows lie nearer to the query than the nearest right one."""
    passage, right = query.passage, windows.right(query)
    end_s = min(passage.end_s, passage.start_s + Grid().window_s)
    asked = factor.query_vectors(passage.frames, (passage.start_s, end_s))
    likeness = (windows.vectors[factor.name] @ asked.T).max(axis=1)
    return int(np.count_nonzero(likeness > likeness[right].max()))


def _either(ranks: Mapping[str, Sequence[int]]) -> tuple[float, float]:
    """The share of queries found by one factor or another, among as many as are asked for and an eighth of these."""
    depths = [(np.array(each), CANDIDATES[name]) for name, each in ranks.items()]
    as_asked, eighth = (
        float(np.any([each < share * depth for each, depth in depths], axis=0).mean()) for share in (1, 1 / 8)
    )
    return as_asked, eighth


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.candidates", description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    sets = [open_set(folder) for folder in chosen.sets]
    factors = [factor for factor in build().values() if factor.dimensions]
    windows = Windows(sets, factors)
    print(f"{len(windows)} windows; share of queries whose right window is among the nearest {DEPTHS}")
    ranks: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for query in (query for each in sets for query in each.queries if query.kind != "hum"):
        for factor in factors:
            ranks[query.kind][factor.name].append(rank(query, windows, factor))
    found = {
        kind: {
            name: {f"@{n}": float(np.mean(np.array(each) < n)) for n in DEPTHS}
            for name, each in by_factor.items()
        }
        for kind, by_factor in sorted(ranks.items())
    }
    of_all: dict[str, list[int]] = {}
    for by_factor in ranks.values():
        for name, each in by_factor.items():
            of_all.setdefault(name, []).extend(each)
    either = {kind: _either(by_factor) for kind, by_factor in (*sorted(ranks.items()), ("all", of_all))}
    for kind, (as_asked, eighth) in either.items():
        print(f"{kind:18s} either {as_asked:.3f}, of an eighth {eighth:.3f}")
    for kind, by_name in found.items():
        shares = "  ".join(
            f"{name} " + " ".join(f"{share:.3f}" for share in each.values()) for name, each in by_name.items()
        )
        print(f"{kind:18s} {len(ranks[kind][factors[0].name]):4d}  {shares}")
    chosen.results.mkdir(parents=True, exist_ok=True)
    queries = {kind: len(by_factor[factors[0].name]) for kind, by_factor in sorted(ranks.items())}
    kept = {"windows": len(windows), "queries": queries, "found": found, "either": either}
    (chosen.results / "candidates.json").write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

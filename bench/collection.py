"""Sets of queries with known answers, made from scores: a library, queries, and truth.json.

`python -m bench.collection OUT --works 60 --kinds sound,instruments,all,hum --split tune`

The library is played by the demo's soundfont, the queries by another one (Debian's fluid-soundfont-gm where
it is installed). truth.json is a list of {"piece", "duration_s", "queries": [{"kind", "file", "a_start_s",
"a_end_s", "also"}]}: the span of the piece that a query plays, and exact repeats of it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from bench.damage import mp3, pink_noise, pitch, room, speed, stretch, telephone
from bench.humming import hum, top_voice
from bench.phones import PLACES, recorded
from bench.variants import KINDS, Variant, exact_repeats, other_soundfont, variant
from bench.works import SPLITS, by_composer, reserved_paths, side, works
from demo.render import render, write_tagged
from demo.scores import Score, ScoreError, load_score
from index.audio.reading import Sound

__all__ = ["build_set", "exact_repeats", "hum", "load_score", "reserved_paths", "side", "variant", "works"]

LONGEST_S = 120.0
SHORTEST_S = 24.0
QUERY_S = 10.0
LEAD_S = 3.0
"""Played before a query and cut off, so that it begins amid sounding notes as an excerpt does."""

DAMAGES: dict[str, Callable[[Sound, np.random.Generator], Sound]] = {
    "clean": lambda sound, rng: sound,
    "noise10": lambda sound, rng: pink_noise(sound, 10, rng),
    "noise5": lambda sound, rng: pink_noise(sound, 5, rng),
    "noise0": lambda sound, rng: pink_noise(sound, 0, rng),
    "room": lambda sound, rng: room(sound, float(rng.uniform(0.6, 1.4)), rng),
    "phone": lambda sound, rng: telephone(sound),
    "mp3": lambda sound, rng: mp3(sound, 32000),
    "speed": lambda sound, rng: speed(sound, float(rng.choice([0.92, 1.08]))),
    "pitch": lambda sound, rng: pitch(sound, float(rng.choice([-2, -1, 1, 2]))),
    "stretch": lambda sound, rng: stretch(sound, float(rng.choice([0.83, 0.92, 1.09, 1.2]))),
}
DAMAGES |= {f"recorded-{place}": partial(recorded, place=place) for place in PLACES}
DAMAGES["recorded-late"] = partial(recorded, place="room", late=True)
"""Excerpts of the library's own sound, spoilt; always ten seconds of the library, whatever is done."""


def build_set(
    out: Path,
    paths: Sequence[str],
    kinds: Sequence[str],
    *,
    seed: int = 0,
    per_kind: int = 2,
    workers: int = 2,
    limit: int = 0,
    asked: int = 0,
    unasked_s: float = LONGEST_S,
) -> list[dict[str, Any]]:
    """Write a set from score paths, at most `limit` pieces of it; returns what truth.json holds.

    With `asked` only so many pieces have queries; the others, of `unasked_s` at most, make the library larger.
    Works that cannot be played, that are shorter than 24 s, or begin like an earlier one are left out.
    """
    unknown = set(kinds) - {*KINDS, *DAMAGES, "hum"}
    if unknown:
        raise ValueError(f"no such kinds: {', '.join(sorted(unknown))}")
    for folder in ("library", "queries"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    truth: dict[str, dict[str, Any]] = {}
    tunes: set[str] = set()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = list(paths)
        while waiting and (not limit or len(truth) < limit):
            step = min(len(waiting), (limit - len(truth)) if limit else len(waiting))
            batch, waiting = waiting[:step], waiting[step:]
            fresh = []
            for path, tune in zip(batch, pool.map(_tune, batch), strict=True):
                if tune and tune not in tunes:
                    tunes.add(tune)
                    fresh.append(path)
            left = asked - len(truth) if asked else len(fresh)
            jobs = {
                pool.submit(
                    _piece, out, path, tuple(kinds) if number < left else (), seed, per_kind, unasked_s
                ): path
                for number, path in enumerate(fresh)
            }
            for job in as_completed(jobs):
                truth[jobs[job]] = job.result()
    ordered = [truth[path] for path in paths if path in truth]
    (out / "truth.json").write_text(json.dumps(ordered, indent=1), "utf-8")
    return ordered


def _tune(path: str) -> str:
    """The first intervals of the top voice, to tell near-copies; empty for a work that is passed over."""
    try:
        score = load_score(path)
    except ScoreError:
        return ""
    line = [note.midi for note in top_voice(score)][:20]
    if score.duration_s < SHORTEST_S or len(line) < 15:
        return ""
    return ",".join(str(b - a) for a, b in pairwise(line))


def _piece(  # noqa: PLR0917
    out: Path, path: str, kinds: tuple[str, ...], seed: int, per_kind: int, unasked_s: float
) -> dict[str, Any]:
    """Render one work and its queries."""
    score = load_score(path)
    name = re.sub(r"[^\w.-]+", "_", path)
    plain = render(score, max_s=LONGEST_S if kinds else unasked_s)
    write_tagged(out / "library" / f"{name}.flac", plain, {"title": score.title, "composer": score.composer})
    queries = []
    for kind in kinds:
        rng = np.random.default_rng([seed, zlib.crc32(f"{path} {kind}".encode())])
        for i in range(per_kind):
            made = _query(score, plain, kind, rng)
            if made is None:
                continue
            sound, start_s, end_s, also = made
            file = f"queries/{name}-{kind}-{i}.flac"
            write_tagged(out / file, sound, {})
            queries.append(
                {
                    "kind": f"cover_{kind}" if kind in KINDS else kind,
                    "file": file,
                    "a_start_s": round(start_s, 3),
                    "a_end_s": round(end_s, 3),
                    "also": also,
                }
            )
    return {"piece": name, "work": path, "duration_s": round(plain.duration_s, 3), "queries": queries}


def _query(
    score: Score, plain: Sound, kind: str, rng: np.random.Generator
) -> tuple[Sound, float, float, list[tuple[float, float]]] | None:
    """A query of a kind, the span of the library's piece that it plays, and that span's repeats."""
    until_s = min(score.duration_s, LONGEST_S - 4)
    if kind == "hum":
        hummed = hum(score, rng, until_s)
        if hummed is None:
            return None
        start_s, end_s = hummed.start_s, hummed.end_s
        return hummed.sound, start_s, end_s, exact_repeats(score, start_s, end_s, until_s, hummed.part)
    if kind in DAMAGES:
        start_s = _start(score, QUERY_S, until_s, rng)
        excerpt = DAMAGES[kind](plain.span(start_s, start_s + QUERY_S), rng)
        return excerpt, start_s, start_s + QUERY_S, exact_repeats(score, start_s, start_s + QUERY_S, until_s)
    other: Variant = variant(score, kind, rng)  # type: ignore[arg-type]
    span_s = QUERY_S * other.tempo_ratio
    start_s = _start(score, span_s, until_s, rng)
    lead_s = min(LEAD_S, other.heard_s(start_s))
    sound = render(
        score,
        start_s=start_s - other.score_s(lead_s),
        max_s=lead_s + QUERY_S + 4.5,
        **other.arguments(),
    ).span(lead_s, lead_s + QUERY_S)
    return sound, start_s, start_s + span_s, exact_repeats(score, start_s, start_s + span_s, until_s)


def _start(score: Score, span_s: float, until_s: float, rng: np.random.Generator) -> float:
    """A random start after which at least five notes sound; the last draw where none is found."""
    start_s = 0.0
    starts = np.array([note.start_s for note in score.notes])
    for _ in range(30):
        start_s = float(rng.uniform(0, max(0.01, until_s - span_s)))
        if np.count_nonzero((starts >= start_s) & (starts < start_s + span_s)) >= 5:
            break
    return start_s


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.collection", description=__doc__.split("\n", 1)[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--works", type=int, default=60)
    parser.add_argument(
        "--kinds", default="sound,instruments,all,hum", help=f"of {', '.join((*KINDS, 'hum', *DAMAGES))}"
    )
    parser.add_argument("--split", choices=SPLITS, default="tune")
    parser.add_argument(
        "--asked", type=int, default=0, help="so many pieces get queries, the others make the library larger"
    )
    parser.add_argument("--unasked-s", type=float, default=LONGEST_S, help="length of those others, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--per-kind", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--composers", type=int, default=0, help="instead: so many pieces of each, no queries"
    )
    chosen = parser.parse_args(arguments)
    began = time.perf_counter()
    paths, kinds = works(chosen.works * 2, chosen.seed, split=chosen.split), chosen.kinds.split(",")
    if chosen.composers:
        paths, kinds = by_composer(chosen.composers, [each for each in SPLITS if each != "test"]), []
    truth = build_set(
        chosen.out,
        paths,
        kinds,
        seed=chosen.seed,
        per_kind=chosen.per_kind,
        workers=chosen.workers,
        limit=0 if chosen.composers else chosen.works,
        asked=chosen.asked,
        unasked_s=chosen.unasked_s,
    )
    minutes = sum(piece["duration_s"] for piece in truth) / 60
    queries = sum(len(piece["queries"]) for piece in truth)
    print(f"{len(truth)} pieces, {minutes:.0f} min, {queries} queries in {time.perf_counter() - began:.0f} s")
    if other_soundfont().name != "FluidR3_GM.sf2":
        print(
            "FluidR3 is not installed (fluid-soundfont-gm): queries have the library's own sound.",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

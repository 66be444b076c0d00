"""What a large library costs on this machine: search, memory, start.

    python -m bench.scale WORK --pieces HOME --windows 47392 [--label before] [--only by_moment resident]

Generates a library of so many windows in WORK/home-WINDOWS through the real stores (bench/scale/filling.py; the frames
are hard links of a thousand generated from those of HOME), measures it in the ways of bench/scale/measures.py, each
in a process of its own, and writes bench/results/scale.json and scale.md; bench/scale/picture.py draws them. Where
the library is there already, it goes on; with --measure-only nothing is generated.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.machine import described
from bench.scale.asked import opened
from bench.scale.filling import fill
from bench.scale.measures import MEASURES
from bench.scale.pool import POOL, Pool
from bench.scale.tables import as_page, keep

ROOT = Path(__file__).resolve().parents[2]


def made(work: Path, pieces: Path, windows: int, pool_size: int, *, vectors: bool = True) -> Path:
    """The home of a library of so many windows; what is there of it is kept."""
    from bench.generated import frames_below

    home = work / f"home-{windows}"
    with opened(home) as library:
        pool = Pool(work / "pool", library.options.grid)
        pool.fill(frames_below([pieces / "frames"]), pool_size)
        fill(library, pool, pool_size, windows, vectors=vectors)
    return home


def measured(home: Path, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Each of the measures, in a process of its own."""
    found = {}
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "bench.scale", str(home), "--inside", name]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            print(f"{name} failed with code {done.returncode}", file=sys.stderr)
            continue
        found[name] = json.loads(done.stdout.splitlines()[-1])
        print(found[name], file=sys.stderr, flush=True)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__.split("\n", 1)[0])
    parser.add_argument("work", type=Path, help="where libraries are generated")
    parser.add_argument("--pieces", type=Path, help="a home whose frames are what is made into others")
    parser.add_argument("--windows", type=int, nargs="+", default=[47_392])
    parser.add_argument("--pool", type=int, default=POOL, help="so many different tracks")
    parser.add_argument("--label", default="now")
    parser.add_argument("--only", nargs="*", choices=list(MEASURES), help="these alone; none: only generate")
    parser.add_argument(
        "--without-vectors", action="store_true", help="for what does not ask them: words, hums, adding"
    )
    parser.add_argument("--measure-only", action="store_true", help="the libraries are there already")
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results" / "scale.json")
    parser.add_argument("--inside", choices=list(MEASURES), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.inside:
        print(json.dumps(MEASURES[chosen.inside](chosen.work.absolute())))
        return 0
    names = list(MEASURES) if chosen.only is None else chosen.only
    work = chosen.work.absolute()
    for windows in chosen.windows:
        home = work / f"home-{windows}"
        if not chosen.measure_only:
            if chosen.pieces is None:
                parser.error("--pieces HOME is needed to generate a library")
            pieces = chosen.pieces.absolute()
            home = made(work, pieces, windows, chosen.pool, vectors=not chosen.without_vectors)
        if names:
            found = keep(chosen.results, chosen.label, windows, measured(home, names))
            keep_machine = chosen.results.with_suffix(".machine.json")
            keep_machine.write_text(json.dumps(described(), indent=1) + "\n", "utf-8")
            chosen.results.with_suffix(".md").write_text(as_page(found), "utf-8")
            print(as_page(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How long the first search of each kind takes in a process, and the second: on a copy of a library that is
there.

    python -m bench.first_search HOME WORK [--windows 24000]

Copies HOME to WORK (where it is not there yet), fills it up with generated tracks to so many windows
(bench/generated.py), and asks it by moment, by words, by a hum and for a recommendation, each in a process of
its own: first as a library that was added before what words and hums are compared with was kept (it is
measured then), then as one that was added since.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.settings import Settings
from app.wiring import open_library
from bench.generated import fill, frames_below, progress_printer
from bench.report import table
from index.core.query import Query
from index.library import Library
from index.recommend.recommend import recommend
from index.store.descriptors import DescriptorStore

KINDS = ("moment", "words", "hum", "recommendation")
_KEPT = ("words/properties", "melody")


def ask(library: Library, kind: str) -> None:
    """One search."""
    tracks = library.tracks()
    if kind == "moment":
        library.find(Query(library.passage(tracks[len(tracks) // 2], 10, 20)))
    elif kind == "words":
        library.find_text("fast and bright")
    elif kind == "hum":
        library.find_hum(Query(library.passage(tracks[len(tracks) // 2], 10, 20)))
    else:
        recommend(library.searches.words(), library.frames, library.catalogue.history, "calm")


def twice(home: Path, kind: str) -> dict[str, float]:
    """Seconds, and those of the processor, of the first and the second search of a kind in this process."""
    library = open_library(Settings(home=home))
    found = {}
    for name in ("first", "second"):
        began, cpu = time.perf_counter(), time.process_time()
        ask(library, kind)
        found[name] = time.perf_counter() - began
        found[f"{name}_cpu"] = time.process_time() - cpu
    library.close()
    return found


def measure(home: Path) -> dict[str, dict[str, Any]]:
    """All kinds, before and after."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for kind in KINDS:
        for folder in _KEPT:
            shutil.rmtree(home / folder, ignore_errors=True)
        found[kind]["before"] = _in_a_process(home, kind)
    library = open_library(Settings(home=home))
    store = DescriptorStore(home, library.frames, library.options.grid)
    store.complete(library.tracks(), lambda *each: None, lambda: False)
    library.close()
    for kind in KINDS:
        found[kind]["after"] = _in_a_process(home, kind)
    return found


def _in_a_process(home: Path, kind: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.first_search", str(home), str(home), "--inside", kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    numbers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


def _told(each: dict[str, float]) -> str:
    return f"{each['first']:.1f} ({each['first_cpu']:.1f})"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.first_search", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("home", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--windows", type=int, default=0, help="0 for those that are there")
    parser.add_argument("--inside", choices=KINDS, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.inside:
        print(json.dumps(twice(chosen.work, chosen.inside)))
        return 0
    if not chosen.work.exists():
        shutil.copytree(chosen.home, chosen.work)
    library = open_library(Settings(home=chosen.work))
    if chosen.windows:
        sources = frames_below([chosen.home / "frames"])
        fill(library, sources, chosen.windows, progress=progress_printer(chosen.windows))
    status = library.status()
    library.close()
    found = measure(chosen.work)
    rows = [
        (
            kind,
            _told(found[kind]["before"]),
            _told(found[kind]["after"]),
            f"{found[kind]['after']['second']:.2f}",
        )
        for kind in KINDS
    ]
    print(f"{status.tracks} tracks, {status.windows:,} windows; seconds (of the processor)\n")
    print(table(["by", "first, not kept", "first, kept", "second"], rows))
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Speed, memory and disk: prints a table beside what is meant to be reached, writes JSON.

    python -m bench.speed                                  indexing (20 minutes of music), search, start
    python -m bench.speed --minutes 360                    six hours of music
    python -m bench.speed --only search --windows 47392 561600 1000000

Recordings are taken from --music, else from the music of Debian's free games where it is installed. Large
libraries are generated from the frames of what was indexed, or of --frames (see bench/generated.py), and kept
in --work.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.machine import described
from bench.quality import GAMES, RESULTS
from bench.report import table

PARTS = ("indexing", "search", "start")
PROTOTYPE_WINDOWS = 47_392
DEMO_WINDOWS = 5_500
"""About as many as the demo library has."""
REACH: dict[str, tuple[str, str]] = {
    "indexing.times_real_time": ("45", "x"),
    "indexing.ceiling_times_real_time": ("", "x"),
    "indexing.share_of_ceiling": ("", ""),
    "indexing.peak_rss_mb": ("1500", "MB"),
    "indexing.peak_pss_mb": ("1500", "MB"),
    "indexing.growth_mb": ("0", "MB"),
    "indexing.disk.gb_for_312_hours": ("4", "GB"),
    "search.47392.by_moment.p50_ms": ("30", "ms"),
    "search.47392.by_moment.p99_ms": ("80", "ms"),
    "search.47392.by_moment.cpu_ms": ("", "ms"),
    "search.47392.by_clip.p50_ms": ("500", "ms"),
    "search.561600.by_moment.p50_ms": ("100", "ms"),
    "search.561600.by_moment.p99_ms": ("250", "ms"),
    "search.1000000.by_moment.p50_ms": ("150", "ms"),
    "start.help_s": ("1", "s"),
    "start.make_run_s": ("10", "s"),
    "start.page_rss_mb": ("760", "MB"),
    "start.warm_turn_s": ("1", "s"),
}
"""What is meant to be reached, and its unit, by the place of a number in the results."""


def search(
    work: Path, windows: int, frames: Sequence[Path], *, music: Sequence[Path], moments: int, clips: int
) -> dict[str, Any]:
    """Latency and memory on a generated library of so many windows, in a process of its own."""
    from bench.indexing import disk

    home = generated_home(work, windows, frames)
    arguments = ["--moments", str(moments), "--clips", str(clips if music else 0)]
    arguments += ["--music", *map(str, music)] if music else []
    answer = subprocess.run(
        [sys.executable, "-m", "bench.latency", str(home), *arguments],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return found | {"disk": disk(home, 2 * windows / 3600, windows)}


def generated_home(work: Path, windows: int, frames: Sequence[Path]) -> Path:
    """A home with so many generated windows; what is there already is kept."""
    from bench.generated import fill, frames_below, progress_printer
    from index.core.options import LibraryOptions
    from index.library import Library

    home = work / f"generated-{windows}"
    if not (home / "filled").exists():
        sources = frames_below(frames)
        if not sources:
            raise SystemExit("There is nothing to generate from: index some music first, or name --frames.")
        print(f"Generating {windows:,} windows from {len(sources)} recordings ...", flush=True)
        library = Library(LibraryOptions(home))
        fill(library, sources, windows, progress=progress_printer(windows))
        library.close()
        (home / "filled").touch()
    return home


def start(home: Path) -> dict[str, Any]:
    """How long it takes to be there."""
    from bench import startup
    from index.core.options import LibraryOptions
    from index.library import Library

    library = Library(LibraryOptions(home))
    title = library.tracks()[0].title
    library.close()
    return {
        **startup.help_s(),
        "make_run_s": startup.make_run_s(home),
        **startup.page(home, title),
        **startup.planner(home, title),
    }


def rows(found: dict[str, Any], place: str = "") -> list[list[str]]:
    """Every number of the results, with what is meant to be reached."""
    lines: list[list[str]] = []
    for name, value in found.items():
        here = f"{place}.{name}".lstrip(".")
        if isinstance(value, dict):
            lines += rows(value, here)
        elif isinstance(value, (int, float)):
            reach, unit = REACH.get(here, ("", ""))
            lines.append([here, f"{value:,.4g}" if value < 1000 else f"{value:,.0f}", unit, reach])
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--music", type=Path, nargs="+", help="folders of recordings")
    parser.add_argument("--minutes", type=float, default=20.0, help="of music to index")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--windows", type=int, nargs="+", default=[DEMO_WINDOWS, PROTOTYPE_WINDOWS])
    parser.add_argument("--frames", type=Path, nargs="+", help="folders of frames to generate libraries from")
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--work", type=Path, default=RESULTS / "cache" / "speed")
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen = parser.parse_args(arguments)
    from bench.indexing import chosen_files, index

    folders = chosen.music or [Path("/usr/share/games") / name for name in GAMES]
    music = chosen_files([folder for folder in folders if folder.is_dir()], chosen.minutes)
    home = (chosen.work / "indexed").absolute()
    found: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": described(),
    }
    if "indexing" in chosen.only and music:
        print(f"Indexing {len(music)} recordings ...", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        found["indexing"] = index(music, home, chosen.workers)
    frames = chosen.frames or [home / "frames"]
    if "search" in chosen.only:
        found["search"] = {}
        for windows in chosen.windows:
            print(f"Searching {windows:,} windows ...", flush=True)
            found["search"][str(windows)] = search(
                chosen.work.absolute(),
                windows,
                frames,
                music=music,
                moments=chosen.moments,
                clips=chosen.clips,
            )
    if "start" in chosen.only:
        print("Starting ...", flush=True)
        windows = PROTOTYPE_WINDOWS if PROTOTYPE_WINDOWS in chosen.windows else chosen.windows[-1]
        found["start"] = start(generated_home(chosen.work.absolute(), windows, frames))
    found["load_at_end"] = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    chosen.results.mkdir(parents=True, exist_ok=True)
    name = "speed" if set(chosen.only) == set(PARTS) else f"speed-{'-'.join(chosen.only)}"
    (chosen.results / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    page = (
        f"{found['when'][:10]}, {found['machine']['cpu']}, load {found['machine']['load']} at the start.\n\n"
    )
    page += table(["what", "measured", "", "reach"], rows({part: found.get(part, {}) for part in PARTS}))
    (chosen.results / f"{name}.md").write_text(page, "utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Damages sound files of twelve formats at random and has each read by a worker: sound, or one sentence, and
no crash.

    python -m bench.fuzz_files --files 10000           under 2 GB of memory a worker
    python -m bench.fuzz_files --files 600 --compare   also asks the ffmpeg program about each file that is refused

A file is read as adding reads it (blocks, loudness, tags), without the networks. `--keep DIR` keeps the files
that ended a worker, or that ffmpeg reads and Reprise does not.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from bench.damaged_files import FORMATS, damaged, made
from bench.quality import RESULTS
from index.audio.reading import file_blocks, file_loudness_lufs
from index.core.frames import RATES_HZ, Frames, rows
from index.core.moments import Grid
from index.workers.analyse_file import Analysed, AnalyseFile, Refused
from index.workers.pool import Workers

LIMIT_S = 60.0
MEMORY_BYTES = 2_000_000_000
_WIDTHS = {"notes": 88, "sketch": 12, "chroma": 12, "mfcc": 13, "embedding": 200, "tags": 50, "contour": 2}


class Listener:
    """Reads a file as `index.analysis.analyser.Analyser` does, and measures nothing; with a bound on memory."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))

    def analyse_file(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Frames:
        """Empty frames as long as the sound."""
        blocks = file_blocks(path, 120.0, 6.0, start_s=start_s, end_s=end_s)
        seconds = sum(block.length_s for block in blocks)
        loudness, _ = file_loudness_lufs(path)
        arrays = {
            name: np.zeros((rows(seconds, rate), *([_WIDTHS[name]] if name in _WIDTHS else [])), np.uint8)
            for name, rate in RATES_HZ.items()
        }
        return Frames(duration_s=seconds, loudness_lufs=loudness, **arrays)

    def vectors(self, frames: Frames, grid: Grid) -> dict[str, np.ndarray]:
        """None."""
        return {}


@dataclass
class Outcome:
    """What became of the files."""

    files: int = 0
    read: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    crashed: list[str] = field(default_factory=list)
    no_sentence: list[str] = field(default_factory=list)
    only_ffmpeg: list[str] = field(default_factory=list)
    """Refused, and the ffmpeg program gets a second of sound or more."""
    slowest_s: float = 0.0


def run(
    count: int, work: Path, seed: int, *, compare: bool, keep: Path | None, workers: int, first: int = 0
) -> Outcome:
    """Damage and read `count` files."""
    wholes = {ending: made(work, ending, codec) for ending, codec in FORMATS.items()}
    outcome = Outcome()
    grid, log = Grid(), work / "workers.log"
    with Workers(workers, partial(Listener, MEMORY_BYTES), log) as pool:
        waiting: list[tuple[Path, str, float, Future[Analysed | Refused]]] = []
        for number in range(first, first + count):
            ending = list(FORMATS)[number % len(FORMATS)]
            data, done = damaged(wholes[ending], seed, number)
            path = work / f"{number:06d} {done}.{ending}"
            path.write_bytes(data)
            waiting.append((path, done, time.monotonic(), pool.ask(AnalyseFile(path, grid), LIMIT_S)))
            if len(waiting) >= 4 * workers:
                _note(outcome, *waiting.pop(0), compare=compare, keep=keep)
            if outcome.files % 500 == 499:
                print(f"{outcome.files + 1} files, {outcome.read} read", flush=True)
        for each in waiting:
            _note(outcome, *each, compare=compare, keep=keep)
    return outcome


def _note(
    outcome: Outcome,
    path: Path,
    done: str,
    began: float,
    future: Future[Analysed | Refused],
    *,
    compare: bool,
    keep: Path | None,
) -> None:
    answer = future.result()
    outcome.files += 1
    outcome.slowest_s = max(outcome.slowest_s, time.monotonic() - began)
    interesting = False
    if isinstance(answer, Analysed):
        outcome.read += 1
    else:
        outcome.refused[re.sub(r"\d+(\.\d+)?", "N", answer.reason)] += 1
        if answer.reason.startswith("the process that analysed it ended"):
            outcome.crashed.append(f"{path.name}: {answer.reason}")
            interesting = True
        if "\n" in answer.reason or "error of ours" in answer.reason or not answer.reason:
            outcome.no_sentence.append(f"{path.name}: {answer.reason}")
            interesting = True
        if compare and (seconds := ffmpeg_s(path)) >= 1:
            outcome.only_ffmpeg.append(f"{path.name}: {answer.reason}; ffmpeg reads {seconds:.2f} s")
            interesting = True
    if interesting and keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, keep / path.name)
    path.unlink()


def ffmpeg_s(path: Path) -> float:
    """Seconds of sound that the ffmpeg program gets out of a file."""
    command = ["ffmpeg", "-v", "quiet", "-nostdin", "-i", str(path), "-map", "a:0", "-ac", "1"]
    try:
        done = subprocess.run(
            [*command, "-ar", "8000", "-f", "u8", "-"], capture_output=True, check=False, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return 0.0
    return len(done.stdout) / 8000


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 where every file ended in sound or in a sentence."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz_files", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--compare", action="store_true", help="with the ffmpeg program")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--results", type=Path, default=RESULTS)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work:
        found = run(
            chosen.files,
            Path(work),
            chosen.seed,
            compare=chosen.compare,
            keep=chosen.keep,
            workers=chosen.workers,
            first=chosen.first,
        )
    chosen.results.mkdir(parents=True, exist_ok=True)
    table = {**vars(found), "refused": dict(found.refused.most_common())}
    (chosen.results / "fuzz_files.json").write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    print(json.dumps(table, indent=1))
    return 1 if found.no_sentence else 0


if __name__ == "__main__":
    # Not as __main__: workers get the listener by its name.
    from bench.fuzz_files import main as start

    sys.exit(start())

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
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.quality import RESULTS
from index.audio.reading import file_blocks, file_loudness_lufs
from index.core.frames import RATES_HZ, Frames, rows
from index.core.moments import Grid
from index.workers.analyse_file import Analysed, AnalyseFile, Refused
from index.workers.pool import Workers

RATE_HZ = 48000
SECONDS = 3.0
LIMIT_S = 60.0
MEMORY_BYTES = 2_000_000_000
FORMATS = {
    "wav": "pcm_s16le",
    "aiff": "pcm_s16be",
    "flac": "flac",
    "mp3": "libmp3lame",
    "ogg": "vorbis",
    "opus": "libopus",
    "m4a": "aac",
    "alac.m4a": "alac",
    "wma": "wmav2",
    "mka": "ac3",
    "wv": "wavpack",
    "webm": "libopus",
}
"""Twelve kinds of file, by ending, with the codec of each."""
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


def made(folder: Path, ending: str, codec: str) -> bytes:
    """An undamaged file of a few seconds: rising tones and some noise, in stereo, with tags."""
    import av

    path = folder / f"whole.{ending}"
    at_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    tone = 0.3 * np.sin(2 * np.pi * (200 + 100 * np.floor(4 * at_s)) * at_s)
    noise = 0.02 * np.random.default_rng(0).standard_normal((2, len(at_s)))
    frame = av.AudioFrame.from_ndarray((tone + noise).astype(np.float32), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
    with av.open(str(path), "w") as container:
        container.metadata.update({"title": "Title", "artist": "Artist", "album": "Album", "date": "1999"})
        options = {"strict": "experimental"}
        stream: Any = container.add_stream(codec, rate=RATE_HZ, layout="stereo", options=options)
        if not codec.startswith("pcm"):
            stream.bit_rate = 128_000
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="stereo", rate=RATE_HZ)
        fifo = av.AudioFifo()
        for each in (frame, None):
            for part in resampler.resample(each):
                fifo.write(part)
        while (piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path.read_bytes()


def _flip_bits(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    for place in rng.integers(0, front, int(rng.integers(1, 40))):
        data[place] ^= 1 << int(rng.integers(8))
    return data


def _overwrite(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place, length = int(rng.integers(front)), int(2 ** rng.uniform(0, 12))
    length = min(length, len(data) - place)
    data[place : place + length] = rng.integers(0, 256, length, dtype=np.uint8).tobytes()
    return data


def _extreme(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    """Numbers of a header set to their extremes."""
    for _ in range(int(rng.integers(1, 4))):
        place, width = int(rng.integers(front)), int(rng.choice([1, 2, 4, 8]))
        data[place : place + width] = rng.choice([b"\0", b"\xff", b"\x7f", b"\x80"]) * width
    return data


def _zero(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place = int(rng.integers(front))
    length = min(int(2 ** rng.uniform(0, 14)), len(data) - place)
    data[place : place + length] = bytes(length)
    return data


def _cut_end(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    return data[: int(rng.integers(1, len(data)))]


def _cut_start(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    return data[int(rng.integers(front)) :]


def _take_out(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place = int(rng.integers(front))
    return data[:place] + data[place + int(2 ** rng.uniform(0, 13)) :]


def _insert(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place, length = int(rng.integers(front)), int(2 ** rng.uniform(0, 12))
    return data[:place] + rng.integers(0, 256, length, dtype=np.uint8).tobytes() + data[place:]


def _repeat(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place, length = int(rng.integers(front)), int(2 ** rng.uniform(3, 14))
    return data[: place + length] + data[place:]


def _repeat_start(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    return data[: int(rng.integers(1, front))] + data


DAMAGES: Sequence[Callable[[bytearray, np.random.Generator, int], bytearray]] = (
    _flip_bits,
    _overwrite,
    _extreme,
    _zero,
    _cut_end,
    _cut_start,
    _take_out,
    _insert,
    _repeat,
    _repeat_start,
)


def damaged(whole: bytes, seed: int, number: int) -> tuple[bytes, str]:
    """A damaged copy and what was done; one in two is damaged within its first 4 kB, one in four twice."""
    rng = np.random.default_rng([seed, number])
    data, done = bytearray(whole), []
    for _ in range(2 if rng.random() < 0.25 else 1):
        damage = DAMAGES[int(rng.integers(len(DAMAGES)))]
        front = len(data) if rng.random() < 0.5 else min(len(data), 4096)
        if len(data) > 1:
            data = damage(data, rng, max(1, front))
            done.append(damage.__name__.strip("_"))
    return bytes(data), "+".join(done)


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

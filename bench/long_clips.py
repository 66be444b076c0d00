"""What long and strange files cost that are dropped into a conversation: memory of all processes, and time to
a stop.

    python -m bench.long_clips [--work FOLDER] [--only FLAC]

Needs the program ffmpeg, to make the files: an MP3 of two and a half hours, a FLAC of three hours at 192 kHz
that is almost nothing on disk, and twenty minutes in eight channels. Prints a table.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.core.options import LibraryOptions
from index.library import Library

FILES = {
    "MP3, 2.5 h": ("long.mp3", "anoisesrc=color=pink:amplitude=0.3:duration=9000:r=44100", ("-b:a", "64k")),
    "FLAC, 3 h at 192 kHz": ("still.flac", "anullsrc=r=192000:cl=stereo:d=10800", ()),
    "WAV, 20 min, 8 channels": (
        "eight.wav",
        "anoisesrc=color=pink:duration=1200:r=48000,pan=7.1|c0=c0|c1=c0",
        (),
    ),
}
STOP_AFTER_S = (1.0, 4.0, 8.0)


@dataclass(frozen=True)
class Cost:
    """What one file cost."""

    file_mb: float
    heard_s: float
    whole_s: float
    first_news_s: float
    took_s: float
    peak_gb: float
    stops_s: tuple[float, ...]


class Memory:
    """The largest sum of resident memory of this process and its children, while it is watched."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        import psutil

        own = psutil.Process()
        while not self._over.wait(0.05):
            total = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.peak_bytes = max(self.peak_bytes, total)


def made(folder: Path, name: str) -> Path:
    """One of the files, made where it is missing."""
    file, source, options = FILES[name]
    path = folder / file
    if not path.exists():
        command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, *options, str(path)]
        subprocess.run(command, check=True)
    return path


def cost_of(path: Path, home: Path) -> Cost:
    """Drop a file: listen to it to the limit, then twice more with a stop on the way."""
    with Memory() as memory:
        library = Library(LibraryOptions(home))
        started = time.monotonic()
        first_s = 0.0
        steps = library.hear(path, path.name)
        try:
            while True:
                told = next(steps)
                if told is not None and not first_s:
                    first_s = time.monotonic() - started
        except StopIteration as over:
            clip = over.value
        took_s = time.monotonic() - started
        stops = []
        for number, after_s in enumerate(STOP_AFTER_S):
            other = path.with_name(f"again{number}{path.suffix}")
            other.write_bytes(path.read_bytes() + bytes(number + 1))
            steps = library.hear(other, other.name)
            until = time.monotonic() + after_s
            while time.monotonic() < until:
                next(steps)
            stopped = time.monotonic()
            steps.close()
            stops.append(time.monotonic() - stopped)
            other.unlink()
        library.close()
    heard_s = clip.heard_s or clip.duration_s
    size_mb = path.stat().st_size / 1e6
    return Cost(size_mb, heard_s, clip.duration_s, first_s, took_s, memory.peak_bytes / 1e9, tuple(stops))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", type=Path, default=None)
    parser.add_argument("--only", default="", help="files with this in their name, as FLAC")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="reprise-long-") as made_here:
        work = chosen.work or Path(made_here)
        work.mkdir(parents=True, exist_ok=True)
        print(
            "| file | on disk | listened to | took | peak memory, all processes | stop |\n|---|---|---|---|---|---|",
            flush=True,
        )
        for name in (each for each in FILES if chosen.only in each):
            cost = cost_of(made(work, name), Path(tempfile.mkdtemp(prefix="home-", dir=made_here)))
            stops = ", ".join(f"{each:.2f}" for each in cost.stops_s)
            print(
                f"| {name} | {cost.file_mb:.1f} MB | {cost.heard_s / 60:.0f} of {cost.whole_s / 60:.0f} min "
                f"| {cost.took_s:.0f} s | {cost.peak_gb:.2f} GB | {stops} s |",
                flush=True,
            )


if __name__ == "__main__":
    main()

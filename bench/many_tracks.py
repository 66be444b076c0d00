"""Many short tracks where few files may be open: adding, every search, words of songs, status, and the page.

    python -m bench.many_tracks WORK [--tracks 1500] [--files 256] [--analysed 250]

Makes music in WORK/music, adds it to WORK/home by the real commands and networks, generates the other tracks
from its frames (bench/generated.py), and prints a table: what was done, how it ended, how long it took, and
how many files were open at most in one of its processes. Each command runs under `ulimit -n FILES`. Sung
words come from a checkpoint in Whisper's format that hears the same words in everything, and some tracks are
said to be sung. Ends with code 1 where anything failed. What is in WORK already is used again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

from bench.generated import fill
from bench.processes import tree
from bench.report import table

ROOT = Path(__file__).resolve().parents[1]
RATE_HZ = 16000
LENGTHS_S = (1.5, 2.0, 3.0, 5.0, 9.9, 12.0)
SUNG = 10
"""So many tracks are said to be sung; the others have no voice, and are left alone."""
WORDS = "here comes the summer again"
_LOOK_S = 0.05
_PATIENCE_S = 3600.0


@dataclass(frozen=True)
class Done:
    """One thing that was done."""

    what: str
    said: str
    """Its last line, or what went wrong."""
    well: bool
    seconds: float
    most_files: int
    """Open in one process at one time."""


def make_music(folder: Path, tracks: int) -> None:
    """Short melodies of three harmonics, no two the same."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(tracks):
        file = folder / f"tune {number:05d}.wav"
        if file.exists():
            continue
        random = np.random.default_rng(number)
        seconds = LENGTHS_S[number % len(LENGTHS_S)]
        pitch = np.repeat(random.integers(57, 80, int(seconds * 4) + 1), RATE_HZ // 4)[
            : int(seconds * RATE_HZ)
        ]
        phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / RATE_HZ
        sound = sum(np.sin(phase * harmonic) / harmonic for harmonic in (1, 2, 3))
        soundfile.write(file, (0.2 * np.asarray(sound)).astype(np.float32), RATE_HZ, subtype="PCM_16")


def prove(work: Path, tracks: int, files: int, analysed: int) -> list[Done]:
    """Everything, in order."""
    make_music(work / "music", analysed)
    home = work / "home"
    run = Commands(home, files, _whisper(work))
    clip = str(work / "music" / "tune 00005.wav")
    done = [run.command("reprise add", "add", str(work / "music"))]
    _generate(home, tracks)
    done.append(run.command("reprise add, what was not kept is measured", "add", str(work / "music")))
    done.append(run.command("reprise status", "status"))
    done.append(run.command("reprise find, a moment", "find", "tune 00003 @ 0:00-0:05"))
    done.append(run.command("reprise find, a clip", "find", clip))
    done.append(run.command("reprise find --hum", "find", clip, "--hum"))
    done.append(run.command("reprise find --text", "find", "--text", "fast and bright"))
    _let_some_sing(home)
    done.append(run.command("reprise add --lyrics", "add", "--lyrics"))
    done.append(run.words_written())
    done.append(run.command("reprise find --text, sung", "find", "--text", "where do they sing about summer"))
    done.append(run.inside("all of it in one process", "searched"))
    done.append(run.inside("the page, asked by words", "page"))
    return done


@dataclass(frozen=True)
class Commands:
    """Runs commands on a home, each with few files."""

    home: Path
    files: int
    whisper: Path

    def command(self, what: str, *arguments: str) -> Done:
        """One command of `reprise`."""
        return self._run(what, [sys.executable, "-m", "app.cli", *arguments])

    def inside(self, what: str, part: str) -> Done:
        """A part of this file, in a process of its own."""
        return self._run(what, [sys.executable, "-m", "bench.many_tracks", str(self.home), "--inside", part])

    def words_written(self) -> Done:
        """Wait until the words are written down."""
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE_S:
            status = json.loads(self._start("-m", "app.cli", "status", "--json").communicate()[0])
            lyrics = status["lyrics"] or {"done": 0, "total": 1, "failed": 0, "with_words": 0}
            if lyrics["done"] + lyrics["failed"] >= lyrics["total"]:
                break
            time.sleep(2)
        said = f"{lyrics['done']} of {lyrics['total']}, {lyrics['with_words']} with words"
        well = lyrics["done"] == lyrics["total"] and lyrics["with_words"] == SUNG
        return Done("words are written down", said, well, time.monotonic() - began, 0)

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "REPRISE_HOME": str(self.home), "REPRISE_WHISPER": str(self.whisper)}
        environment["REPRISE_MODEL"] = "builtin"
        return subprocess.Popen(
            ["sh", "-c", f'ulimit -n {self.files}; exec "$@"', "sh", sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _run(self, what: str, command: Sequence[str]) -> Done:
        print(f"{what} ...", file=sys.stderr, flush=True)
        began = time.monotonic()
        process = self._start(*command[1:])
        with _counted(process.pid) as most:
            output = process.communicate(timeout=_PATIENCE_S)[0]
        lines = [line for line in output.splitlines() if line.strip()]
        well = process.returncode == 0 and "Traceback" not in output
        said = lines[-1] if lines else ""
        return Done(what, said if well else "\n".join(lines[-20:]), well, time.monotonic() - began, most[0])


@contextmanager
def _counted(pid: int) -> Iterator[list[int]]:
    """The most files that a process, or one that it started, has open at one time."""
    most, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            for each in tree(pid):
                with suppress(psutil.Error):
                    most[0] = max(most[0], each.num_fds())

    looker = threading.Thread(target=look, daemon=True)
    looker.start()
    try:
        yield most
    finally:
        over.set()
        looker.join()


def _whisper(work: Path) -> Path:
    """The checkpoint of the tests, which hears WORDS in everything."""
    path = work / "tiny.pt"
    if not path.exists():
        sys.path.insert(0, str(ROOT / "tests"))
        from tiny_whisper import write_tiny_whisper

        write_tiny_whisper(path, WORDS)
    return path


def _generate(home: Path, tracks: int) -> None:
    """Generate short tracks of a window each, with frames and vectors alone, until there are so many."""
    from app.settings import Settings
    from app.wiring import open_library

    library = open_library(Settings(home=home))
    sources = [library.frames.read(track.id) for track in library.tracks()]
    missing = tracks - len(sources)
    if missing > 0:
        fill(library, sources, library.status().windows + missing, lengths_s=(2, 10))
    library.close()


def _let_some_sing(home: Path) -> None:
    """Say of a few tracks that somebody sings in them."""
    from app.settings import Settings
    from app.wiring import open_library
    from index.models.musicnn import TAGS

    library = open_library(Settings(home=home))
    for track in [track for track in library.tracks() if Path(track.path).exists()][:SUNG]:
        frames = library.frames.read(track.id)
        tags = np.array(frames.tags)
        tags[:, TAGS["MTT"].index("singing")] = 250
        library.frames.write(track.id, replace(frames, tags=tags))
    library.close()


def searched(home: Path) -> str:
    """Everything that walks the library, in one process, which stays open."""
    from app.settings import Settings
    from app.wiring import open_library
    from index.core.query import Query
    from index.recommend.recommend import recommend

    library = open_library(Settings(home=home, whisper=os.environ.get("REPRISE_WHISPER", "")))
    tracks = library.tracks()
    queries = [Query(library.passage(track), k=5) for track in tracks[:: max(1, len(tracks) // 20)]]
    counts = {
        "by moment": sum(len(library.find(query).hits) for query in queries),
        "by hum": len(library.find_hum(Query(library.passage(max(tracks, key=lambda t: t.duration_s)))).hits),
        "by words": len(library.find_text("slow and dark").hits),
        "by sung words": len(library.find_text("where do they sing about summer").hits),
        "recommended": len(
            recommend(library.searches.words(), library.frames, library.catalogue.history, "calm").hits
        ),
        "repeats": len(library.find_repeats(queries[0].passage).hits) + 1,
    }
    best = library.find(queries[0]).hits[0]
    library.explain(queries[0], best)
    read = sum(len(library.frames.read(track.id).notes) for track in tracks)
    assert all(counts.values()) and read, counts
    library.close()
    return f"hits: {', '.join(f'{count} {what}' for what, count in counts.items())}; all {len(tracks)} read"


def page(home: Path) -> str:
    """The page as Streamlit runs it, asked once."""
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=600)
    test.run()
    test.chat_input[0].set_value("fast and bright music").run()
    assert not test.exception, test.exception
    found = [message for message in test.chat_message if message.name == "assistant"]
    assert found, "no answer"
    return next((part.value for part in found[-1].markdown if part.value.strip()), "")[:100]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.many_tracks", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--tracks", type=int, default=1500)
    parser.add_argument("--files", type=int, default=256)
    parser.add_argument("--analysed", type=int, default=250, help="so many of them are real files")
    parser.add_argument("--inside", choices=["searched", "page"], help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    parts: dict[str, Callable[[Path], Any]] = {"searched": searched, "page": page}
    if chosen.inside:
        print(parts[chosen.inside](chosen.work))
        return 0
    done = prove(chosen.work.absolute(), chosen.tracks, chosen.files, chosen.analysed)
    rows = [
        (
            each.what,
            "well" if each.well else "FAILED",
            f"{each.seconds:.1f}",
            str(each.most_files or ""),
            each.said,
        )
        for each in done
    ]
    print(table(["what", "ended", "seconds", "files at most", "it said"], rows))
    print(json.dumps([asdict(each) for each in done]))
    return 0 if all(each.well for each in done) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Damages files of a library, one at a time, has it mended, and compares it with the undisturbed one.

    python -m bench.damages

Thirty damages: ten files of a home, each cut to a half, filled with zeros, and swapped with another one. After each,
`reprise check --repair` has to end with exit code 0 and a sentence, and the library has to equal the one before, by
`bench.robustness`. The program, its analysis, Chroma and SQLite are the real ones; the music is short and made up.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.quality import RESULTS
from bench.robustness import add, differences, made_files, picture, reprise

_FILES = 5


def cut(file: Path, other: Path) -> None:
    """The second half is lost."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def zeroed(file: Path, other: Path) -> None:
    """All bytes are zero."""
    file.write_bytes(bytes(file.stat().st_size))


def swapped(file: Path, other: Path) -> None:
    """It holds what another file holds, and that one what it held."""
    first, second = file.read_bytes(), other.read_bytes()
    file.write_bytes(second)
    other.write_bytes(first)


WAYS: tuple[Callable[[Path, Path], None], ...] = (cut, zeroed, swapped)


def targets(home: Path) -> dict[str, tuple[Path, Path]]:
    """Files of a home by a name, each with the one that it is swapped with."""
    frames = sorted((home / "frames").glob("*/*.safetensors"))
    melody = sorted((home / "melody").glob("*/*/*.npy"))
    store = home / "chroma" / "store" / "chroma.sqlite3"
    catalogue, threads = home / "catalogue.sqlite", home / "threads.sqlite"
    return {
        "frames, first": (frames[0], frames[1]),
        "frames, second": (frames[1], frames[2]),
        "frames, last": (frames[-1], melody[-1]),
        "melody, first": (melody[0], melody[1]),
        "melody, last": (melody[-1], melody[-2]),
        "vector store": (store, frames[0]),
        "token of the vector store": (home / "chroma" / "token", home / "saved.json"),
        "catalogue": (catalogue, store),
        "conversations": (threads, catalogue),
        "saved moments": (home / "saved.json", threads),
    }


def ended(home: Path) -> None:
    """Wait until the vector server of a home has ended by itself."""
    until = time.monotonic() + 60
    while (home / "chroma" / "server.json").exists() and time.monotonic() < until:
        time.sleep(0.2)


def run(work: Path, only: str = "") -> dict[str, Any]:
    """All damages of a library made on the spot."""
    music = made_files(work / "music", _FILES)
    whole = work / "whole"
    if not (whole / "catalogue.sqlite.last-good").exists():
        add(music, whole)
        (whole / "saved.json").write_text("[]")
        with closing(sqlite3.connect(whole / "threads.sqlite")) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS checkpoints (thread_id TEXT)")
            database.execute("INSERT INTO checkpoints VALUES ('one')")
        code, said = reprise(whole, "check", "--repair")
        if code:
            raise SystemExit(f"The undisturbed library is not whole: {said}")
    before = picture(whole)
    ended(whole)
    found: list[dict[str, Any]] = []
    for name in targets(whole):
        for way in WAYS:
            if only and only not in f"{name} {way.__name__}":
                continue
            home = work / "damaged"
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(whole, home)
            way(*targets(home)[name])
            code, said = reprise(home, "check", "--repair")
            unequal = ["cannot be opened"]
            try:
                unequal = differences(before, picture(home))
            except Exception as error:
                unequal = [f"{type(error).__name__}: {error}"]
            ended(home)
            line = {
                "file": name,
                "damage": way.__name__,
                "code": code,
                "said": said.strip().splitlines()[-3:],
                "different": unequal,
            }
            found.append(line)
            print(f"{name}, {way.__name__}: {code}, {unequal or 'equal'}; {said.strip()[-300:]}", flush=True)
    return {"damages": len(found), "equal": sum(not each["different"] for each in found), "each": found}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 where every library was equal to the undisturbed one."""
    parser = argparse.ArgumentParser(prog="python -m bench.damages", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--work", type=Path, default=RESULTS / "cache" / "damages")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--only", default="", help="only damages whose names contain this")
    chosen = parser.parse_args(arguments)
    work = chosen.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    found = run(work, chosen.only)
    chosen.results.mkdir(parents=True, exist_ok=True)
    (chosen.results / "damages.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"{found['equal']} of {found['damages']} equal.")
    return 0 if found["equal"] == found["damages"] else 1


if __name__ == "__main__":
    sys.exit(main())

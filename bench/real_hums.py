"""How well real hums find their piece, on public sets that are on your computer.

    python -m bench.real_hums WORK --qbsh MIR-QBSH-corpus
    python -m bench.real_hums WORK --hums MTG-QBH/audio --answers answers.csv --library MUSIC

MIR-QBSH (Jang; 4,431 hums of 48 tunes) holds midiFile/NNNNN.mid and waveFile/*/*/NNNNN.wav: the tunes are
played by the demo's soundfont, and a hum's name tells its tune. Other sets (MTG-QBH, Lyra-QBH) have no
recordings of the pieces: give a folder of them, and a CSV with two columns, the hum's file and the title or
file name of its piece. WORK keeps what is made on the way. Printed are the right piece at 1 and in 10, and
the mean reciprocal rank.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from demo.render import render, write_tagged
from demo.scores import Note, Part, Score
from index.core.errors import RepriseError
from index.core.options import LibraryOptions
from index.core.query import Query
from index.library import Library

FURTHEST = 50


@dataclass(frozen=True)
class RealHum:
    """A recording of somebody humming, and the piece that was meant."""

    file: Path
    piece: str


def qbsh(corpus: Path, music: Path) -> list[RealHum]:
    """The hums of MIR-QBSH; its tunes are played into `music` where they are not yet there."""
    music.mkdir(parents=True, exist_ok=True)
    for midi in sorted((corpus / "midiFile").glob("*.mid")):
        target = music / f"{midi.stem}.flac"
        if not target.exists():
            write_tagged(target, render(score_of(midi)), {"title": midi.stem})
    known = {file.stem for file in music.glob("*.flac")}
    return [
        RealHum(file, file.stem)
        for file in sorted((corpus / "waveFile").rglob("*.wav"))
        if file.stem in known
    ]


def score_of(midi: Path) -> Score:
    """The notes of a MIDI file as a score, each track a part."""
    from music21 import converter, stream

    parts = []
    for track in converter.parse(str(midi), quantizePost=False).getElementsByClass(stream.Part):
        seconds: list[Any] = list(track.flatten().notes.stream().secondsMap)
        notes = [
            Note(at["offsetSeconds"], at["endTimeSeconds"], pitch.midi, 80)
            for at in seconds
            for pitch in at["element"].pitches
        ]
        if notes:
            parts.append(Part(str(track.partName or ""), 0, tuple(notes)))
    return Score(str(midi), midi.stem, "", None, "", tuple(parts), (), 120.0, 0, "")


def answered(hums: Path, answers: Path) -> list[RealHum]:
    """The hums that a CSV names: file, piece. A first line that names no file is a heading."""
    with answers.open(encoding="utf-8", newline="") as lines:
        rows = [(row[0].strip(), row[1].strip()) for row in csv.reader(lines) if len(row) >= 2]
    return [RealHum(hums / name, piece) for name, piece in rows if (hums / name).is_file()]


def ranks(library: Library, hums: Sequence[RealHum]) -> list[int]:
    """The rank of each hum's piece; 0 where it was not found, or no pitch was detected."""
    found = []
    for hum in hums:
        try:
            clip = library.clip(hum.file, recorded=True)
            results = library.find_hum(Query(library.passage(clip), k=FURTHEST))
        except RepriseError as error:
            print(f"no answer: {error}")
            found.append(0)
            continue
        pieces = [{hit.track.title.casefold(), Path(hit.track.path).stem.casefold()} for hit in results.hits]
        found.append(next((i for i, names in enumerate(pieces, 1) if hum.piece.casefold() in names), 0))
    return found


def summary(found: Sequence[int]) -> dict[str, float]:
    """What is printed."""
    at = np.array([rank or np.inf for rank in found])
    return {
        "hums": len(at),
        "piece@1": round(float((at == 1).mean()), 3),
        "piece@10": round(float((at <= 10).mean()), 3),
        "MRR": round(float((1 / at).mean()), 3),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.real_hums", description=__doc__.split("\n", 1)[0])
    parser.add_argument("work", type=Path, nargs="?", default=Path(tempfile.gettempdir()) / "real-hums")
    parser.add_argument("--qbsh", type=Path)
    parser.add_argument("--hums", type=Path)
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--library", type=Path)
    parser.add_argument(
        "--others", type=Path, nargs="*", default=[], help="more music, in which nothing is hummed"
    )
    parser.add_argument("--limit", type=int, default=0, help="so many hums, spread over all")
    chosen = parser.parse_args(arguments)
    if chosen.qbsh:
        music, hums = chosen.work / "music", qbsh(chosen.qbsh, chosen.work / "music")
    elif chosen.hums and chosen.answers and chosen.library:
        music, hums = chosen.library, answered(chosen.hums, chosen.answers)
    else:
        parser.error("give --qbsh, or --hums, --answers and --library")
    if not hums:
        parser.error("no hum was found there whose piece is known")
    if chosen.limit:
        hums = [hums[i] for i in np.linspace(0, len(hums) - 1, min(chosen.limit, len(hums))).astype(int)]
    library = Library(LibraryOptions(chosen.work / "home"))
    began = time.perf_counter()
    try:
        library.add([music, *chosen.others])
        found = ranks(library, hums)
    finally:
        library.close()
    print(json.dumps({**summary(found), "took_s": round(time.perf_counter() - began)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

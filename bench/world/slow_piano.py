"""The passages of piano music with the fewest notes, as people played them, recorded again by a phone.

    python -m bench.world.slow_piano OUT --asap SOURCE --works 50

SOURCE is a copy of https://github.com/CPJKU/asap-dataset (CC BY-NC-SA 4.0; works by Bach, Haydn and Schubert are left
out). The library has forty seconds of each work around the ten in which the fewest notes begin, played by the demo's
soundfont in a small hall; the queries are these ten, as `bench.phones` records them at three places. Where tones last,
the bits of a fingerprint say little: of recordings that people made outdoors such a one was not found.
"""

from __future__ import annotations

import argparse
import re
import zlib
from pathlib import Path

import numpy as np
import soundfile

from bench.phones import Place, recorded
from bench.world.layout import WorldPiece, WorldQuery, folders, write_truth
from bench.world.performances import read_performance, works
from demo.render import render
from demo.scores import Score

PLACES: tuple[Place, ...] = ("near", "home", "faint")
PIECE_S, QUERY_S = 40.0, 10.0
_VARIANT = re.compile(r"_(no_?\d?_?repeat|extra_repeat|no_trio)$")
"""Of a work whose repeats were played or not there are several scores, and one performance."""
_LEAST_NOTES = 4
_REVERB = 0.3


def slowest(source: Path, count: int) -> list[tuple[str, Score, float]]:
    """Works whose slowest ten seconds have the fewest beginnings of notes, fewest first, and where forty begin."""
    found: dict[str, tuple[int, Score, float]] = {}
    for work, files in sorted(works(source).items()):
        name = _VARIANT.sub("", work)
        score = read_performance(files[0])
        begun_s = np.unique([round(note.start_s, 1) for note in score.notes])
        if name in found or begun_s.max(initial=0.0) < PIECE_S + QUERY_S:
            continue
        starts_s = np.arange(0.0, begun_s.max() - PIECE_S, 2.0)
        lead_s = (PIECE_S - QUERY_S) / 2
        notes = np.diff(np.searchsorted(begun_s, starts_s[:, None] + [lead_s, lead_s + QUERY_S]))[:, 0]
        enough = np.flatnonzero(notes >= _LEAST_NOTES)
        if len(enough):
            best = enough[notes[enough].argmin()]
            found[name] = (int(notes[best]), score, float(starts_s[best]))
    fewest = sorted(found.items(), key=lambda each: (each[1][0], each[0]))[:count]
    return [(name.replace("/", "_"), score, start_s) for name, (_, score, start_s) in fewest]


def build_set(source: Path, out: Path, count: int) -> list[WorldPiece]:
    """Write the set; its pieces."""
    library, _ = folders(out)
    pieces = []
    for name, score, start_s in slowest(source, count):
        piece = render(score, start_s=start_s, max_s=PIECE_S, reverb=_REVERB).span(0.0, PIECE_S)
        soundfile.write(library / f"{name}.flac", piece.samples, piece.rate_hz)
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        lead_s = (PIECE_S - QUERY_S) / 2
        asked = []
        for place in PLACES:
            file = f"queries/{name}-{place}.wav"
            heard = recorded(piece.span(lead_s, lead_s + QUERY_S), rng, place)
            soundfile.write(out / file, heard.samples, heard.rate_hz)
            asked.append(WorldQuery(f"slow, {place}", file, lead_s, lead_s + QUERY_S))
        pieces.append(WorldPiece(name, PIECE_S, tuple(asked)))
    return pieces


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.world.slow_piano", description=__doc__.splitlines()[0]
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--asap", type=Path, required=True)
    parser.add_argument("--works", type=int, default=50)
    chosen = parser.parse_args()
    print(write_truth(chosen.out, build_set(chosen.asap, chosen.out, chosen.works)))


if __name__ == "__main__":
    main()

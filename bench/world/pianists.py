"""The same works by other people at the piano: the library has each as one plays it, queries are by others.

    python -m bench.world.pianists OUT --asap SOURCE --vienna SOURCE --works 45 --each 2

SOURCE is a copy of https://github.com/CPJKU/asap-dataset (CC BY-NC-SA 4.0) or https://github.com/CPJKU/vienna4x22
(CC BY 4.0): what people played on a piano that keeps it as MIDI, with beats or notes laid on the score. The library is
played by the demo's soundfont, queries by another one: as piano ("pianist") and by strings ("pianist-strings").
"""

from __future__ import annotations

import argparse
import re
import zlib
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from bench.variants import exact_repeats, other_soundfont
from bench.world.layout import WorldPiece, WorldQuery, folders, write_truth
from bench.world.performances import RESERVED, read_performance, works
from demo.render import render, write_tagged
from demo.scores import Note, Part, Score

KINDS: dict[str, tuple[int, ...]] = {"pianist": (), "pianist-strings": (48,)}
"""Kinds of queries, and the General MIDI program that plays them where it is not a piano."""
LONGEST_S = 90.0
QUERY_S = 10.0
_LEAD_S = 3.0
_FADE_S = 4.0
_LEAST_SPAN_S = 4.0
_MOST_APART = 1.6
"""A pianist who takes so many times as long for a span plays other repeats, or has another score."""
_VARIANT = re.compile(r"_no_?\d?_?repeat$")
_ALSO_IN_VIENNA = ("Chopin/Ballades/2", "Chopin/Etudes_op_10/3")
_NOTE = re.compile(
    r"snote\([^,]*,\[(\w),(\S)\],(-?\d+),[^,]*,[^,]*,[^,]*,(-?[\d.]+),(-?[\d.]+),.*\)-note\([^,]*,(\d+),(\d+),"
)
_SCORE_BEAT_S = 0.5


@dataclass(frozen=True)
class Played:
    """What somebody played, and when each place of the score sounds."""

    name: str
    score: Score
    written_s: np.ndarray
    """(n,) places of the written score, in its own seconds, rising."""
    heard_s: np.ndarray
    """(n,) when they sound."""


@dataclass(frozen=True)
class Piece:
    """A work: the written score, and where several people's playing of it lies."""

    name: str
    written: Score
    """Its notes in seconds of `Played.written_s`; for repeats."""
    library: Played
    others: tuple[Played, ...]


def asap_pieces(source: Path, count: int, each: int) -> list[Piece]:
    """Works that two people or more played with beats annotated alike; no work in two versions."""
    found: dict[str, Piece] = {}
    files = works(source)
    for work in sorted(files, key=lambda name: zlib.crc32(name.encode())):
        name = _VARIANT.sub("", work)
        if len(found) == count or name in found or name.startswith(_ALSO_IN_VIENNA):
            continue
        folder = source / work
        if not (folder / "midi_score_annotations.txt").is_file() or len(files[work]) < 2:
            continue
        written = read_performance(folder / "midi_score.mid")
        beats_s = _beats(written)
        played: list[Played] = []
        for file in files[work]:
            score = read_performance(file) if len(played) <= each else None
            if score is not None and len(_beats(score)) == len(beats_s):
                played.append(Played(f"{name.replace('/', '_')}-{file.stem}", score, beats_s, _beats(score)))
        if len(played) > 1:
            found[name] = Piece(name.replace("/", "_"), written, played[0], tuple(played[1:]))
    return list(found.values())


def vienna_pieces(source: Path, each: int) -> list[Piece]:
    """The excerpts that 22 pianists played; the first pianist is in the library."""
    files: dict[str, list[Path]] = defaultdict(list)
    for file in sorted((source / "match").glob("*.match")):
        if not file.stem.startswith(RESERVED):
            files[file.stem.rpartition("_")[0]].append(file)
    found = []
    for name, own in files.items():
        read = [_match(file, source / "midi" / f"{file.stem}.mid") for file in own[: each + 1]]
        (written, first), others = read[0], tuple(played for _, played in read[1:])
        found.append(Piece(f"vienna_{name}", written, first, others))
    return found


def build_set(out: Path, pieces: Sequence[Piece], each: int, workers: int = 1) -> list[WorldPiece]:
    """Write the set, `each` queries of every kind and piece; its pieces."""
    folders(out)
    given = [(out, piece, each) for piece in pieces]
    if workers == 1:
        return [_piece(one) for one in given]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(_piece, given))


def heard_at(played: Played, written_s: np.ndarray) -> np.ndarray:
    """When places of the score sound; between known places in proportion."""
    return np.interp(written_s, played.written_s, played.heard_s)


def written_at(played: Played, heard_s: float) -> float:
    """The place of the score that sounds then."""
    return float(np.interp(heard_s, played.heard_s, played.written_s))


def _piece(given: tuple[Path, Piece, int]) -> WorldPiece:
    out, piece, each = given
    own = piece.library
    file = out / "library" / f"{piece.name}.flac"
    plain = render(own.score, max_s=LONGEST_S)
    write_tagged(file, plain, {"title": piece.name, "composer": own.score.composer})
    asked = []
    for kind, programs in KINDS.items():
        rng = np.random.default_rng(zlib.crc32(f"{piece.name} {kind}".encode()))
        for number in range(each):
            played = piece.others[number % len(piece.others)]
            spans = _drawn(piece, played, min(plain.duration_s, LONGEST_S) - _FADE_S, rng)
            if spans is None:
                continue
            start_s, (truth, *also) = spans
            lead_s = min(_LEAD_S, start_s)
            sound = render(
                played.score,
                other_soundfont(),
                programs=programs,
                start_s=start_s - lead_s,
                max_s=lead_s + QUERY_S + _FADE_S + 0.5,
            ).span(lead_s, lead_s + QUERY_S)
            name = f"queries/{piece.name}-{kind}-{number}.flac"
            write_tagged(out / name, sound, {})
            asked.append(WorldQuery(kind, name, *truth, tuple(also)))
    return WorldPiece(piece.name, round(plain.duration_s, 3), tuple(asked))


def _drawn(
    piece: Piece, played: Played, until_s: float, rng: np.random.Generator
) -> tuple[float, list[tuple[float, float]]] | None:
    """Where a query begins as it was played, and the spans of the library's piece that it plays, repeats after."""
    last_s = float(played.heard_s[-1]) - QUERY_S
    starts = np.array([note.start_s for note in played.score.notes])
    for _ in range(60):
        start_s = float(rng.uniform(played.heard_s[0], max(last_s, played.heard_s[0] + 0.01)))
        low, high = written_at(played, start_s), written_at(played, start_s + QUERY_S)
        own = heard_at(piece.library, np.array([low, high]))
        long_s = float(own[1] - own[0])
        notes = np.count_nonzero((starts >= start_s) & (starts < start_s + QUERY_S))
        alike = QUERY_S / _MOST_APART <= long_s <= QUERY_S * _MOST_APART
        if own[1] > until_s or notes < 5 or long_s < _LEAST_SPAN_S or not alike:
            continue
        written = [(low, high), *exact_repeats(piece.written, low, high, float(played.written_s[-1]))]
        heard = [heard_at(piece.library, np.array(span)).tolist() for span in written]
        spans = [(round(a, 3), round(b, 3)) for a, b in heard]
        return start_s, [spans[0], *(span for span in spans[1:] if span[1] <= until_s)]
    return None


def _beats(score: Score) -> np.ndarray:
    """(n,) when the annotated beats sound."""
    if not score.measures:
        return np.zeros(0)
    return np.array([*(bar.start_s for bar in score.measures), score.measures[-1].end_s])


def _match(file: Path, midi: Path) -> tuple[Score, Played]:
    """What is written and what was played, from a file that lays one on the other note by note."""
    text = file.read_text("utf-8")
    units = int(re.search(r"midiClockUnits,(\d+)", text)[1])  # type: ignore[index]
    rate = int(re.search(r"midiClockRate,(\d+)", text)[1])  # type: ignore[index]
    notes, heard = [], defaultdict(list)
    for match in _NOTE.finditer(text):
        begin, end, key, tick = float(match[4]), float(match[5]), int(match[6]), int(match[7])
        notes.append(Note(begin * _SCORE_BEAT_S, max(begin + 0.01, end) * _SCORE_BEAT_S, key, 64))
        heard[begin * _SCORE_BEAT_S].append(tick * rate / 1e6 / units)
    written_s = np.array(sorted(heard))
    heard_s = np.maximum.accumulate([float(np.median(heard[at])) for at in written_s.tolist()])
    first_s = min(min(each) for each in heard.values())
    name = file.stem
    written = Score(
        str(file), name, "Chopin", None, "", (Part("piano", 0, tuple(sorted(notes))),), (), 120.0, 0, ""
    )
    return written, Played(name, read_performance(midi), written_s, heard_s - first_s)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--asap", type=Path)
    parser.add_argument("--vienna", type=Path)
    parser.add_argument("--works", type=int, default=45, help="of asap, at most")
    parser.add_argument(
        "--each", type=int, default=2, help="queries of every kind and work; five times that of Vienna's"
    )
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    done: list[WorldPiece] = []
    if chosen.vienna:
        done += build_set(
            chosen.out, vienna_pieces(chosen.vienna, 5 * chosen.each), 5 * chosen.each, chosen.workers
        )
    if chosen.asap:
        pieces = asap_pieces(chosen.asap, chosen.works, chosen.each)
        done += build_set(chosen.out, pieces, chosen.each, chosen.workers)
    print(write_truth(chosen.out, done))


if __name__ == "__main__":
    main()

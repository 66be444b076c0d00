"""Which other pieces of a set have the tune that a hum is of, by their scores: chorales on one hymn tune, for
example.

A tune is shared where one part of another piece has at least nine in ten of its notes, in order, in any one
key and in nearly its rhythm at any one tempo, with few notes between them. Candidates are runs of five notes
with the same intervals and rhythm; from there the notes are followed in both directions, as BLAST extends its
seeds.

References
----------
Altschul, Gish, Miller, Myers, Lipman, "Basic local alignment search tool", J. Mol. Biol. 1990.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.humming import top_voice, tune_part
from demo.scores import Note, Score, load_score

FORMAT = 1
"""Counts up when what is kept in a set's folder would come out otherwise."""
ENOUGH = 0.9
"""Share of the tune's notes that have to be there."""
MOST_BETWEEN = 0.25
"""Notes between them, for each note of the tune."""
SEED = 5
OTHER_RHYTHM = 1.35
"""From this factor on a step in time is another rhythm."""
LOST = 2.2
"""A note that comes later than this factor is not waited for."""
MOST_TEMPO = 3.0
FURTHEST = 4
"""Notes ahead among which the next one is looked for."""

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Line:
    """A part of a piece, one note at a time."""

    piece: str
    start_s: np.ndarray
    """(n,) float64."""
    end_s: np.ndarray
    """(n,) float64."""
    midi: np.ndarray
    """(n,) int64."""

    @classmethod
    def of(cls, piece: str, notes: Sequence[Note]) -> Line:
        """The line of notes that follow each other."""
        starts, ends, midi = (np.array([note[i] for note in notes]) for i in range(3))
        return cls(piece, starts, ends, midi)

    def seeds(self) -> list[tuple[int, ...]]:
        """The intervals from each note over SEED notes."""
        steps = np.diff(self.midi).tolist()
        return [tuple(steps[i : i + SEED - 1]) for i in range(len(steps) - SEED + 2)]


class TuneIndex:
    """Finds tunes in many lines, from runs of SEED notes of the same intervals."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = list(lines)
        self._places: dict[tuple[int, ...], list[tuple[int, int]]] = defaultdict(list)
        for number, line in enumerate(self._lines):
            for at, seed in enumerate(line.seeds()):
                self._places[seed].append((number, at))

    def find(self, hummed: Line) -> dict[str, Spans]:
        """The other pieces that have the tune, and the spans (start_s, end_s) at which they have it."""
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        tried: set[tuple[int, int, int]] = set()
        for at, seed in enumerate(hummed.seeds()):
            for number, there in self._places.get(seed, ()):
                line = self._lines[number]
                tempo = _seed_tempo(hummed, at, line, there)
                if line.piece == hummed.piece or not tempo or (number, at, there) in tried:
                    continue
                pairs = _followed(hummed, at, line, there, tempo)
                tried.update((number, i, j) for i, j in pairs)
                span = _span(hummed, line, pairs, tempo)
                if span and not any(abs(span[0] - known[0]) < 0.5 for known in found[line.piece]):
                    found[line.piece].append(span)
        return {piece: tuple(sorted(spans)) for piece, spans in found.items() if spans}


def _seed_tempo(hummed: Line, at: int, line: Line, there: int) -> float:
    """Seconds of the line for one of the tune over a seed; 0 where the rhythm is another."""
    own = np.diff(hummed.start_s[at : at + SEED])
    other = np.diff(line.start_s[there : there + SEED])
    tempo = float(other.sum() / own.sum())
    alike = np.abs(np.log(other / own / tempo)) <= np.log(OTHER_RHYTHM)
    return tempo if alike.all() and 1 / MOST_TEMPO <= tempo <= MOST_TEMPO else 0.0


def _followed(hummed: Line, at: int, line: Line, there: int, tempo: float) -> list[tuple[int, int]]:
    """Pairs (note of the tune, note of the line) of equal pitch and rhythm, from a seed on to both ends."""
    pairs = [(at + i, there + i) for i in range(SEED)]
    return [
        *_walk(hummed, line, pairs[0], tempo, -1)[::-1],
        *pairs,
        *_walk(hummed, line, pairs[-1], tempo, 1),
    ]


def _walk(hummed: Line, line: Line, last: tuple[int, int], tempo: float, way: int) -> list[tuple[int, int]]:
    """The pairs after (`way` 1) or before (-1) a pair, clocked from the last note that was there.

    A note of the right pitch at the wrong time sets the clock, but is no pair.
    """
    key = int(line.midi[last[1]] - hummed.midi[last[0]])
    clock = last
    pairs: list[tuple[int, int]] = []
    for i in range(clock[0] + way, len(hummed.midi) if way > 0 else -1, way):
        wanted_s = abs(hummed.start_s[i] - hummed.start_s[clock[0]]) * tempo
        best, least = -1, np.log(LOST)
        for j in range(clock[1] + way, clock[1] + way * (FURTHEST + 1), way):
            if not 0 <= j < len(line.midi) or line.midi[j] - hummed.midi[i] != key:
                continue
            off = abs(np.log(abs(line.start_s[j] - line.start_s[clock[1]]) / wanted_s))
            if off < least:
                best, least = j, off
        if best >= 0:
            clock = (i, best)
            if least <= np.log(OTHER_RHYTHM):
                pairs.append(clock)
    return pairs


def _span(
    hummed: Line, line: Line, pairs: Sequence[tuple[int, int]], tempo: float
) -> tuple[float, float] | None:
    """Where the line has the tune, what is missing at its ends included; None where too little is there."""
    count = len(hummed.midi)
    (first, begin), (last, end) = pairs[0], pairs[-1]
    between = end - begin + 1 - len(pairs)
    if len(pairs) < ENOUGH * count or between > MOST_BETWEEN * count:
        return None
    start_s = line.start_s[begin] - tempo * (hummed.start_s[first] - hummed.start_s[0])
    end_s = line.end_s[end] + tempo * (hummed.end_s[-1] - hummed.end_s[last])
    return round(max(0.0, float(start_s)), 3), round(float(end_s), 3)


def set_tunes(folder: Path) -> dict[str, dict[str, Spans]]:
    """For each hum of a set, by its file's name, the other
    pieces that have its tune and where; kept in the folder.
    """
    truth = (folder / "truth.json").read_text("utf-8")
    made_of = f"{FORMAT} {hashlib.sha256(truth.encode()).hexdigest()}"
    kept = folder / "shared_tunes.json"
    if kept.exists():
        values = json.loads(kept.read_text("utf-8"))
        if values["made_of"] == made_of:
            return _read(values["hums"])
    hums = _compared(json.loads(truth))
    kept.write_text(json.dumps({"made_of": made_of, "hums": hums}, indent=1), "utf-8")
    return hums


def _read(hums: Mapping[str, Mapping[str, Iterable[Sequence[float]]]]) -> dict[str, dict[str, Spans]]:
    return {
        file: {piece: tuple((span[0], span[1]) for span in spans) for piece, spans in pieces.items()}
        for file, pieces in hums.items()
    }


def _compared(truth: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Spans]]:
    """The hums of a set against its scores; pieces without a score (`work`) share nothing."""
    scores = {piece["piece"]: load_score(piece["work"]) for piece in truth if "work" in piece}
    heard_s = {piece["piece"]: piece["duration_s"] for piece in truth}
    index = TuneIndex(
        Line.of(name, notes)
        for name, score in scores.items()
        for part in range(len(score.parts))
        if (notes := [n for n in top_voice(score, part) if n.end_s <= heard_s[name]])
    )
    return {
        Path(query["file"]).name: index.find(hummed_line(piece["piece"], scores[piece["piece"]], query))
        for piece in truth
        if piece["piece"] in scores
        for query in piece["queries"]
        if query["kind"] == "hum"
    }


def hummed_line(piece: str, score: Score, query: Mapping[str, Any]) -> Line:
    """The notes that a hum of `truth.json` is of."""
    start_s, end_s = query["a_start_s"] - 0.002, query["a_end_s"] + 0.002
    line = top_voice(score, tune_part(score))
    return Line.of(piece, [note for note in line if start_s <= note.start_s and note.end_s <= end_s])

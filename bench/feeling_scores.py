"""The scores of the set on which feeling is measured: the demo's, performances by people, and more of the corpus."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from bench.works import SEVERAL_COMPOSERS, works
from bench.world import performances
from demo.ensembles import spread
from demo.pieces import Piece, pieces, tempo_ratio
from demo.scores import Note, Part, Score, ScoreError, load_score

MOMENT_S = 10.0
PEOPLE_S = 40.0
"""So much is played of a performance, from twenty seconds on where it is long enough."""
MOST_A_COMPOSER = 12

FULL_NAMES = {
    "Beethoven": "Ludwig van Beethoven",
    "Chopin": "Frédéric Chopin",
    "Mozart": "Wolfgang Amadeus Mozart",
    "Schumann": "Robert Schumann",
}
"""Composers of performances as the demo calls them."""


@dataclass(frozen=True)
class Played:
    """A piece before it is heard: its score in the library's time, and how the library has it."""

    name: str
    work: str
    composer: str
    score: Score
    frames_of: Path | None
    """The file in the demo's home; None where it has to be played."""
    by_people: bool = False
    """Whether its measures are the beats that people played."""

    def bpm(self, start_s: float, end_s: float) -> float:
        """Beats a minute in a span."""
        beats = [bar.start_s for bar in self.score.measures if start_s <= bar.start_s < end_s]
        if self.by_people:
            return 60 / float(np.median(np.diff(beats))) if len(beats) > 2 else float("nan")
        return self.score.quarter_bpm


def of_demo(home: Path) -> Iterator[Played]:
    """The demo's pieces as they sound in its library."""
    for piece in pieces():
        file = home / "demo" / piece.file_name
        if file.is_file():
            yield Played(_slug(piece.path), piece.path, piece.composer, _in_library(piece), file)


def _in_library(piece: Piece) -> Score:
    score = load_score(piece.path)
    ratio = tempo_ratio(piece, score)
    programs = (
        spread(piece.ensemble, len(score.parts)) if piece.ensemble else [p.program for p in score.parts]
    )
    parts = tuple(
        Part(part.name, program, _moved(part.notes, 0.0, 1 / ratio))
        for part, program in zip(score.parts, programs, strict=True)
    )
    values = {**score.__dict__, "parts": parts, "quarter_bpm": score.quarter_bpm * ratio}
    return Score(**values)


def by_people(folder: Path, most: int = MOST_A_COMPOSER) -> Iterator[Played]:
    """One performance of each of some works by every composer, cut to what is played of it."""
    works: dict[str, list[tuple[str, list[Path]]]] = defaultdict(list)
    for work, files in performances.works(folder).items():
        if not re.search(r"_no_\w*repeat|_repeat$", work):
            works[work.split("/")[0]].append((work, files))
    for composer, own in works.items():
        step = max(1, len(own) // most)
        for work, files in own[::step][:most]:
            full = FULL_NAMES.get(composer, composer)
            yield Played(_slug(work), work, full, _cut(performances.read_performance(files[0])), None, True)


def of_corpus(count: int) -> Iterator[Played]:
    """At most so many further works of music21's corpus, cut: none that is reserved, tested on, or in the demo."""
    known = {piece.path for piece in pieces()}
    names = {
        folder: piece.composer
        for piece in pieces()
        if (folder := _folder(piece.path)) not in SEVERAL_COMPOSERS
    }
    tuned = count // 3
    for path in (*works(count - tuned, split="train"), *works(tuned, split="tune")):
        if path in known:
            continue
        try:
            score = load_score(path)
        except ScoreError:
            continue
        if score.duration_s >= 2 * MOMENT_S:
            yield Played(_slug(path), path, names.get(_folder(path), score.composer), _cut(score), None)


def _folder(path: str) -> str:
    return path.split("/", 1)[0]


def _cut(score: Score) -> Score:
    """What is played of a score."""
    low_s = min(20.0, max(0.0, score.duration_s - PEOPLE_S))
    parts = tuple(
        Part(part.name, part.program, _moved(_within(part.notes, low_s, low_s + PEOPLE_S), -low_s, 1.0))
        for part in score.parts
    )
    bars = tuple(b._replace(start_s=b.start_s - low_s, end_s=b.end_s - low_s) for b in score.measures)
    return Score(**{**score.__dict__, "parts": parts, "measures": bars})


def _within(notes: Sequence[Note], start_s: float, end_s: float) -> tuple[Note, ...]:
    return tuple(note for note in notes if start_s <= note.start_s < end_s)


def _moved(notes: Sequence[Note], by_s: float, factor: float) -> tuple[Note, ...]:
    return tuple(
        note._replace(start_s=(note.start_s + by_s) * factor, end_s=(note.end_s + by_s) * factor)
        for note in notes
    )


def moments(played: Played, duration_s: float, count: int) -> list[float]:
    """Where the moments begin that are asked, the same every time."""
    rng = np.random.default_rng(int.from_bytes(played.name.encode()[-6:], "big"))
    last_s = max(0.0, min(duration_s, played.score.duration_s) - MOMENT_S - 1)
    places = np.linspace(0, last_s, count + 1)
    return [float(rng.uniform(low, max(low + 0.01, high))) for low, high in pairwise(places)]


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text)

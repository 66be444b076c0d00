"""Scores as plain notes in seconds: what music21's corpus holds, read once and kept as JSON.

A score path is the corpus path without its ending ("bach/bwv66.6"), with "#12" for tune 12 of a book of tunes
("oneills1850/0001-0050#12"). Reading takes 0.05 to 5 s a work; `load_score` keeps what it has read.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from index.core.errors import RepriseError
from index.system.files import write_durably
from index.system.parts import how_to_get

FORMAT = 4
"""Part of the name of kept scores; counts up when reading changes."""

ENDINGS = (".mxl", ".musicxml", ".xml", ".krn", ".abc")
"""Formats that are read, best first, where a work is there in several."""


class ScoreError(RepriseError):
    """A work of the corpus that cannot be turned into notes."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"The score {path} cannot be played: {reason}.")

    def __reduce__(self) -> tuple[type[ScoreError], tuple[str, str]]:
        return ScoreError, (self.path, self.reason)


class Note(NamedTuple):
    """One sounding note, ties joined."""

    start_s: float
    end_s: float
    midi: int
    velocity: int


class Bar(NamedTuple):
    """A bar as played; `number` names the notated bar, so that a repeat has the number of its first time."""

    start_s: float
    end_s: float
    number: int


@dataclass(frozen=True)
class Part:
    """What one player or one hand plays."""

    name: str
    program: int
    """General MIDI program, counted from 0."""
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Score:
    """A work as it is played, repeats written out."""

    path: str
    title: str
    composer: str
    year: int | None
    genre: str
    parts: tuple[Part, ...]
    """From the highest part of the page down."""
    measures: tuple[Bar, ...]
    quarter_bpm: float
    """The first tempo."""
    fifths: int
    """Sharps of the first key signature, flats negative."""
    mode: str
    """major or minor where the score says so, else empty."""
    repeats_kept: bool = True
    """False where the repeat signs made no sense and the piece is played straight through."""

    @property
    def duration_s(self) -> float:
        """Until the last note ends."""
        return max((note.end_s for part in self.parts for note in part.notes), default=0.0)

    @property
    def notes(self) -> list[Note]:
        """The notes of all parts by start."""
        return sorted(note for part in self.parts for note in part.notes)

    def as_json(self) -> dict[str, Any]:
        """Plain values; `from_json` reads them back."""
        return {**self.__dict__, "parts": [part.__dict__ for part in self.parts]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Score:
        """The score that `as_json` wrote."""
        parts = tuple(
            Part(p["name"], p["program"], tuple(Note(*note) for note in p["notes"])) for p in values["parts"]
        )
        return cls(**{**values, "parts": parts, "measures": tuple(Bar(*bar) for bar in values["measures"])})


def corpus_folder() -> Path:
    """Where music21 keeps its scores, found without importing it."""
    spec = importlib.util.find_spec("music21")
    if spec is None or not spec.submodule_search_locations:
        raise ScoreError("corpus", f"music21 is not installed: {how_to_get('demo')}")
    return Path(next(iter(spec.submodule_search_locations))) / "corpus"


def score_file(path: str) -> Path:
    """The file of a score path, the best format first."""
    stem = path.split("#", 1)[0]
    for ending in ENDINGS:
        file = corpus_folder() / f"{stem}{ending}"
        if file.is_file():
            return file
    raise ScoreError(path, "music21's corpus has no such work")


def cache_folder() -> Path:
    """REPRISE_CACHE, else the user's cache folder."""
    named = os.environ.get("REPRISE_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "reprise"


def load_score(path: str, cache: Path | None = None) -> Score:
    """The score of a corpus path, from `cache` where it has been read before.

    Raises
    ------
    ScoreError
        If the work does not exist, cannot be parsed, or has no notes. Failures are kept too.
    """
    folder = (cache or cache_folder()) / f"scores{FORMAT}"
    kept = folder / (re.sub(r"[^\w.#-]", "_", path) + ".json.gz")
    if kept.exists():
        values = json.loads(gzip.decompress(kept.read_bytes()))
        if "failed" in values:
            raise ScoreError(path, values["failed"])
        return Score.from_json(values)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        score = read_work(path)
    except ScoreError as error:
        _keep(kept, {"failed": error.reason})
        raise
    _keep(kept, score.as_json())
    return score


def read_work(path: str) -> Score:
    """The score of a corpus path, read afresh; errors as `load_score`."""
    from demo.reading import read_score

    return read_score(path, score_file(path))


def _keep(file: Path, values: dict[str, Any]) -> None:
    write_durably(file, gzip.compress(json.dumps(values).encode(), 3), shared=True)

"""The pieces of the demo library: the list in pieces.csv, and how each is played and written."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from dataclasses import astuple, dataclass
from functools import cached_property
from pathlib import Path

from demo.ensembles import spread
from demo.render import render, write_tagged
from demo.scores import FORMAT, Score, read_work
from index.core.errors import RepriseError

ALBUM = "Reprise demo library"
LONGEST_S = 80.0
"""Where pieces.csv says nothing; it never says more than two minutes."""
RATE_HZ = 32000
"""The soundfont has nothing above 16 kHz, and all that follows is a quarter cheaper."""
REVERB = 0.12
VERSION = 1
"""Counts up when pieces are played otherwise, so that they are made anew."""
RECIPE_TAG = "reprise_recipe"


class PieceError(RepriseError):
    """A line of pieces.csv that makes no sense."""


@dataclass(frozen=True)
class Piece:
    """A line of pieces.csv."""

    path: str
    title: str
    composer: str
    year: int
    genre: str
    ensemble: str
    """Name of an ensemble; empty: the instruments of the score."""
    quarter_bpm: float
    """Tempo to begin with; 0: the score's."""
    max_s: float

    @property
    def file_name(self) -> str:
        """Composer and title as in "Scott Joplin - Maple Leaf Rag.ogg", in letters that every disk takes."""
        name = f"{self.composer} - {self.title}".replace("ß", "ss").replace(" / ", ", ").replace(": ", ", ")
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        return re.sub(r'[<>:"/\\|?*]', "", plain)[:140].strip() + ".ogg"

    @cached_property
    def recipe(self) -> str:
        """Says whether a file that was made before is still what would be made now."""
        return hashlib.blake2b(repr((VERSION, FORMAT, astuple(self))).encode(), digest_size=12).hexdigest()

    @property
    def tags(self) -> dict[str, str | int]:
        """What is written into the file."""
        return {
            "title": self.title,
            "composer": self.composer,
            "artist": self.composer,
            "date": self.year,
            "genre": self.genre,
            "album": ALBUM,
            RECIPE_TAG: self.recipe,
        }


def pieces(file: Path | None = None) -> tuple[Piece, ...]:
    """The list, in the order in which pieces are made."""
    file = file or Path(__file__).with_name("pieces.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        found = []
        for number, row in enumerate(csv.DictReader(lines), start=2):
            try:
                found.append(
                    Piece(
                        path=row["path"],
                        title=row["title"],
                        composer=row["composer"],
                        year=int(row["year"]),
                        genre=row["genre"],
                        ensemble=row["ensemble"],
                        quarter_bpm=float(row["quarter_bpm"] or 0),
                        max_s=float(row["max_s"] or LONGEST_S),
                    )
                )
            except (KeyError, TypeError, ValueError) as error:
                raise PieceError(f"Line {number} of {file.name} makes no sense: {error}.") from error
    return tuple(found)


def make(piece: Piece, folder: Path) -> float:
    """Read, play and write a piece; its length in seconds.

    Raises
    ------
    ScoreError
        If music21 cannot read the work.
    """
    score = read_work(piece.path)
    sound = render(
        score,
        programs=spread(piece.ensemble, len(score.parts)) if piece.ensemble else (),
        tempo_ratio=tempo_ratio(piece, score),
        reverb=REVERB,
        rate_hz=RATE_HZ,
        max_s=piece.max_s,
    )
    write_tagged(folder / piece.file_name, sound, piece.tags)
    return sound.duration_s


def tempo_ratio(piece: Piece, score: Score) -> float:
    """How much quicker than the score says; 1.0 where pieces.csv is content with the score."""
    return piece.quarter_bpm / score.quarter_bpm if piece.quarter_bpm else 1.0


def made(piece: Piece, folder: Path) -> bool:
    """Whether the piece is there as it would be made now."""
    import mutagen

    file = folder / piece.file_name
    if not file.exists():
        return False
    try:
        tags = mutagen.File(file)
    except mutagen.MutagenError:
        return False
    return tags is not None and tags.get(RECIPE_TAG, [""])[0] == piece.recipe

"""Scores as tables of notes, as the repositories of DCMLab have them, as scores that `demo.render` plays.

The files of the Distant Listening Corpus (github.com/DCMLab, CC BY-NC-SA 4.0; CORPUS/notes/PIECE.notes.tsv beside
CORPUS/MS3/PIECE.mscx, which says the first tempo) are the source. Keyboard music is played by the piano; what is not
read are dynamics, repeats, ornaments and later tempi. Nothing of it is kept with the product.
"""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from pathlib import Path

from demo.ensembles import CELLO, CHOIR, ORGAN, PIANO, VIOLA, VIOLIN
from demo.scores import Bar, Note, Part, Score

COMPOSERS = {
    "bartok_bagatelles": "Béla Bartók",
    "chopin_mazurkas": "Frédéric Chopin",
    "corelli": "Arcangelo Corelli",
    "couperin_clavecin": "François Couperin",
    "cpe_bach_keyboard": "Carl Philipp Emanuel Bach",
    "dvorak_silhouettes": "Antonín Dvořák",
    "frescobaldi_fiori_musicali": "Girolamo Frescobaldi",
    "grieg_lyric_pieces": "Edvard Grieg",
    "handel_keyboard": "George Frideric Handel",
    "jc_bach_sonatas": "Johann Christian Bach",
    "kleine_geistliche_konzerte": "Heinrich Schütz",
    "kozeluh_sonatas": "Leopold Koželuh",
    "medtner_tales": "Nikolai Medtner",
    "mendelssohn_quartets": "Felix Mendelssohn",
    "pleyel_quartets": "Ignaz Pleyel",
    "scarlatti_sonatas": "Domenico Scarlatti",
    "schumann_kinderszenen": "Robert Schumann",
    "sweelinck_keyboard": "Jan Pieterszoon Sweelinck",
    "tchaikovsky_seasons": "Pyotr Tchaikovsky",
    "wf_bach_sonatas": "Wilhelm Friedemann Bach",
}
"""By corpus; others of DCMLab hold works that performances or the demo have too."""
PLAYERS: dict[str, tuple[int, ...]] = {
    "corelli": (VIOLIN, VIOLIN, CELLO, ORGAN),
    "frescobaldi_fiori_musicali": (ORGAN,),
    "kleine_geistliche_konzerte": (CHOIR,),
    "mendelssohn_quartets": (VIOLIN, VIOLIN, VIOLA, CELLO),
    "pleyel_quartets": (VIOLIN, VIOLIN, VIOLA, CELLO),
}
"""Who plays the staves, from the first; the last plays the rest. Of the others, the piano."""
_SAME_WORK = {"corelli": "op03n01", "chopin_mazurkas": "BI60"}
"""What the demo has too."""
_USUAL_BPM, _VELOCITY = 100.0, 80


def pieces(source: Path) -> dict[str, list[Path]]:
    """The tables of notes of each corpus that is there, sorted."""
    found = {}
    for corpus in COMPOSERS:
        files = sorted((source / corpus / "notes").glob("*.tsv"))
        own = [file for file in files if not file.name.startswith(_SAME_WORK.get(corpus, " "))]
        if own:
            found[corpus] = own
    return found


def work(file: Path) -> str:
    """The work that a piece is of: the movements of a sonata are one work."""
    stem = file.name.split(".")[0]
    found = re.match(r"(.*?\d)[a-z]?(?:_[A-Za-z].*)?$", stem)
    return f"{file.parents[1].name}/{found[1] if found else stem}"


def read_table(file: Path) -> Score:
    """A piece in seconds by its first tempo, ties joined; its bars are quarters."""
    corpus, stem = file.parents[1].name, file.name.split(".")[0]
    bpm = _first_bpm(file.parents[1] / "MS3" / f"{stem}.mscx")
    quarter_s = 60 / bpm
    staves: dict[int, list[Note]] = {}
    held: dict[tuple[int, int], Note] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if not row["quarterbeats"] or row.get("gracenote"):
                continue
            begin_s = float(Fraction(row["quarterbeats"])) * quarter_s
            end_s = begin_s + float(Fraction(row["duration_qb"])) * quarter_s
            staff, midi, tied = int(row["staff"]), int(row["midi"]), row["tied"]
            if tied in ("0", "-1") and (staff, midi) in held:
                held[staff, midi] = held[staff, midi]._replace(end_s=end_s)
            else:
                if (staff, midi) in held:
                    staves[staff].append(held.pop((staff, midi)))
                held[staff, midi] = Note(begin_s, end_s, midi, _VELOCITY)
                staves.setdefault(staff, [])
            if tied not in ("0", "1"):
                staves[staff].append(held.pop((staff, midi)))
    for (staff, _), note in held.items():
        staves[staff].append(note)
    players = PLAYERS.get(corpus, (PIANO,))
    parts = tuple(
        Part(str(staff), players[min(place, len(players) - 1)], tuple(sorted(staves[staff])))
        for place, staff in enumerate(sorted(staves))
    )
    last_s = max((note.end_s for part in parts for note in part.notes), default=0.0)
    bars = tuple(Bar(n * quarter_s, (n + 1) * quarter_s, n + 1) for n in range(int(last_s / quarter_s)))
    return Score(str(file), stem, COMPOSERS[corpus], None, "", parts, bars, bpm, 0, "")


def _first_bpm(score: Path) -> float:
    """Quarters a minute, where the score says so."""
    said = re.search(r"<tempo>([\d.]+)</tempo>", score.read_text("utf-8")) if score.is_file() else None
    return 60 * float(said[1]) if said else _USUAL_BPM

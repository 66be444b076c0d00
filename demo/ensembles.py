"""Which instruments play: General MIDI programs by a part's name, by ensemble, by folder of the corpus."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PIANO, HARPSICHORD, ORGAN, ACCORDION, GUITAR = 0, 6, 19, 21, 24
VIOLIN, VIOLA, CELLO, CONTRABASS, HARP, STRINGS = 40, 41, 42, 43, 46, 48
CHOIR, VOICE, TRUMPET, TROMBONE, TUBA, HORN = 52, 53, 56, 57, 58, 60
OBOE, BASSOON, CLARINET, PICCOLO, FLUTE, RECORDER = 68, 70, 71, 72, 73, 74
ENGLISH_HORN, FIDDLE, BANJO, SAXOPHONE, CELESTA, VIBRAPHONE = 69, 110, 105, 66, 8, 11

ENSEMBLES: dict[str, tuple[int, ...]] = {
    "piano": (PIANO,),
    "harpsichord": (HARPSICHORD,),
    "organ": (ORGAN,),
    "guitar": (GUITAR,),
    "harp": (HARP,),
    "accordion": (ACCORDION,),
    "fiddle": (VIOLIN,),
    "flute": (FLUTE,),
    "recorder": (RECORDER,),
    "oboe": (OBOE,),
    "clarinet": (CLARINET,),
    "horn": (HORN,),
    "banjo": (BANJO,),
    "choir": (CHOIR,),
    "voice": (VOICE,),
    "strings": (VIOLIN, VIOLIN, VIOLA, CELLO),
    "string orchestra": (STRINGS,),
    "viols": (VIOLA, VIOLA, CELLO, CELLO),
    "recorders": (RECORDER,),
    "winds": (FLUTE, OBOE, CLARINET, BASSOON),
    "brass": (TRUMPET, TRUMPET, HORN, TROMBONE, TUBA),
    "voice and piano": (VOICE, PIANO, PIANO),
    "violin and piano": (VIOLIN, PIANO, PIANO),
    "clarinet and piano": (CLARINET, PIANO, PIANO),
    "piano trio": (VIOLIN, CELLO, PIANO, PIANO),
    "trio sonata": (VIOLIN, VIOLIN, CELLO, ORGAN),
    "mixed": (FLUTE, CLARINET, VIOLA, CELLO),
}
"""Programs from the highest part down; an ensemble is stretched over the parts there are."""

_NAMES: tuple[tuple[str, int], ...] = (
    (r"violoncell|cello|\bvcl?\b", CELLO),
    (r"viola|\bvla\b|bratsche", VIOLA),
    (r"violin|\bvl[n.]?\b|viol\b", VIOLIN),
    (r"contrabass|double.?bass|violone", CONTRABASS),
    (r"piccolo", PICCOLO),
    (r"fl[uöo].*t|traverso", FLUTE),
    (r"recorder", RECORDER),
    (r"english.?horn", ENGLISH_HORN),
    (r"oboe|hautbo", OBOE),
    (r"clarinet|klarinette", CLARINET),
    (r"bassoon|fagott", BASSOON),
    (r"saxophon", SAXOPHONE),
    (r"trumpet|tromba|clarino", TRUMPET),
    (r"trombon|posaune", TROMBONE),
    (r"tuba", TUBA),
    (r"horn|corno", HORN),
    (r"harpsichord|cembalo|continuo", HARPSICHORD),
    (r"organ|orgel", ORGAN),
    (r"harp", HARP),
    (r"guitar|lute|vihuela|ukulele", GUITAR),
    (r"piano|klavier|keyboard", PIANO),
    (r"voice|vocal|gesang|singstimme|chant|melody", VOICE),
    (
        r"sopran|alt[ou]|tenor|\bbass?[ou]?s?\b|cant|quint|superius|triplum|motetus|choir|chorus|treble|discant",
        CHOIR,
    ),
)


@dataclass(frozen=True)
class Habit:
    """How works of one folder of the corpus are played where the score does not say."""

    ensemble: str
    """Name of an ensemble; empty: by the names of the parts."""
    genre: str
    quarter_bpm: float = 0.0
    """Tempo where none is given; 0: from how dense the notes are."""
    step_s: float = 0.3
    """How long the middle note lasts where the tempo follows the density."""
    trust_tempo: bool = True
    """False where the tempo marks of these files are a leftover of the notation program."""


_FOLK = Habit("fiddle", "Folk", step_s=0.18)
_SONG = Habit("flute", "Folk", step_s=0.36)
HABITS: dict[str, Habit] = {
    "airdsAirs": _FOLK,
    "oneills1850": _FOLK,
    "ryansMammoth": _FOLK,
    "nottingham-dataset": _FOLK,
    "miscFolk": _SONG,
    "essenFolksong": _SONG,
    "bach": Habit("organ", "Chorale", quarter_bpm=76),
    "palestrina": Habit("choir", "Renaissance", quarter_bpm=144),
    "josquin": Habit("choir", "Renaissance", quarter_bpm=144),
    "luca": Habit("choir", "Medieval", step_s=0.4),
    "ciconia": Habit("choir", "Medieval", step_s=0.4),
    "trecento": Habit("choir", "Medieval", step_s=0.4),
    "lusitano": Habit("choir", "Renaissance", step_s=0.5),
    "monteverdi": Habit("choir", "Madrigal", step_s=0.42),
    "cpebach": Habit("harpsichord", "Keyboard"),
    "chopin": Habit("piano", "Piano", quarter_bpm=150),
    "joplin": Habit("piano", "Ragtime"),
    "mozart": Habit("", "Classical"),
    "haydn": Habit("strings", "String quartet"),
    "beethoven": Habit("strings", "String quartet"),
}


def habit_of(path: str) -> Habit:
    """The habit of the folder that a corpus path like "palestrina/Agnus_00" lies in."""
    return HABITS.get(path.split("/", 1)[0], Habit("", "Classical", step_s=0.32))


def program_by_name(*names: str | None) -> int | None:
    """The program that the first telling name asks for: "Violin I" gives 40; None where no name tells."""
    for name in names:
        for pattern, program in _NAMES:
            if name and re.search(pattern, name.lower()):
                return program
    return None


def spread(ensemble: str | Sequence[int], n_parts: int) -> tuple[int, ...]:
    """An ensemble's programs stretched over `n_parts` parts, from the highest down."""
    programs = ENSEMBLES[ensemble] if isinstance(ensemble, str) else tuple(ensemble)
    if n_parts == 1:
        return programs[:1]
    return tuple(programs[round(i * (len(programs) - 1) / (n_parts - 1))] for i in range(n_parts))

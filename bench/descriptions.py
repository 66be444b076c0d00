"""Two hundred descriptions of music whose instrument, tempo and mode are known: what a listener might type.

They were written before they were searched with, and are not changed to fit what is understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

INSTRUMENTS: dict[str, tuple[str, ...]] = {
    "piano": (
        "piano",
        "a piano piece",
        "piano music",
        "somebody alone at the piano",
        "grand piano",
        "keyboard piece on a piano",
    ),
    "harpsichord": (
        "harpsichord",
        "cembalo music",
        "something for harpsichord",
        "a plucked keyboard",
        "clavecin",
        "solo harpsichord please",
    ),
    "organ": (
        "organ",
        "church organ",
        "a pipe organ",
        "organ music in a cathedral",
        "an organist playing",
        "organ piece",
    ),
    "guitar": (
        "guitar",
        "acoustic guitar",
        "classical guitar music",
        "nylon string guitar",
        "a guitarist",
        "spanish guitar",
    ),
    "strings": (
        "strings",
        "string quartet",
        "violins and cellos",
        "bowed strings",
        "a string ensemble",
        "fiddles",
    ),
    "choir": (
        "choir",
        "choral singing",
        "voices",
        "people singing together",
        "a cappella choir",
        "vocal ensemble",
    ),
    "winds": (
        "woodwinds",
        "wind quartet",
        "winds",
        "flutes and clarinets",
        "oboe and bassoon",
        "a wind ensemble",
    ),
    "brass": (
        "brass",
        "brass band",
        "trumpets and trombones",
        "horns",
        "a brass quartet",
        "something with trumpets",
    ),
    "harp": ("harp", "a harp", "gentle harp music", "harpist", "plucked harp", "harp solo"),
}
TEMPI: dict[str, tuple[str, ...]] = {
    "slow": (
        "slow",
        "a slow piece",
        "very slow",
        "adagio",
        "unhurried",
        "largo",
        "something that takes its time",
        "slow tempo",
    ),
    "fast": (
        "fast",
        "quick music",
        "very fast",
        "presto",
        "rapid",
        "lively and quick",
        "high tempo",
        "allegro",
    ),
}
MODES: dict[str, tuple[str, ...]] = {
    "minor": (
        "in a minor key",
        "minor",
        "music in minor",
        "minor mode",
        "minor tonality",
        "pieces in minor keys",
    ),
    "major": (
        "in a major key",
        "major",
        "music in major",
        "major mode",
        "major tonality",
        "pieces in major keys",
    ),
}
NOT: dict[str, tuple[str, ...]] = {
    "piano": ("no piano", "anything but piano"),
    "choir": ("without voices", "no singing"),
    "strings": ("not strings", "without violins"),
    "brass": ("no brass", "no trumpets"),
}
FREE: tuple[tuple[str, dict[str, str]], ...] = (
    ("a fast and lively piece played on the harpsichord", {"instrument": "harpsichord", "pace": "fast"}),
    ("slow organ music for a quiet church", {"instrument": "organ", "pace": "slow"}),
    ("brass players going at full speed", {"instrument": "brass", "pace": "fast"}),
    ("a choir singing slowly", {"instrument": "choir", "pace": "slow"}),
    ("guitar, and please not too slow", {"instrument": "guitar", "pace": "fast"}),
    ("violins in a hurry", {"instrument": "strings", "pace": "fast"}),
    ("peaceful slow harp", {"instrument": "harp", "pace": "slow"}),
    ("quick flutes and oboes", {"instrument": "winds", "pace": "fast"}),
    ("a piano adagio", {"instrument": "piano", "pace": "slow"}),
    ("piano presto", {"instrument": "piano", "pace": "fast"}),
    ("a string quartet in minor", {"instrument": "strings", "mode": "minor"}),
    ("major key organ piece", {"instrument": "organ", "mode": "major"}),
    ("trumpets in major", {"instrument": "brass", "mode": "major"}),
    ("singing in a minor key", {"instrument": "choir", "mode": "minor"}),
    ("minor guitar piece", {"instrument": "guitar", "mode": "minor"}),
    ("slow and in minor", {"pace": "slow", "mode": "minor"}),
    ("a quick tune in a major key", {"pace": "fast", "mode": "major"}),
    ("very slow piano music in minor", {"instrument": "piano", "pace": "slow", "mode": "minor"}),
    ("fast harpsichord in major", {"instrument": "harpsichord", "pace": "fast", "mode": "major"}),
    ("I would like to hear woodwinds, slowly", {"instrument": "winds", "pace": "slow"}),
    ("fast fiddle music", {"instrument": "strings", "pace": "fast"}),
    ("unhurried brass chorale", {"instrument": "brass", "pace": "slow"}),
    ("harp in minor, slow", {"instrument": "harp", "pace": "slow", "mode": "minor"}),
    ("cheerful fast guitar", {"instrument": "guitar", "pace": "fast"}),
    ("organ, quick and in major", {"instrument": "organ", "pace": "fast", "mode": "major"}),
    ("voices, very slow", {"instrument": "choir", "pace": "slow"}),
    ("a rapid piano piece in a minor key", {"instrument": "piano", "pace": "fast", "mode": "minor"}),
    ("clarinets and flutes in a major key", {"instrument": "winds", "mode": "major"}),
    ("cembalo, minor", {"instrument": "harpsichord", "mode": "minor"}),
    ("cellos playing something slow", {"instrument": "strings", "pace": "slow"}),
)
_PAIRS = ("{pace} {instrument}", "{instrument} music that is {pace}")
_KEYS = ("{instrument} in a {mode} key", "{mode} {instrument}")
_BOTH = ("{pace}, in {mode}", "{mode} key, {pace} tempo")


@dataclass(frozen=True)
class Described:
    """A description, and what a piece must be to fit it."""

    kind: str
    text: str
    wanted: Mapping[str, str] = field(default_factory=dict)
    unwanted: Mapping[str, str] = field(default_factory=dict)

    def fits(self, piece: Mapping[str, object]) -> bool:
        """Whether a piece is as described."""
        wanted = all(piece[name] == value for name, value in self.wanted.items())
        return wanted and not any(piece[name] == value for name, value in self.unwanted.items())


def descriptions() -> list[Described]:
    """All of them, by kind: instrument, not, tempo, mode, pair."""
    asked = []
    for kind, name, table in (
        ("instrument", "instrument", INSTRUMENTS),
        ("tempo", "pace", TEMPI),
        ("mode", "mode", MODES),
    ):
        asked += [Described(kind, text, {name: value}) for value, texts in table.items() for text in texts]
    asked += [
        Described("not", text, {}, {"instrument": value}) for value, texts in NOT.items() for text in texts
    ]
    for instrument, texts in INSTRUMENTS.items():
        for pace in TEMPI:
            wanted = {"instrument": instrument, "pace": pace}
            asked += [Described("pair", _said(form, texts[0], pace=pace), wanted) for form in _PAIRS]
        for mode in MODES:
            wanted = {"instrument": instrument, "mode": mode}
            asked += [Described("pair", _said(form, texts[0], mode=mode), wanted) for form in _KEYS]
    for pace in TEMPI:
        for mode in MODES:
            wanted = {"pace": pace, "mode": mode}
            asked += [Described("pair", _said(form, "", pace=pace, mode=mode), wanted) for form in _BOTH]
    asked += [Described("pair", text, wanted) for text, wanted in FREE]
    return asked


def _said(form: str, instrument: str, **words: str) -> str:
    return form.format(instrument=instrument, **words)

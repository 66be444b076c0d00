"""Keys by their names: "As-Dur" is A-flat major, "fa dièse mineur" and "嬰ヘ短調" are F-sharp minor.

What is asked for in one key must not become a wish for any piece in its mode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.agent.planner.parse.lexicons import QUOTED

_SYLLABLES = {"do": "C", "ut": "C", "re": "D", "mi": "E", "fa": "F", "sol": "G", "la": "A", "si": "B"} | {
    "ré": "D", "dó": "C", "fá": "F", "lá": "A",
    "до": "C", "ре": "D", "ми": "E", "фа": "F", "соль": "G", "ля": "A", "си": "B",
}  # fmt: skip
_KANA = dict(zip("ハニホヘトイロ다라마바사가나", "CDEFGABCDEFGAB", strict=True))
_SHARP = r"di[èe]se|diesis|sostenido|sustenido|diyez|диез"
_FLAT = r"b[ée]mol(?:le)?|bemoll|бемоль"
_MAJOR = r"majeur|mayor|maggiore|maior|major|maj[öo]r|мажор\w*"
_MINOR = r"mineur|menor|minore|minor|min[öo]r|минор\w*"
_ROMANCE = re.compile(
    rf"\b(?P<note>{'|'.join(sorted(_SYLLABLES, key=len, reverse=True))})"
    rf"(?:[ -](?:(?P<sharp>{_SHARP})|(?P<flat>{_FLAT})))?[ -](?:(?P<major>{_MAJOR})|(?P<minor>{_MINOR}))\b",
    re.IGNORECASE,
)
_GERMANIC = re.compile(
    r"\b(?P<note>[a-h])(?P<sign>is|es|s)?(?:[ -](?:(?P<major>dur|groot|majeur)|(?P<minor>moll|klein|mineur)))\b",
    re.IGNORECASE,
)
_LETTERED = re.compile(
    r"(?P<sign>升|降|嬰|変|올림|내림)?(?P<note>[A-Ga-gハニホヘトイロ다라마바사가나])\s?"
    r"(?:(?P<major>大调|長調|장조)|(?P<minor>小调|短調|단조))"
)
_H_IS_B = ("de", "pl")
"""Where B is B-flat."""
_AFTER_A = r"\W*$|[,.;?!]| (?:please|only|by|with|for|from|and|on|but)"
NAMED = re.compile(
    rf"\b(?P<letter>[b-g]|a(?=[- ]?(?:sharp|flat|#|b\b))|(?<=in )a(?= (?:major|minor)(?:{_AFTER_A})))"
    r"(?P<sign>[- ]?(?:sharp|flat)|[#♯b♭])?[- ](?P<mode>major|minor)\b(?! (?:keys?|modes?|scales?|chords?|thirds?))"
)
"""In the words of the rules; an "a" may be an article: "in a minor key"."""


@dataclass(frozen=True)
class KeyName:
    """A key in English, and where it stands."""

    text: str
    start: int
    end: int


def key_named(text: str) -> KeyName | None:
    """The first key that is named in prepared words."""
    if (match := NAMED.search(text)) is None:
        return None
    sign = (match["sign"] or "").strip(" -")
    written = {"b": "-flat", "♭": "-flat", "#": "-sharp", "♯": "-sharp", "": ""}.get(sign, f"-{sign}")
    return KeyName(f"{match['letter'].upper()}{written} {match['mode']}", *match.span())


def keys_in_english(words: str, language: str) -> str:
    """The words with every key by its English name; what stands in quotes is left."""
    pieces, at = [], 0
    for quoted in QUOTED.finditer(words):
        pieces += [_in_english(words[at : quoted.start()], language), quoted[0]]
        at = quoted.end()
    return "".join([*pieces, _in_english(words[at:], language)])


def _in_english(words: str, language: str) -> str:
    if language in ("de", "nl", "pl"):
        words = _GERMANIC.sub(lambda match: _germanic(match, language), words)
    words = _ROMANCE.sub(_romance, words) if language not in ("de", "nl", "en") else words
    return _LETTERED.sub(_lettered, words) if language in ("ja", "ko", "zh") else words


def _romance(match: re.Match[str]) -> str:
    sign = "-sharp" if match["sharp"] else "-flat" if match["flat"] else ""
    return f"{_SYLLABLES[match['note'].lower()]}{sign} {'major' if match['major'] else 'minor'}"


def _germanic(match: re.Match[str], language: str) -> str:
    note, sign = match["note"].upper(), (match["sign"] or "").lower()
    if language in _H_IS_B and note in "HB" and not sign:
        note, sign = "B", "" if note == "H" else "es"
    written = {"is": "-sharp", "es": "-flat", "s": "-flat", "": ""}[sign]
    return f"{'B' if note == 'H' else note}{written} {'major' if match['major'] else 'minor'}"


def _lettered(match: re.Match[str]) -> str:
    sign = {"升": "-sharp", "嬰": "-sharp", "올림": "-sharp"}.get(
        match["sign"] or "", "-flat" if match["sign"] else ""
    )
    note = _KANA.get(match["note"], match["note"].upper())
    return f" in {note}{sign} {'major' if match['major'] else 'minor'} "

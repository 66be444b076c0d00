"""What was measured, in the language of the answer: "{} % faster" is "{} % schneller" (prompts/facts.md).

The tools word their facts in English. Here a sentence is cut at the joints that English has (sentences, semicolons,
commas, "and"), and each piece is looked up, the parts within it by the same way. What the table does not know stays
as it is: a name, a number, a chord.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from app.agent.planner.answers.phrases import ENGLISH, key_name, number, spoken_language, word
from index.text.wording import NUMBER_WORDS
from prompts import table

_KEY = re.compile(r"[A-G](?:♭|♯|-flat|-sharp)? (?:major|minor)")
_KEPT = re.compile(r"“[^”]*”")
_NOUN = re.compile(
    r"(?:an? )?(?P<first>(?:[a-z ]+, )*?)(?P<adjectives>(?:(?:gentle|crisp|slow|fast|unaccompanied|polyphonic) )*)"
    r"(?P<players>(?:[a-z-]+(?: and [a-z-]+)? )?)"
    r"(?P<what>melody over broken chords|melody over chords|broken chords|sound without clear pitch"
    r"|melody|line|chords|music)"
    r"(?: in (?P<key>.+))?"
)
_JOINTS = ("; ", "", ", ", " and ")
"""Where a text is cut, once no row of the same kind has matched; a clause with a colon is cut nowhere."""


@dataclass(frozen=True)
class _Template:
    """A row of the table that has places in it."""

    found: re.Pattern[str]
    said: str


def measured(text: str) -> str:
    """A sentence, or several, about what was measured."""
    if spoken_language() not in _languages():
        return text
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"“{len(kept) - 1}”"

    plain = _KEPT.sub(keep, text)
    sentences = re.split(r"(?<=[^\d\s])\.\s+|(?<=\d)\.\s+(?=[A-Z])|\.$", plain)
    told = [
        _capital(_piece(sentence)) if sentence[0].isupper() else _piece(sentence)
        for sentence in sentences
        if sentence.strip()
    ]
    end = "。" if spoken_language() == "ja" else "."
    joined = (end if end == "。" else f"{end} ").join(told) + (end if plain.endswith(".") else "")
    return re.sub(r"“(\d+)”", lambda match: kept[int(match[1])], joined)


def _piece(text: str) -> str:
    """A clause, or a part of one."""
    text = text.strip()
    if (said := _alone(text)) is not None:
        return said
    _, templates = _rows(spoken_language())
    for kind, joint in enumerate(_JOINTS):
        for template in templates[kind]:
            if match := template.found.fullmatch(text):
                return _filled(template.said, [_piece(part) for part in match.groups()])
        if joint and joint in text:
            between = _and() if joint == " and " else joint
            return between.join(_piece(part) for part in text.split(joint))
    return text


def _alone(text: str) -> str | None:
    """What is said of a text that is not cut: a word, a key, a number, what plays; None for others."""
    exact, _ = _rows(spoken_language())
    lower = text[:1].lower() + text[1:]
    if (said := exact.get(text, exact.get(lower))) is not None:
        return said
    if _KEY.fullmatch(text):
        return key_name(text)
    if text in NUMBER_WORDS:
        return number(NUMBER_WORDS.index(text))
    noun = _NOUN.fullmatch(lower)
    return _noun_phrase(noun) if noun and (noun["players"] or noun["adjectives"]) else None


def _kind(english: str) -> int:
    """Which joint a row must be tried before: whole sentences, clauses with a colon, rows that hold a joint."""
    if english[0].isupper():
        return 0
    if english.endswith(": {}"):
        return 1
    return 2 if ", " in english or " and " in english else 3


def _noun_phrase(noun: re.Match[str]) -> str:
    """ "A gentle piano melody over chords in C major": what, who plays it, how, in which key."""
    players = [_piece(part) for part in noun["players"].strip().split(" and ") if part]
    hows = [
        _piece(part) for part in re.split(r",? ", (noun["first"] + noun["adjectives"]).strip(" ,")) if part
    ]
    keys = [_piece(noun["key"])] if noun["key"] else []
    what = _piece(noun["what"])
    who = f" ({_both(players)})" if players else ""
    return ", ".join([f"{what}{who}", *hows, *keys])


def _and() -> str:
    return word("and") if spoken_language() == "ja" else f" {word('and')} "


def _both(names: list[str]) -> str:
    return _and().join(names)


def _filled(said: str, parts: list[str]) -> str:
    order = iter(parts)
    return re.sub(r"\{(\d?)\}", lambda match: parts[int(match[1]) - 1] if match[1] else next(order), said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@functools.lru_cache(maxsize=1)
def _languages() -> frozenset[str]:
    return frozenset(table("facts")[0]) - {ENGLISH}


@functools.lru_cache(maxsize=16)
def _rows(language: str) -> tuple[dict[str, str], tuple[tuple[_Template, ...], ...]]:
    """The table's column of a language: what is said as it stands, and what has places, by kind, the longest first."""
    exact: dict[str, str] = {}
    templates: list[tuple[int, int, _Template]] = []
    for row in table("facts"):
        english, said = row[ENGLISH], row[language]
        if "{}" not in english:
            exact[english] = said
            continue
        pattern = re.escape(english).replace(r"\{\}", "(.+?)")
        length = len(english.replace("{}", ""))
        templates.append((_kind(english), -length, _Template(re.compile(pattern), said)))
    templates.sort(key=lambda each: each[:2])
    kinds = tuple(tuple(one for kind, _, one in templates if kind == each) for each in range(len(_JOINTS)))
    return exact, kinds

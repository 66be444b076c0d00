"""The words that the planner knows: names of composers, genres, instruments and moods, their degrees, and word lists.

names.json holds the names, words.txt the lists; both are read once.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from pathlib import Path

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
"""Of results: nobody counts further in words."""
_NUMBERS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "couple": 2, "pair": 2,
}  # fmt: skip


def number_of(word: str) -> int:
    """The number that a word or figure stands for."""
    return _NUMBERS.get(word) or int(re.sub(r"\D", "", word) or 0)


def plain(char: str) -> str:
    """Lower case, straight quotes, no angle brackets; accents are dropped so that patterns need not know them."""
    if char in "’‘`´":
        return "'"
    if char in "–—−":
        return "-"
    if char in "<>\t\n\r\u00a0":
        return " "
    if char == "…":
        return "..."
    if char in "“”„«»":
        return char
    decomposed = unicodedata.normalize("NFKD", char).lower()
    return "".join(part for part in decomposed if not unicodedata.combining(part)) or " "


@functools.lru_cache(maxsize=1)
def names() -> dict[str, list[str]]:
    """Composers, genres, instruments and moods as plain lower-case text; and words that are no slips."""
    data = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
    return {kind: ["".join(plain(char) for char in name) for name in values] for kind, values in data.items()}


def in_full(name: str) -> str:
    """A composer whose first names are initials, as tags write them: "CPE Bach" is Carl Philipp Emanuel Bach.

    Initials with their points stay: a library may be tagged so.
    """
    if "." in name:
        return name
    *first, last = re.findall(r"[a-z]+", "".join(plain(char) for char in name)) or [""]
    initials = "".join(first)
    if not initials or last not in names()["composers"] or any(len(part) > 1 for part in first[1:]):
        return name
    for full in names()["composers"]:
        *known, surname = full.split()
        whole = all(part.isalpha() and len(part) > 1 for part in known)
        if len(known) > 1 and whole and surname == last and "".join(part[0] for part in known) == initials:
            return full.title()
    return name


@functools.lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Words that are right as they are."""
    parts = {part for values in names().values() for name in values for part in re.split(r"[^a-z]+", name)}
    return frozenset(parts | word_list("vocabulary") | set(superlatives()) | set(comparatives()))


@functools.lru_cache(maxsize=16)
def word_list(name: str) -> frozenset[str]:
    """A list of plain words out of words.txt."""
    text = Path(__file__).with_name("words.txt").read_text(encoding="utf-8")
    match = re.search(rf"^\[{name}\]\n((?:(?!\[).*\n?)*)", text, re.MULTILINE)
    lines = match[1].splitlines() if match else []
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@functools.lru_cache(maxsize=8)
def any_of(kind: str) -> str:
    """A regular expression for any name of a kind, the longest first."""
    ordered = sorted(set(names()[kind]), key=len, reverse=True)
    return "(?:" + "|".join(re.escape(name) for name in ordered) + ")"


_MEASURABLE = (
    "fast",
    "slow",
    "loud",
    "quiet",
    "soft",
    "busy",
    "dense",
    "high",
    "deep",
    "noisy",
    "weird",
    "pretty",
)
"""Adjectives that stand for no mood and have a superlative."""


@functools.lru_cache(maxsize=1)
def superlatives() -> dict[str, str]:
    """Superlatives of what music can be, and their plain forms: "happiest" is "happy"."""
    return {most: plain for plain in {*names()["moods"], *_MEASURABLE} for most in _most(plain)}


@functools.lru_cache(maxsize=1)
def comparatives() -> dict[str, str]:
    """Comparatives of what music can be, and their plain forms: "happier" is "happy"."""
    pairs = {
        re.sub("est$", "er", most): plain for most, plain in superlatives().items() if most.endswith("est")
    }
    return {more: plain for more, plain in pairs.items() if more not in ("lower", "downer", "funer")}


def _most(plain: str) -> list[str]:
    ended = (
        f"{plain[:-1]}iest" if plain.endswith("y") else f"{plain}st" if plain.endswith("e") else f"{plain}est"
    )
    doubled = f"{plain}{plain[-1]}est" if re.search(r"[^aeiou][aeiou][bdgnt]$", plain) else ended
    return [ended, doubled, f"most {plain}"]

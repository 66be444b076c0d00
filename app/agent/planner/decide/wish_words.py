"""Words of a wish that say the same quantity: a newer one takes the place of the older, what else was said stays.

"something slow and sad", then "no, faster": "sad", and faster. "happy flute music", then "and quiet": all three.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable

import numpy as np

from app.agent.planner.parse.vocabulary import any_of, comparatives, superlatives
from index.words.lexicon import Meaning
from index.words.parse import Understood, understand

QUANTITIES = (
    ("slow", "fast", "quick", "up-tempo", "uptempo", "brisk", "speedy", "rapid"),
    ("loud", "quiet", "soft", "silent"),
    ("major", "minor"),
    ("happy", "cheerful", "merry", "joyful", "joyous", "jolly", "funny", "sad", "melancholy", "melancholic", "gloomy",
     "mournful", "sorrowful", "lonely"),
    ("bright", "dark"),
    ("calm", "peaceful", "relaxed", "relaxing", "tranquil", "serene", "gentle", "energetic", "lively", "wild", "upbeat",
     "exciting", "intense", "aggressive", "furious", "stormy"),
)  # fmt: skip
TEMPO = QUANTITIES[0]
OPPOSITE = -0.75
"""Cosine of what two moods ask of the sound, from which on one takes the place of the other: "calm" and "lively"."""
_MEASURED = {"tempo": "tempo", "key_mode": "minor"}
"""What a condition measures, as the lexicon's rows name it."""
_DEGREE = r"(?:(?:not|very|really|quite|rather|so|more|less|a bit|a little|too|pretty|much) )*"


def plain_form(word: str) -> str:
    """The adjective of a degree: "happier" and "happiest" are "happy"."""
    known = {**superlatives(), **comparatives()}
    bare = word.removesuffix("er")
    return known.get(word) or (
        bare if word.endswith("er") and any(bare in said for said in QUANTITIES) else word
    )


def without_quantity(wish: str, quantity: Iterable[str]) -> str:
    """A wish without the words of one quantity."""
    forms = {
        word
        for plain in quantity
        for word in (plain, f"{plain}er", *(more for more, of in comparatives().items() if of == plain))
    }
    named = "|".join(sorted(map(re.escape, forms), key=len, reverse=True))
    left = re.sub(
        rf"\b{_DEGREE}(?:{named})(?:ly)?\b(?:\s*,?\s*(?:and|but|yet)\b)?", " ", wish, flags=re.IGNORECASE
    )
    left = re.sub(r"\s*,\s*(?=,|$)|^\W*(?:and|but|yet)\b|\b(?:and|but|yet)\s*(?=,|$)", " ", left)
    left = re.sub(r"\b(?:and|but|yet)\s+(?=(?:and|but|yet)\b)", "", re.sub(r"\s+", " ", left))
    return re.sub(r"\s+,", ",", left).strip(" ,;")


def with_newer(wish: str, said: Iterable[str]) -> str:
    """A wish with words that are said after it: each in place of those that say the same quantity."""
    for word in said:
        plain = plain_form(word.lower())
        more = plain != word.lower() and re.search(rf"\b{re.escape(plain)}\b", wish, re.IGNORECASE)
        for quantity in QUANTITIES:
            if plain in quantity:
                wish = without_quantity(wish, quantity)
        for newer in _terms(plain):
            wish = _without(wish, functools.partial(_same_quantity, newer.meaning))
        wish = ", ".join(part for part in (wish, f"very {plain}" if more else plain) if part)
    return wish


def without_measured(wish: str, condition: str) -> str:
    """A wish without the words that say what a newer condition does: of "tempo" or "key_mode"."""
    measured = _MEASURED[condition]
    return _without(
        wish, lambda meaning: meaning.kind == "measure" and meaning.asks[0].properties[0] == measured
    )


def _without(wish: str, says: Callable[[Meaning], bool]) -> str:
    """A wish without the words of which `says` is true; an instrument that has such a name stays."""
    for term in _terms(wish):
        if says(term.meaning) and not re.fullmatch(any_of("instruments"), term.words):
            wish = without_quantity(wish, [term.words])
    return wish


def _terms(wish: str) -> tuple[Understood, ...]:
    return understand(wish).understood


def _same_quantity(one: Meaning, other: Meaning) -> bool:
    """Whether two words say how much of one thing: the same, or what is measured alike, or two opposite moods."""
    if one.kind != other.kind or one.kind not in ("measure", "mood"):
        return False
    if one.name == other.name:
        return True
    if one.kind == "measure":
        return one.asks[0].properties[0] == other.asks[0].properties[0]
    asked = [{ask.properties[0]: ask.weight for ask in meaning.asks} for meaning in (one, other)]
    names = sorted(asked[0].keys() | asked[1].keys())
    first, second = (np.array([weights.get(name, 0.0) for name in names]) for weights in asked)
    return float(first @ second) <= OPPOSITE * float(np.linalg.norm(first) * np.linalg.norm(second))

"""Words of a wish that say the same quantity: a newer one takes the place of the older, what else was said stays.

"something slow and sad", then "no, faster": "sad", and faster. "happy flute music", then "and quiet": all three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.agent.planner.parse.vocabulary import comparatives, superlatives

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
_DEGREE = r"(?:(?:very|really|quite|rather|so|more|less|a bit|a little|too|pretty|much) )*"


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
        for quantity in QUANTITIES:
            if plain in quantity:
                wish = without_quantity(wish, quantity)
        if not re.search(rf"\b{re.escape(plain)}\b", wish, re.IGNORECASE):
            wish = f"{wish}, {plain}" if wish else plain
    return wish

"""Numbers in prose: where a text says one, how exactly, and of what kind. Knows nothing of where it is from.

Numbers in list markers ("1. ") and ordinal words ("the second") are passed over: they count, they do not measure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "number",
    "percent",
    "time",
    "minutes",
    "hours",
    "seconds",
    "kilo",
    "place",
    "count",
    "decade",
    "century",
    "foreign",
]
"""A foreign one has a unit in which no music is measured: degrees, money, miles."""

_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
}  # fmt: skip
_LIST_MARK = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_NUMBER = re.compile(
    r"""(?P<time>(?<![\w.:])(?:(?:\d{1,2}:)?\d{1,3}:\d{2}(?:\.\d+)?)(?![\w:]))
      | (?P<place>\#\s?(?P<rank>\d+) | (?<![\w.])(?P<nth>\d+)(?P<ending>st|nd|rd|th)\b(?P<century>\s+century)?)
      | (?P<decade>\b(?P<year>\d{3}0)s\b)
      | (?P<number>(?<![\w.,/])[-+−]?\d+(?:[.,]\d+)*)
        (?P<unit>\s?%|\s?per\s?cent\b|\s?percent\b|\s?(?:min\b|minutes?\b)|\s?(?:h\b|hours?\b)|\s?k(?:Hz|B)\b
          |(?:\s|-)?(?:s\b|secs?\b|seconds?\b)
          |\s?°(?:\s?[CF]\b)?|\s?[€$£]
          |\s(?:degrees?|euros?|dollars?|pounds?|km|kilomet(?:er|re)s?|miles?|kg|kilos?)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FOREIGN = re.compile(r"[°€$£]|deg|eur|dol|pou|mil|k[mgi]")
_WORD = re.compile(
    rf"\b({'|'.join(_WORDS)})(?:[- ](one|{'|'.join(list(_WORDS)[:8])}))?\b(?:[- ](seconds?|minutes?|hours?)\b)?",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|nearly|almost|approximately|some|circa|ca\.?)|[~≈])\s*$", re.IGNORECASE
)


@dataclass(frozen=True)
class Quantity:
    """One number that a text says."""

    text: str
    value: float
    kind: Kind = "number"
    exact_to: float = 1.0
    """What its last digit is worth: 0.01 for "0.97"."""
    about: bool = False
    """Said as an approximation."""


def quantities(text: str) -> Iterator[Quantity]:
    """Every number that a text says, digits first."""
    text = _LIST_MARK.sub(" ", text)
    for match in _NUMBER.finditer(text):
        about = _ABOUT.search(text, 0, match.start()) is not None
        if match["time"]:
            yield Quantity(match["time"], _seconds(match["time"]), "time", 1.0, about)
        elif match["rank"]:
            yield Quantity(match[0], float(match["rank"]), "place")
        elif match["nth"]:
            kind: Kind = "century" if match["century"] else "place"
            yield Quantity(match[0].strip(), float(match["nth"]), kind)
        elif match["decade"]:
            yield Quantity(match[0], float(match["year"]), "decade", 10.0)
        else:
            value, exact_to = _read(match["number"])
            yield Quantity(match[0].strip(), value, _kind(match["unit"] or ""), exact_to, about)
    for match in _WORD.finditer(text):
        value = float(_WORDS[match[1].lower()])
        if value >= 20 and match[2]:
            value += _WORDS.get(match[2].lower(), 1)
        yield Quantity(match[0], value, _kind(match[3]) if match[3] else "count")


def _kind(unit: str) -> Kind:
    unit = unit.strip(" -").lower()
    if _FOREIGN.match(unit):
        return "foreign"
    if unit.startswith(("%", "per")):
        return "percent"
    if unit.startswith("k"):
        return "kilo"
    return {"m": "minutes", "h": "hours", "s": "seconds"}.get(unit[:1], "number")  # type: ignore[return-value]


def _read(written: str) -> tuple[float, float]:
    """Value and what the last digit is worth. A comma before three digits groups, else it is a decimal sign."""
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", written.replace("−", "-")).replace(",", ".")
    whole, _, decimals = plain.partition(".")
    if "." in decimals:  # 1.234.567
        plain, decimals = plain.replace(".", ""), ""
    return float(plain or whole), 10.0 ** -len(decimals)


def _seconds(clock: str) -> float:
    seconds = 0.0
    for part in clock.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds

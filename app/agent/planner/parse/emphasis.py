"""Which factors shall matter more or less: "same harmony", "ignore the rhythm", "melody counts most".

Read by the patterns in emphasis.txt, those that lower first: "rhythm doesn't matter" must not be read as
"rhythm ... matter".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from app.agent.planner.parse.patterns import Expression, sections, table
from index.core.query import FACTORS

MORE, MOST, LESS, NOT_AT_ALL = 2.0, 4.0, 0.5, 0.0
_WEIGHTS = {"more": MORE, "most": MOST, "less": LESS, "not_at_all": NOT_AT_ALL}
LARGEST = 100.0


@functools.lru_cache(maxsize=1)
def _weighing() -> tuple[tuple[float, Expression], ...]:
    """(weight, pattern), in the order in which they are tried."""
    return tuple(
        (_WEIGHTS[section.heading.split()[1]], pattern)
        for section in sections("emphasis")
        if section.heading.startswith(("lower ", "raise "))
        for pattern in section.lines
    )


def factors_in(text: str) -> list[str]:
    """The factors that a piece of text names."""
    return [name for name in FACTORS if any(word.search(text) for word in table("emphasis")[name])]


def read_emphasis(text: str, before: Mapping[str, float] | None = None) -> tuple[dict[str, float], str]:
    """The weights that the words ask for, and the words that are left.

    `before` are the weights of the search that is changed: "more" then multiplies them.
    """
    found: dict[str, float] = {}

    def take(names: list[str], weight: float) -> None:
        for name in names:
            found.setdefault(name, weight)

    patterns = table("emphasis")
    for pattern in patterns["numbered"]:
        for match in reversed(list(pattern.finditer(text))):
            take(factors_in(match["f"] or match["g"]), float(match["n"] or match["m"]))
            text = _without(text, match)
    for pattern in patterns["more than"]:
        for match in reversed(list(pattern.finditer(text))):
            take(factors_in(match["g"]), LESS)
            take(factors_in(match["f"]), MORE)
            text = _without(text, match)
    for pattern in patterns["any key"]:
        text = pattern.sub(" ; ", text)
    for weight, pattern in _weighing():
        for match in reversed(list(pattern.finditer(text))):
            take(factors_in(match["f"]), weight)
            text = _without(text, match)
    return _merged(dict(before or {}), found), text


def _merged(weights: dict[str, float], found: Mapping[str, float]) -> dict[str, float]:
    """The weights of before with those that are said now; "more" once more is more still."""
    for name, weight in found.items():
        old = weights.get(name, 1.0)
        grows = weight in (MORE, LESS) and old > 0
        weights[name] = min(LARGEST, weight * old) if grows else weight
    return {name: weight for name, weight in weights.items() if weight != 1.0 or name in found}


def _without(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " ; " + text[match.end() :]

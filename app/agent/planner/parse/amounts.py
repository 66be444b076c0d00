"""How many results are wanted, and how varied; the patterns are in slots.txt."""

from __future__ import annotations

from app.agent.planner.parse.patterns import found, matches, table
from app.agent.planner.parse.times import value_of

MOST_RESULTS = 200
SOME_MORE, SOME_FEWER = 5, 2
_SPECIAL = {
    "half a dozen": 6, "a dozen": 12, "one dozen": 12, "two dozen": 24, "a couple": 2, "a couple of": 2, "a few": 3,
    "a handful": 5, "a handful of": 5, "several": 5, "a pair": 2, "a pair of": 2, "a hundred": 100, "twenty-five": 25,
}  # fmt: skip


def read_k(text: str, before: int | None = None) -> int | None:
    """How many results are wanted; `before` is how many there were, for "three more" and "fewer"."""
    for pattern in table("slots")["length of a moment"]:
        text = pattern.sub("short", text)
    if before is not None and (match := found("slots", "so many more", text)):
        return before + _count(match["n"])
    if (k := _said(text)) is not None:
        return k
    if found("slots", "one", text):
        return 1
    if before is None:
        return None
    if found("slots", "fewer", text):
        return max(1, before - SOME_FEWER)
    return before + SOME_MORE if found("slots", "some more", text) else None


def read_diversity(text: str) -> str | None:
    """How varied the results shall be, where that is said."""
    ways = ("closest", "adventurous", "balanced")
    return next((way for way in ways if found("slots", way, text)), None)


def allows_same_track(text: str) -> bool:
    """Whether moments of the same track are welcome too."""
    return found("slots", "same track", text) is not None


def _said(text: str) -> int | None:
    for match in matches("slots", "how many", text):
        if match["n"] != "one" and 0 < (k := _count(match["n"])) <= MOST_RESULTS:
            return k
    return None


def _count(text: str) -> int:
    return _SPECIAL.get(text.strip()) or int(value_of(text))

"""What is left out from now on, by name."""

from __future__ import annotations

from collections.abc import Sequence

from app.agent.planner.answers.phrases import has_small_words, listed, number, word
from index.core.errors import printable

TOLD = 3
"""Results that are named; of the others only how many they are."""


def left_out(titles: Sequence[str]) -> str:
    """ "“A”, “B”, “C” and two more"."""
    if not titles:
        return word("these")
    told = [f"“{printable(title)}”" for title in titles[:TOLD]]
    more = len(titles) - len(told)
    if not has_small_words():
        return ", ".join([*told, *([word("{} more").format(more)] if more else [])])
    return listed([*told, *([word("{} more").format(number(more))] if more else [])])

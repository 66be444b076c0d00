"""What is left out from now on, by name."""

from __future__ import annotations

from collections.abc import Sequence

from app.agent.planner.answers.phrases import listed, number, word
from index.core.errors import printable

TOLD = 3
"""Results that are named; of the others only how many they are."""


def left_out(titles: Sequence[str]) -> str:
    """ "“A”, “B”, “C” and two more"."""
    if not titles:
        return word("these")
    told = [f"“{printable(title)}”" for title in titles[:TOLD]]
    more = len(titles) - len(told)
    return listed([*told, *([word("{} more").format(number(more))] if more else [])])

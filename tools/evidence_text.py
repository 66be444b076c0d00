"""The evidence for a match in words: each factor, heaviest first, with the facts behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.explain.explain import Explanation
    from index.factors import Fact


def evidence_lines(explanation: Explanation) -> list[str]:
    """What weighs most; a line a factor: likeness, share, and what was measured on both sides; phrases near it."""
    changes = [each.text for each in explanation.otherwise]
    asked = [f"Asked otherwise: {'; '.join(changes)}."] if changes else []
    near = [f"{fact.name.capitalize()} {fact.text}." for fact in explanation.nearby]
    return [explanation.summary, *factor_lines(explanation), *near, *asked]


def factor_lines(
    explanation: Explanation, first: str = "Query", second: str = "Hit", *, shares: bool = True
) -> list[str]:
    """A line a factor: likeness, share of the score where there is one, and what was measured on both sides."""
    lines = []
    for part in explanation.parts:
        share = f", {100 * part.share:.0f} % of the score" if shares else ""
        sides = (first, part.query_facts), (second, part.hit_facts), ("Between them", part.shared)
        told = [f"{name}: {_told(facts)}." for name, facts in sides if facts]
        lines.append(" ".join([f"{part.name}: likeness {part.likeness:.2f}{share}.", *told]))
    return lines


def _told(facts: Sequence[Fact]) -> str:
    return ", ".join(f"{fact.name} {fact.text}" for fact in facts)

"""The evidence for a match in words: each factor, heaviest first, with the facts behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.explain import Explanation
    from index.factors import Fact


def evidence_lines(explanation: Explanation, first: str = "Query", second: str = "Hit") -> list[str]:
    """What weighs most; a line a factor: likeness, share, and what was measured on both sides; what would change it."""
    lines = [explanation.summary]
    for part in explanation.parts:
        line = f"{part.name}: likeness {part.likeness:.2f}, {100 * part.share:.0f} % of the score."
        sides = (first, part.query_facts), (second, part.hit_facts), ("Between them", part.shared)
        told = [f"{name}: {_told(facts)}." for name, facts in sides if facts]
        lines.append(" ".join([line, *told]))
    changes = [each.text for each in explanation.otherwise]
    return [*lines, f"Asked otherwise: {'; '.join(changes)}."] if changes else lines


def _told(facts: Sequence[Fact]) -> str:
    return ", ".join(f"{fact.name} {fact.text}" for fact in facts)

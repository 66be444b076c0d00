"""The tool explain_match: the evidence for one result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.answer import ToolAnswer
from tools.hits import hit_line
from tools.references import find_result, recall_query
from tools.session import Session

if TYPE_CHECKING:
    from index.explain import Explanation


def explain_match(session: Session, result: str) -> ToolAnswer:
    """Explain why a result was found: what each factor measured and its share in the ranking.

    result: the number of a result of the last search, as "#2".
    """
    search, hit = find_result(session, result)
    explanation = session.library.explain(recall_query(session, dict(search.query)), hit)
    return ToolAnswer(
        "\n".join([hit_line(hit), *_lines(explanation)]),
        {
            "kind": "explanation",
            "explanation": explanation.as_json(),
            "hit": hit.as_record(),
            "query": dict(search.query),
        },
    )


def _lines(explanation: Explanation) -> list[str]:
    """The factors, heaviest first, each with the facts behind it."""
    lines = []
    for part in explanation.parts:
        line = f"{part.name}: likeness {part.likeness:.2f}, {part.share:.0%} of the result"
        here = ", ".join(f"{fact.name} {fact.text}" for fact in part.query_facts)
        there = ", ".join(f"{fact.name} {fact.text}" for fact in part.hit_facts)
        both = ", ".join(f"{fact.name} {fact.text}" for fact in part.shared)
        lines.append(f"{line}. Query: {here or '-'}. Hit: {there or '-'}. Both: {both or '-'}.")
    return lines

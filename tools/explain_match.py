"""The tool explain_match: the evidence for one result."""

from __future__ import annotations

from tools.answer import ToolAnswer
from tools.evidence_text import evidence_lines
from tools.resolve import find_result, recall_query
from tools.session import Session
from tools.sound_hits import hit_line
from tools.text_hits import described_explanation


def explain_match(session: Session, result: str) -> ToolAnswer:
    """Explain why a result was found: what each factor measured and its share in the ranking.

    result: the number of a result of the last search, as "#2".
    """
    search, hit = find_result(session, result)
    if "description" in search.query:
        return described_explanation(session, search, hit)
    explanation = session.library.explain(recall_query(session, dict(search.query)), hit)
    return ToolAnswer(
        "\n".join([hit_line(hit), *evidence_lines(explanation)]),
        {
            "kind": "explanation",
            "explanation": explanation.as_json(),
            "hit": hit.as_record(),
            "query": dict(search.query),
        },
    )

"""The tool compare_moments: what two moments share, and what not."""

from __future__ import annotations

from index.core.errors import printable
from tools.answer import ToolAnswer
from tools.evidence_text import factor_lines
from tools.resolve import resolve, spoken_span
from tools.session import Session


def compare_moments(session: Session, first: str, second: str) -> ToolAnswer:
    """Compare two moments: what they share and how they differ, factor by factor.

    first, second: each "clip", "clip:2", "#3" (a result), or a title; a time may follow: "Title @ 1:23-1:33".
    """
    one, other = resolve(session, first), resolve(session, second)
    comparison = session.library.compare(one.passage, other.passage)
    names = [
        f"“{printable(side.passage.name)}”, {spoken_span(side.passage.start_s, side.passage.end_s)}"
        for side in (one, other)
    ]
    return ToolAnswer(
        "\n".join(
            [
                f"{names[0]} and {names[1]}. {comparison.summary}",
                *factor_lines(comparison.explanation, "First", "Second", shares=False),
            ]
        ),
        {
            "kind": "comparison",
            "comparison": comparison.as_json(),
            "first": one.record,
            "second": other.record,
        },
    )

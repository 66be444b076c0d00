"""The planner's answers about words that were written down."""

from __future__ import annotations

from app.agent.planner.answers.phrases import Data, say, span
from index.core.errors import printable

TOLD_CHARACTERS = 400
"""Of the words of a whole song so many are said; the rest stands below."""


def written_down(data: Data) -> str:
    """What is sung or spoken in a passage."""
    moment = data["moment"]
    told = {
        "name": f"“{printable(moment['name'])}”",
        "span": span(moment["start_s"], moment["end_s"]),
    }
    lines = [printable(line["text"]) for line in data["transcript"]["lines"]]
    if not lines:
        return say("words_none", **told)
    words = f"“{' / '.join(lines)}”"
    if len(words) > TOLD_CHARACTERS:
        head = words[:TOLD_CHARACTERS].rsplit(" ", 1)[0]
        words = say("words_more", words=head)
    return say("words", words=words, **told)

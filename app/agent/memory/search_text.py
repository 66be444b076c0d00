"""What was said in a conversation as plain text, for searching: words, answers, and titles that were found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from index.text.titles import fold

EXCERPT = 60
"""Characters."""


def said(messages: Iterable[Any]) -> str:
    """A line for each thing that was said, and for each track that was found."""
    from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

    from app.agent.toolbox import words_of

    lines: list[str] = []
    for message in messages:
        if isinstance(message, HumanMessage):
            lines.append(words_of(message))
        elif isinstance(message, AIMessage):
            lines.append(message.text)
        elif isinstance(message, ToolMessage) and isinstance(message.artifact, Mapping):
            query = _mapping(message.artifact.get("query"))
            lines.append(f"{query.get('name', '')}, {query.get('author', '')}".strip(" ,"))
            lines += [_named(_mapping(hit).get("track")) for hit in _listed(message.artifact.get("hits"))]
    plain = (" ".join(line.split()) for line in lines)
    return "\n".join(line for line in plain if line)


def excerpt(text: str, wanted: Sequence[str]) -> str:
    """The shortest line of `text` that holds most of the words, cut to a few characters around the first of them."""
    lines = {line: fold(line) for line in text.splitlines()}
    best = max(lines, key=lambda line: (sum(word in lines[line] for word in wanted), -len(line)), default="")
    folded = lines.get(best, "")
    places = [folded.find(word) for word in wanted if word in folded]
    if not places:
        return ""
    start = max(0, min(places) - EXCERPT // 3)
    cut = best[start : start + EXCERPT]
    return f"{'…' if start else ''}{cut.strip()}{'…' if start + EXCERPT < len(best) else ''}"


def _named(track: Any) -> str:
    known = _mapping(track)
    return f"{known.get('title', '')}, {known.get('composer') or known.get('artist') or ''}".strip(" ,")


def _mapping(record: Any) -> Mapping[str, Any]:
    """A record, empty where another version kept something else there."""
    return record if isinstance(record, Mapping) else {}


def _listed(records: Any) -> Sequence[Any]:
    return records if isinstance(records, (list, tuple)) else ()

"""How results of a search by words are told: the hits, and which words were understood as what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from index.core.errors import printable
from index.core.hits import Hit
from index.words.results import MET, TermScore, TextResults, understood_as
from tools.answer import ToolAnswer
from tools.session import Search, Session
from tools.sound_hits import hit_name


def described_answer(results: TextResults) -> ToolAnswer:
    """Words and data of a search by words."""
    query, understanding = results.query, results.understanding
    data: dict[str, Any] = {
        "kind": "hits",
        "query": {
            "description": query.description,
            "k": query.k,
            "filters": dict(query.filters.conditions),
        },
        "hits": [hit.as_record() for hit in results.hits],
        "understood": understood_as(understanding),
        "unknown": list(understanding.unknown),
        "words": [[word.as_json() for word in words] for words in results.met],
        "missed": missed(results.met[0]) if results.met else [],
        "itself": None,
        "weak": results.weak,
        "compared": results.compared,
        "elapsed_ms": round(results.elapsed_ms, 1),
    }
    return ToolAnswer("\n".join(_lines(results)), data)


def missed(words: Sequence[TermScore]) -> list[str]:
    """The words that a moment does not meet."""
    return [word.words for word in words if word.met < MET]


def _lines(results: TextResults) -> list[str]:
    understanding = results.understanding
    lines = [f"Searched for: “{printable(results.query.description)}”."]
    if understanding.understood:
        lines.append(f"Understood: {', '.join(word.text for word in understanding.understood)}.")
    if understanding.unknown:
        lines.append(f"Not understood: {', '.join(f'“{word}”' for word in understanding.unknown)}.")
    if not results.hits:
        return [
            *lines,
            "Nothing was found." if understanding.understood else "No word says how music sounds.",
        ]
    if results.weak:
        lines.append(f"Even the best does not meet {', '.join(missed(results.met[0]))}.")
    if len(results.hits) < results.query.k:
        lines.append(f"Only {len(results.hits)} of {results.query.k} asked for were found.")
    return [
        *lines,
        *(described_line(hit, words) for hit, words in zip(results.hits, results.met, strict=True)),
    ]


def described_line(hit: Hit, words: Sequence[TermScore]) -> str:
    """One hit, with what was measured for each word."""
    said = "; ".join(f"{'' if word.wanted else 'not '}{word.words}: {word.fact}" for word in words)
    return (
        f"#{hit.rank} {hit_name(hit)}-{hit.moment.span.split('-')[1]}, likeness {hit.likeness:.2f} ({said})"
    )


def described_explanation(session: Session, search: Search, hit: Hit) -> ToolAnswer:
    """Why a hit was found by words: how it meets each of them."""
    description = str(search.query["description"])
    if reasons := search.query.get("reasons"):
        words = tuple(TermScore(**each) for each in reasons[hit.rank - 1])
    else:
        words = session.library.explain_text(description, hit)
    data = {
        "kind": "explanation",
        "explanation": explained(hit, words),
        "hit": hit.as_record(),
        "query": {**search.query, "name": f"“{description}”" if description else "the recommendation"},
    }
    return ToolAnswer(described_line(hit, words), data)


def explained(hit: Hit, words: Sequence[TermScore]) -> dict[str, Any]:
    """The evidence of a hit found by words, in the form of every explanation: a part for each word."""
    total = sum(word.contribution for word in words) or 1.0
    return {
        "query": {"name": "the description", "start_s": 0.0, "end_s": 0.0},
        "hit": hit.as_record(),
        "parts": [
            {
                "name": _part_name(word),
                "value": word.met,
                "likeness": word.met,
                "weight": 1.0,
                "contribution": word.contribution,
                "share": word.contribution / total,
                "query_facts": [],
                "hit_facts": [],
                "shared": [{"name": word.meaning, "value": word.met, "unit": "", "text": word.fact}],
            }
            for word in words
        ],
        "chords": [],
        "chord_agreement": 0.0,
    }


def _part_name(word: TermScore) -> str:
    if word.meaning == "taste":
        return word.words
    return f"“{word.words}”" if word.wanted else f"no “{word.words}”"

"""The tool find_by_humming: which piece somebody hums, and where in it."""

from __future__ import annotations

from index.analysis.f0 import outline
from index.core.hits import Hit
from index.core.query import Query
from index.factors.melody import tempo_words
from index.humming.searcher import HummedResults
from index.text.interval_words import shift_words
from tools.answer import ToolAnswer
from tools.resolve import resolve
from tools.session import Session
from tools.sound_hits import hit_line, hits_answer


def find_by_humming(session: Session, moment: str = "clip", k: int = 5) -> ToolAnswer:
    """Find the piece and the moment of a tune that was hummed, whistled, sung or played with one finger.

    moment: "clip" (the newest recording), "clip:2", or a title with a time. Any key and tempo; best are 4 to 20 s.
    """
    resolved = resolve(session, moment)
    results = session.library.find_hum(Query(resolved.passage, k=k, exclude_same_track=False))
    answer = hits_answer(resolved, results)
    lines = answer.text.replace("Searched for: ", "Searched for the tune of: ", 1)
    for hit in results.hits:
        lines = lines.replace(hit_line(hit), f"{hit_line(hit)}; {beside(hit)}")
    query = {**answer.data["query"], "by": "hum"}
    heard = outline(results.pitch) if isinstance(results, HummedResults) else []
    return ToolAnswer(lines, {**answer.data, "query": query, "hummed": heard})


def beside(hit: Hit) -> str:
    """How a hit lies beside the tune: as in "a minor third higher, 7 % slower (tempo ratio 1.08)"."""
    ratio = hit.alignment.tempo_ratio
    return f"{shift_words(hit.alignment.shift_semitones)}, {tempo_words(ratio)} (tempo ratio {ratio:.2f})"

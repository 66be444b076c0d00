"""The tool find_by_humming: which piece somebody hums, and where in it."""

from __future__ import annotations

import re
from dataclasses import replace

from index.analysis.f0 import outline
from index.core.hits import Hit
from index.core.query import Query
from index.factors.melody import tempo_words
from index.humming.hummed import HummedResults
from index.text.interval_words import shift_words
from tools.answer import ToolAnswer
from tools.resolve import resolve
from tools.session import Session
from tools.sound_hits import hit_line, hits_answer

_BETWEEN = re.compile(r"\s*(?:,|;|\+|&|\band\b)\s*", re.IGNORECASE)
_RECORDING = re.compile(r"(?:the |my )?clip\b", re.IGNORECASE)


def find_by_humming(session: Session, moment: str = "clip", k: int = 5) -> ToolAnswer:
    """Find the piece and the moment of a tune that was hummed, whistled, sung or played with one finger.

    moment: "clip" (the newest recording), "clip:2", "clip:1 and clip:2" (tries at one tune, which count together), or
    a title with a time. Any key and tempo; best are 4 to 20 s.
    """
    *earlier, resolved = (resolve(session, each) for each in tries(moment))
    asked = Query(resolved.passage, k=k, exclude_same_track=False)
    results = session.library.find_hum(asked, tuple(each.passage for each in earlier))
    answer = hits_answer(replace(resolved, reference=moment), results)
    lines = answer.text.replace("Searched for: ", "Searched for the tune of: ", 1)
    if earlier:
        lines = lines.replace(
            ".\n", f", and of {len(earlier)} earlier {'try' if len(earlier) == 1 else 'tries'}.\n", 1
        )
    for hit in results.hits:
        lines = lines.replace(hit_line(hit), f"{hit_line(hit)}; {beside(hit)}")
    query = {**answer.data["query"], "by": "hum"}
    heard = outline(results.pitch) if isinstance(results, HummedResults) else []
    return ToolAnswer(lines, {**answer.data, "query": query, "hummed": heard})


def tries(moment: str) -> list[str]:
    """The recordings that a reference names, oldest first: "clip:1 and clip:2"; anything else is one moment."""
    parts = [part for part in _BETWEEN.split(moment) if part]
    return parts if len(parts) > 1 and all(_RECORDING.match(part) for part in parts) else [moment]


def beside(hit: Hit) -> str:
    """How a hit lies beside the tune: as in "a minor third higher, 7 % slower (tempo ratio 1.08)"."""
    ratio = hit.alignment.tempo_ratio
    return f"{shift_words(hit.alignment.shift_semitones)}, {tempo_words(ratio)} (tempo ratio {ratio:.2f})"

"""The tool find_repeats: where else a passage sounds in its own track."""

from __future__ import annotations

from dataclasses import replace

from index.errors import QueryError
from index.moments import Clip
from tools.answer import ToolAnswer
from tools.hits import hits_answer
from tools.references import Resolved, resolve
from tools.session import Session


def find_repeats(session: Session, moment: str) -> ToolAnswer:
    """Find where else in the same track a passage comes back.

    moment: "clip", "#3" (a result), or a title; a time may follow: "Title @ 1:23-1:33".
    """
    resolved = resolve(session, moment)
    passage = resolved.passage
    if isinstance(passage.source, Clip) and passage.duration_s >= passage.source.duration_s:
        raise QueryError(
            "All of this clip is searched for already: name a passage in it, as “clip @ 0:10-0:20”, "
            "or a track of the library."
        )
    results = session.library.find_repeats(passage)
    return hits_answer(Resolved(resolved.reference, passage, hit=resolved.hit), replace(results, itself=None))

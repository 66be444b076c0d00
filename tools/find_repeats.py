"""The tool find_repeats: where else a passage sounds in its own track."""

from __future__ import annotations

from dataclasses import replace

from index.core.errors import QueryError
from index.core.tracks import Clip
from index.structure.repeats import Repetition, classify_repetition
from tools.answer import ToolAnswer
from tools.resolve import Resolved, resolve
from tools.session import Session
from tools.sound_hits import hits_answer


def find_repeats(session: Session, moment: str) -> ToolAnswer:
    """Find where else in the same track a passage comes back, exactly or varied.

    moment: "clip", "#3" (a result), or a title; a time may follow: "Title @ 1:23-1:33".
    """
    resolved = resolve(session, moment)
    passage = resolved.passage
    if isinstance(passage.source, Clip) and passage.duration_s >= passage.source.duration_s:
        raise QueryError(
            "All of this clip is searched for already: name a passage in it, as “clip @ 0:10-0:20”, "
            "or a track of the library."
        )
    results = replace(session.library.find_repeats(passage), itself=None)
    answer = hits_answer(Resolved(resolved.reference, passage, hit=resolved.hit), results)
    returns = [classify_repetition(hit) for hit in results.hits]
    lines = [
        f"#{hit.rank} {_SAID[back.kind]}{_how(back)}" for hit, back in zip(results.hits, returns, strict=True)
    ]
    data = {
        **answer.data,
        "track_s": passage.source.duration_s,
        "returns": [
            {
                "rank": hit.rank,
                "start_s": hit.moment.start_s,
                "end_s": hit.moment.end_s,
                "kind": back.kind,
                "how": back.how,
            }
            for hit, back in zip(results.hits, returns, strict=True)
        ],
    }
    return ToolAnswer("\n".join([answer.text, *lines]), data)


_SAID = {"exact": "comes back as it was", "varied": "comes back varied", "akin": "is only something like it"}


def _how(back: Repetition) -> str:
    return f": {back.how}." if back.how else "."

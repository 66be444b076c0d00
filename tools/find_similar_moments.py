"""The tool find_similar_moments: moments of the library that are like one moment."""

from __future__ import annotations

from collections.abc import Mapping

from index.core.filters import FilterValue
from index.core.query import Diversity, Query
from tools.answer import ToolAnswer
from tools.rejections import without_rejected
from tools.resolve import resolve
from tools.session import Session
from tools.sound_hits import hits_answer


def find_similar_moments(
    session: Session,
    moment: str = "clip",
    k: int = 5,
    *,
    emphasis: Mapping[str, float] | None = None,
    filters: Mapping[str, FilterValue] | None = None,
    exclude_same_track: bool = True,
    diversity: Diversity = "balanced",
) -> ToolAnswer:
    """Find moments that are musically like one moment.

    moment: "clip" (the newest), "clip:2", "#3" (a result), or a title; a time may follow: "Title @ 1:23-1:33".
    emphasis: weights for timbre, harmony, melody, rhythm, dynamics; above 1 matters more, 0 not at all.
    filters: artist, composer, genre, album, year_from, year_to, key_mode (major|minor), tempo_min, tempo_max,
    instrument; a name starting with "not_" leaves out. Several names: a list, ["Haydn", "Mozart"] is either.
    diversity: closest, balanced or adventurous.
    """
    resolved = resolve(session, moment)
    query = Query(
        resolved.passage,
        k=k + len(session.rejected),
        emphasis=dict(emphasis or {}),
        filters=session.filters(filters),
        diversity=diversity,
        exclude_same_track=exclude_same_track,
    )
    results = without_rejected(session, session.library.find(query), k)
    return hits_answer(resolved, results)

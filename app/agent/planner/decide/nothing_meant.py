"""A call about a clip where none was brought, and none is spoken of: the words wish for something else, or it is asked.

"Which of my songs are in C minor?" has the words of a likeness ("of my") and no moment that it could be like.
"""

from __future__ import annotations

from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk
from app.agent.planner.parse.filters import read_filters
from app.agent.planner.parse.keys import key_named
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.slots import essence
from index.core.filters import Filters
from index.words.heard_conditions import heard_conditions

_MOMENTS = ("moment", "first", "second")


def means_nothing(call: Call, reading: Reading, talk: Talk) -> bool:
    """Whether a call is about a clip that nobody brought and the words do not point at."""
    about = any(str(call.args.get(name, "")).startswith("clip") for name in _MOMENTS)
    if not about or talk.clips or talk.brought:
        return False
    objects = not talk.searched and found("content", "complaint", reading.text)
    return bool(objects) or not found("content", "points at a clip", reading.text)


def meant_instead(reading: Reading) -> Call | None:
    """The search that the conditions and the words of sound make without any moment; None where there are none."""
    plain = read(reading.raw)
    key = key_named(plain.text)
    filters = read_filters(plain)
    described = essence(reading.text)
    if filters.keys() & set(Filters.TAGS) and not described:
        return Call("search_library", {"text": "", "filters": filters})
    if key:
        written = f"in {key.text}"
        kept = {name: value for name, value in filters.items() if name.removeprefix("not_") != "key_mode"}
        wish = {"description": f"{described} {written}".strip(), "k": DEFAULT_K, "filters": kept}
        return Call("find_by_description", wish)
    described = described or heard_conditions(Filters(filters))
    if not described:
        return None
    return Call("find_by_description", {"description": described, "k": DEFAULT_K, "filters": filters})

"""What is said beside results of which none is near, or that were searched for because the last ones were all alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.agent.planner.answers.phrases import say, word
from app.agent.planner.decide.complaints import SAMEY, complaint, nearest_changes
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.prepared import prepare
from index.core.hits import is_near

BY_MOMENT = "find_similar_moments"
MORE_VARIETY = "More variety"


def after_samey(talk: Talk) -> tuple[str, dict[str, Call | None]]:
    """That what was shown is left out, and the nearest changes to click; nothing after any other words."""
    if not talk.done or talk.before is None or talk.done[-1][1].status == "error":
        return "", {}
    if complaint(prepare(talk.words, talk), talk) != SAMEY:
        return "", {}
    offered = {word(name): call for name, call in nearest_changes(talk).items() if name != MORE_VARIETY}
    if not offered:
        return "", {}
    return f"{_none_left(talk)}{say('samey')}", offered


def none_near(talk: Talk) -> str:
    """That not even the closest hit of a search by sound is near; empty where one is, or the answer says so itself."""
    if not talk.done or talk.done[-1][0].name != BY_MOMENT or not _far(talk.done[-1][1].artifact):
        return ""
    return say("hits_far")


def _none_left(talk: Talk) -> str:
    """That nothing of what is left is really near; empty where something is."""
    return f"{say('samey_none_near')} " if _far(talk.done[-1][1].artifact) else ""


def _far(data: Any) -> bool:
    """Whether the best hit, the query itself aside, is not near, and the answer's own sentence does not tell."""
    if not isinstance(data, Mapping) or data.get("weak") or data.get("no_music"):
        return False
    best = next((hit for hit in data.get("hits") or () if hit["rank"] != data.get("itself")), None)
    return best is not None and not is_near(best["likeness"], best["confidence"])

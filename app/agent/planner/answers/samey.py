"""What is said beside results that were searched for because the last ones were all alike."""

from __future__ import annotations

from collections.abc import Mapping

from app.agent.planner.answers.phrases import say, word
from app.agent.planner.decide.complaints import SAMEY, complaint, nearest_changes
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.prepared import prepare
from index.core.hits import UNSURE

MORE_VARIETY = "More variety"
NEAR = 0.99
"""Likeness below which one in a hundred random moments is as near as the nearest that is left."""


def after_samey(talk: Talk) -> tuple[str, dict[str, Call | None]]:
    """That what was shown is left out, and the nearest changes to click; nothing after any other words."""
    if not talk.done or talk.before is None or talk.done[-1][1].status == "error":
        return "", {}
    if complaint(prepare(talk.words, talk), talk) != SAMEY:
        return "", {}
    offered = {word(name): call for name, call in nearest_changes(talk).items() if name != MORE_VARIETY}
    if not offered:
        return "", {}
    return f"{_none_near(talk)}{say('samey')}", offered


def _none_near(talk: Talk) -> str:
    """That nothing of what is left is really near; empty where something is, or the answer says so itself."""
    data = talk.done[-1][1].artifact
    hits = data.get("hits") if isinstance(data, Mapping) and not data.get("weak") else None
    if not hits or hits[0]["confidence"] >= UNSURE or hits[0]["likeness"] >= NEAR:
        return ""
    return f"{say('samey_none_near')} "

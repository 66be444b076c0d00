"""What a search kept of the one before, told beside its answer: nothing is carried over in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.agent.planner.answers.phrases import all_conditions, listed, say, weight
from app.agent.planner.parse.conversation import Talk
from index.core.filters import Filters


def kept_from_before(talk: Talk) -> str:
    """The conditions and weights that the newest search has from the search before; empty where it has none."""
    if not talk.done or talk.before is None or talk.done[-1][1].status == "error":
        return ""
    call, before = talk.done[-1][0], talk.before
    filters = _same(call.args.get("filters"), before.args.get("filters"))
    filters = {name: value for name, value in filters.items() if not _said(value, talk)}
    weights = _same(call.args.get("emphasis"), before.args.get("emphasis"))
    told = [*all_conditions(filters), *(weight(name, value) for name, value in weights.items())]
    return say("kept", conditions=listed(told)) if told else ""


def _same(new: Any, old: Any) -> dict[str, Any]:
    """What both have alike."""
    if not isinstance(new, Mapping) or not isinstance(old, Mapping):
        return {}
    return {str(name): value for name, value in new.items() if old.get(name) == value}


def _said(value: Any, talk: Talk) -> bool:
    """Whether a condition was said again."""
    return all(str(one).lower() in talk.words.lower() for one in Filters.values(value))

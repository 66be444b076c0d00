"""The conditions of a search as the page shows them: each in words, whether it was kept from before, and what it is
without it. Knows no Streamlit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.agent.planner.answers.phrases import condition, weight
from app.view.turns import Call, Turn, pin

_FILTERED = ("find_similar_moments", "find_by_description", "search_library")
_UNPINNED = re.compile(r"#(\d+)(?![\d:])")
_NEWEST = re.compile(r"clip(?![:\w])")


@dataclass(frozen=True)
class Condition:
    """One condition of a search."""

    words: str
    kept: bool
    """The search before had it already."""
    tool: str
    args: Mapping[str, Any]
    """What asks for the same search without it."""


def conditions_of(call: Call, turns: Sequence[Turn]) -> list[Condition]:
    """The conditions that a search was made under, those that are new first; none for other calls.

    `turns` are all of the conversation: the call stands in one of them.
    """
    if call.name not in _FILTERED or call.status != "ok" or call.artifact is None:
        return []
    earlier = _earlier(call, turns)
    if earlier is None:
        return []
    before = next((other for other in reversed(earlier) if other.name in _FILTERED), None)
    args = _fixed(call, earlier, _clips_until(call, turns))
    found = []
    for argument, words in (("filters", condition), ("emphasis", weight)):
        mine = dict(args.get(argument) or {})
        theirs = dict(before.args.get(argument) or {}) if before else {}
        for name, value in mine.items():
            left = {other: kept for other, kept in mine.items() if other != name}
            if call.name == "search_library" and not (left or args.get("text")):
                continue  # nothing would be left to look for
            found.append(
                Condition(words(name, value), theirs.get(name) == value, call.name, {**args, argument: left})
            )
    return sorted(found, key=lambda one: one.kept)


def _earlier(call: Call, turns: Sequence[Turn]) -> list[Call] | None:
    """The calls of the turns before the one that made this call; None where no turn did."""
    for place, turn in enumerate(turns):
        if any(made.call_id == call.call_id for made in turn.calls):
            return [made for other in turns[:place] for made in other.calls]
    return None


def _clips_until(call: Call, turns: Sequence[Turn]) -> int:
    clips = 0
    for turn in turns:
        clips += len(turn.clips)
        if any(made.call_id == call.call_id for made in turn.calls):
            break
    return clips


def _fixed(call: Call, earlier: Sequence[Call], clips: int) -> dict[str, Any]:
    """The arguments, with a moment that stays what it was when it was asked for."""
    args = dict(call.args)
    if "moment" not in args:
        return args
    moment = str(args["moment"])
    hits = next((other for other in reversed(earlier) if other.kind == "hits"), None)
    if (result := _UNPINNED.match(moment)) and hits is not None:
        moment = f"{pin(hits.call_id, int(result[1]))}{moment[result.end() :]}"
    elif (newest := _NEWEST.match(moment)) and clips:
        moment = f"clip:{clips}{moment[newest.end() :]}"
    return {**args, "moment": moment}

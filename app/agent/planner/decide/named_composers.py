"""A composer who is named is heard: "i just got dumped, play me some sad Haydn" is Haydn, whatever else it says."""

from __future__ import annotations

import re

from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.slots import essence
from app.agent.planner.parse.vocabulary import any_of

_WITHOUT_CONDITIONS = ("recommend_moments", "make_playlist")
"""Calls that know no composer."""


def with_composer(call: Call, reading: Reading, talk: Talk) -> Call:
    """The call, or, where it would lose a composer that is wished for, a search for that composer's music."""
    text = reading.text
    named = re.search(rf"\b{any_of('composers')}\b", text)
    if (
        named is None
        or talk.brought
        or re.search(r"<[chmtqp]\d+>", text)
        or found("calls", "no wish for a name", text)
    ):
        return call
    filters = call.args.get("filters") or {}
    if call.name == "find_similar_moments":
        lost = not any(name.endswith("composer") for name in filters)
    else:
        lost = call.name in _WITHOUT_CONDITIONS and not (
            call.name == "make_playlist" and talk.searched and _saves(text)
        )
    if not lost:
        return call
    wanted = {"composer": reading.original(*named.span())}
    if described := essence(text):
        return Call("find_by_description", {"description": described, "k": DEFAULT_K, "filters": wanted})
    return Call("search_library", {"text": "", "filters": wanted})


def _saves(text: str) -> bool:
    """Whether a playlist is made of what was found, and the composer only stands in its name."""
    return found("calls", "saves what was found", text) is not None

"""Praise of some of the results, "2 and 5 are great": they can be kept, or searched on from."""

from __future__ import annotations

import re

from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading

KEEP, MORE = "Save them as a playlist", "Find similar moments"


def praised(reading: Reading, talk: Talk) -> dict[str, Call | None]:
    """What can be clicked after results are praised; nothing where none are."""
    match = found("content", "praise", reading.text)
    if match is None or not talk.found or talk.brought:
        return {}
    named = [rank for _, key, ranks in reading.all("h") if key in match["n"] for rank in ranks]
    named += [int(number) for number in re.findall(r"(?<![<\w])\d{1,2}\b", match["n"])]
    ranks = sorted({rank for rank in named if 0 < rank <= talk.found})
    if not ranks:
        return {}
    results = [f"#{rank}" for rank in ranks]
    return {
        KEEP: Call("make_playlist", {"results": results, "name": "", "format": "m3u8"}),
        MORE: Call("find_similar_moments", {"moment": results[0]}),
    }

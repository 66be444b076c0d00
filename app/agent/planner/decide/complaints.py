"""Complaints about what was shown: it is left out from now on, and the nearest changes are offered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from app.agent.planner.decide.changes import FAST_BPM, SLOW_BPM, pinned_arguments
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading

SAMEY, WRONG = "samey", "wrong"
_MORE = 2.0


def complaint(reading: Reading, talk: Talk) -> str:
    """What is wrong with what was shown: too much of one kind, or not what was wanted; empty for other words."""
    if talk.brought or not talk.searched or found("content", "no complaint", reading.text):
        return ""
    if found("content", "samey", reading.text):
        return SAMEY
    said = found("content", "refused", reading.text) or found("content", "complaint", reading.text)
    return WRONG if said else ""


def asks_for_other_tempo(reading: Reading, talk: Talk) -> bool:
    """Whether what was shown is too slow or too fast: that is a wish, no complaint."""
    names = ("too slow", "too fast")
    return not talk.brought and talk.searched and any(found("content", name, reading.text) for name in names)


def beside_the_complaint(words: str) -> str:
    """What else is said: "these don't sound alike, only bach please" is "only bach please"."""
    reading = read(words)
    match = found("content", "complaint", reading.text)
    if match is None:
        return words
    before, after = reading.original(0, match.start()), reading.original(match.end(), len(reading.text))
    return " ".join(part for part in (before.strip(" ,.;:!"), after.strip(" ,.;:!")) if part)


def instead_of_that(words: str, talk: Talk) -> str:
    """The wish after a rejection: "no, not that, something happier" is "something happier"; else empty."""
    if talk.brought or not talk.searched:
        return ""
    reading = read(words)
    match = found("content", "not that but", reading.text)
    return reading.original(match.end(), len(reading.text)).strip() if match else ""


def something_else(reading: Reading, talk: Talk) -> Call | None:
    """The last search again, for other results than those that were shown; None for other words."""
    if talk.brought or talk.search is None or not found("content", "something else", reading.text):
        return None
    return Call(talk.search.name, pinned_arguments(talk))


def refused_ranks(reading: Reading, talk: Talk) -> tuple[int, ...]:
    """Which of the results are objected to: those named, or the one spoken of last; () for all of them."""
    named = [rank for _, _, value in reading.all("h") for rank in value]
    match = found("content", "refused", reading.text)
    if match and not named:
        named = [int(number) for number in re.findall(r"\d+", match[0])]
    spoken_of = re.match(r"#(\d+)(?!\d)(?::(?P<call>[\w-]+))?", talk.mentioned)
    if match and match.groupdict().get("one") and spoken_of and spoken_of["call"] in (None, talk.hits_of):
        named = [int(spoken_of[1])]
    return tuple(named)


def left_out(talk: Talk, ranks: Sequence[int]) -> tuple[str, ...]:
    """The titles of the results that are left out from now on."""
    return tuple(hit["track"]["title"] for hit in talk.shown if not ranks or hit["rank"] in ranks)


def varied(talk: Talk) -> Call | None:
    """The last search by sound again, with more variety; None where it knows none."""
    args = pinned_arguments(talk)
    if talk.search is None or "diversity" not in args:
        return None
    return Call(talk.search.name, {**args, "diversity": "adventurous"})


def nearest_changes(talk: Talk) -> dict[str, Call | None]:
    """What can be clicked after a complaint, and the search that it leads to."""
    if talk.search is None:
        return {}
    args = pinned_arguments(talk)
    name = talk.search.name
    if name == "find_similar_moments":
        return {
            "Other instruments": _weighed(name, args, timbre=0.0),
            "Closer in sound": _weighed(name, args, timbre=_MORE),
            "Closer in melody": _weighed(name, args, melody=_MORE),
            "Closer in tempo": _weighed(name, args, rhythm=_MORE),
            "More variety": Call(name, {**args, "diversity": "adventurous"}),
        }
    if name == "find_by_description":
        filters = dict(args.get("filters") or {})
        slow, fast = {"tempo_max": SLOW_BPM}, {"tempo_min": FAST_BPM}
        kept = {key: value for key, value in filters.items() if not key.startswith("tempo")}
        return {
            "Slower": Call(name, {**args, "filters": {**kept, **slow}}),
            "Faster": Call(name, {**args, "filters": {**kept, **fast}}),
        }
    if name == "recommend_moments":
        return {
            "Something calmer": Call(name, {**args, "mood": "calm"}),
            "Something livelier": Call(name, {**args, "mood": "lively"}),
        }
    return {}


def _weighed(name: str, args: dict[str, Any], **weights: float) -> Call:
    return Call(name, {**args, "emphasis": {**(args.get("emphasis") or {}), **weights}})

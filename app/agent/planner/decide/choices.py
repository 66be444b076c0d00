"""What is offered to click after an answer, and what a click, or words that pick one, lead to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import ToolMessage

from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.movements import movements
from app.agent.planner.parse.vocabulary import number_of
from index.text.titles import SURE, closeness

_MOMENTS = ("moment", "first", "second")
_ORDINAL = re.compile(
    r"\W*(?:no|yes|ok(?:ay)?|i mean|i meant|take|the|number|#|that is|it's|please)?[\s,]*(?:the |number |no\.? |#)?"
    r"(first|second|third|fourth|fifth|1st|2nd|3rd|one|two|three|four|five|[1-5])(?: one)?(?: please)?\W*"
)

_AROUND = re.compile(
    r"\b(?:please|i mean|i meant|no|yes|sorry|take|the one called|thanks)\b,?", re.IGNORECASE
)


def offers(call: Call, message: ToolMessage) -> Mapping[str, Call | None]:
    """The choices after a tool's answer: what it offers, or the titles that a name may mean."""
    artifact: Any = message.artifact
    if not isinstance(artifact, Mapping):
        return {}
    if message.status == "error" and (titles := artifact.get("nearest")):
        meant = _misnamed(call, str(artifact.get("name", "")))
        return {str(title): _renamed(call, meant, str(title)) for title in titles} if meant else {}
    return dict.fromkeys(map(str, artifact.get("choices", ())))


def carried(offered: Mapping[str, Call | None]) -> dict[str, Any]:
    """What is offered to click, and the calls that it leads to, as a message carries them."""
    calls = {name: {"name": call.name, "args": dict(call.args)} for name, call in offered.items() if call}
    return {"choices": list(offered), **({"offered": calls} if calls else {})}


def picked(words: str, offered: Mapping[str, Any] | None) -> Call | None:
    """The call that the words pick out of what was offered: its name, loosely, or its place."""
    if not offered:
        return None
    names = list(offered)
    if ordinal := _ORDINAL.fullmatch(words.lower()):
        place = number_of(ordinal[1])
        chosen = names[place - 1] if 0 < place <= len(names) else None
    else:
        plain = _AROUND.sub(" ", words)
        nearness, chosen = max((closeness(plain, name), name) for name in names)
        chosen = chosen if nearness >= SURE else None
    return Call(offered[chosen]["name"], dict(offered[chosen]["args"])) if chosen else None


def _misnamed(call: Call, name: str) -> str:
    """The argument in which a name stands that no track has."""
    return next((part for part in _MOMENTS if str(call.args.get(part, "")).partition(" @ ")[0] == name), "")


def _renamed(call: Call, argument: str, title: str) -> Call:
    """The same call with another title; its time stays."""
    _, at, time = str(call.args[argument]).partition(" @ ")
    return Call(call.name, {**call.args, argument: f"{title}{at}{time}"})


def composers_shown(talk: Talk, most: int) -> dict[str, Call | None]:
    """The composers of what was shown, and what there is by each."""
    tracks = [hit.get("track") or {} for hit in talk.shown]
    names = dict.fromkeys(str(track.get("composer") or track.get("artist") or "") for track in tracks)
    named = [name for name in names if name][:most]
    return {name: Call("search_library", {"text": "", "filters": {"composer": name}}) for name in named}


def movements_offered(talk: Talk, most: int) -> dict[str, Call | None]:
    """The listed titles that have the movement that is named by its number; where none has it, all that were listed."""
    meant = movements(talk.words, talk.listed) or list(dict.fromkeys(talk.listed))
    return {title: Call("describe_moment", {"moment": title}) for title in meant[:most] if title}

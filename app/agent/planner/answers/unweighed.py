"""Wishes that a search by sound cannot weigh: "like the first but happier" is searched for without "happier"."""

from __future__ import annotations

import json
import re

from app.agent.planner.answers.phrases import say, word
from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk
from app.agent.planner.parse.keys import key_named
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.prepared import prepare
from app.agent.planner.parse.vocabulary import any_of, comparatives, plain

_WEIGHED = ("faster", "slower", "closer", "quicker")
"""Comparatives that become a condition."""
_NAMES = ("genres", "instruments", "moods")


def unweighed(talk: Talk) -> tuple[str, dict[str, Call | None]]:
    """What was not weighed in the search just made, in a sentence, and the search by words to click."""
    if not talk.done or talk.done[-1][0].name != "find_similar_moments" or talk.done[-1][1].status == "error":
        return "", {}
    more = {more: mood for more, mood in comparatives().items() if more not in _WEIGHED}
    names = "|".join(sorted(map(re.escape, more), key=len, reverse=True))
    said = list(dict.fromkeys(re.findall(rf"\b(?:{names})\b", read(talk.words).text)))
    said += [name for name in _names_left(talk) if name not in said]
    if key := key_named(read(talk.words).text):
        said.append(f"in {key.text}")
    if not said:
        return "", {}
    wish = " ".join(more.get(name, name) for name in said)
    search = Call("find_by_description", {"description": wish, "k": DEFAULT_K, "filters": {}})
    return say("similar_unweighed", words=" ".join(said)), {word("Search for “{}”").format(wish): search}


def _names_left(talk: Talk) -> list[str]:
    """Genres, instruments and moods after a "but" or beside a likeness, of which no condition was made."""
    text = prepare(talk.words, talk).text
    added = found("calls", "beside a likeness", text)
    if added is None or len(talk.done) > 1:
        return []
    asked = "".join(map(plain, json.dumps(talk.done[-1][0].args, ensure_ascii=False)))
    kinds = "|".join(any_of(kind) for kind in _NAMES)
    named = re.findall(rf"\b(?:{kinds})\b", added["n"])
    return list(dict.fromkeys(name for name in named if name not in asked))

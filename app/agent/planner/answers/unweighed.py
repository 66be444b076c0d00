"""Wishes that a search by sound cannot weigh: "like the first but happier" is searched for without "happier"."""

from __future__ import annotations

import re

from app.agent.planner.answers.phrases import say, word
from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.vocabulary import comparatives

_WEIGHED = ("faster", "slower", "closer", "quicker")
"""Comparatives that become a condition."""


def unweighed(talk: Talk) -> tuple[str, dict[str, Call | None]]:
    """What was not weighed in the search just made, in a sentence, and the search by words to click."""
    if not talk.done or talk.done[-1][0].name != "find_similar_moments" or talk.done[-1][1].status == "error":
        return "", {}
    plain = {more: mood for more, mood in comparatives().items() if more not in _WEIGHED}
    names = "|".join(sorted(map(re.escape, plain), key=len, reverse=True))
    said = list(dict.fromkeys(re.findall(rf"\b(?:{names})\b", read(talk.words).text)))
    if not said:
        return "", {}
    wish = " ".join(plain[more] for more in said)
    search = Call("find_by_description", {"description": wish, "k": DEFAULT_K, "filters": {}})
    return say("similar_unweighed", words=" ".join(said)), {word("Search for “{}”").format(wish): search}

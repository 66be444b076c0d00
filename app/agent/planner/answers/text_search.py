"""The planner's answers to descriptions and to wishes for recommendations."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from app.agent.planner.answers.measured import measured
from app.agent.planner.answers.phrases import (
    Data,
    are_moments,
    conditions,
    listed,
    query_name,
    say,
    where,
    word,
)
from app.agent.planner.parse.conversation import Call
from index.core.errors import printable
from index.words.results import MET

_LEADING = re.compile(r"^“(?:for|with|in|of) ", re.IGNORECASE)
"""What a description may begin with, which the answer says itself."""


def described(data: Data, call: Call) -> str:
    """What a description or a wish for a recommendation found, and what its words were understood as."""
    hits, query = data["hits"], data["query"]
    wish = word(" for {}").format(_LEADING.sub("“", query_name(query))) if query.get("description") else ""
    parts = []
    if hits:
        section = "recommended" if call.name == "recommend_moments" else "described"
        why = f": {_measured(_own(data), _not_too(data))}" if data["words"][0] else ""
        first = f"{where(hits[0])} (#{hits[0]['rank']}){why}"
        parts.append(
            say(
                section,
                are_moments=are_moments(len(hits)),
                wish=wish,
                conditions=conditions(query),
                first=first,
            )
        )
    else:
        parts.append(say("described_none", wish=wish, conditions=conditions(query)))
    if only := _only_some_meet(data):
        parts.append(only)
    if missed := data.get("missed"):
        parts.append(say("described_missed", words=listed([_quoted(word) for word in missed])))
    if taken := [_taken(word) for word in data["understood"] if not _itself(word)]:
        parts.append(say("described_taken", words=listed(taken)))
    if unknown := data.get("unknown"):
        parts.append(say("described_unknown", words=listed([_quoted(word) for word in unknown])))
    if occasion := data.get("occasion"):
        parts.append(say("recommended_occasion", occasion=_capital(str(occasion))))
    if hits and len(hits) < query.get("k", 0):
        parts.append(say("hits_fewer"))
    return " ".join(parts)


def _only_some_meet(data: Data) -> str:
    """That the first few meet a wish and the others do not: one harpsichord in a library is one."""
    if data.get("missed") or len(data["words"]) < 2:
        return ""
    own = {one["words"] for one in data["understood"]}
    failing = [
        [one["words"] for one in met if one["words"] in own and one.get("met", 1.0) < MET]
        for met in data["words"]
    ]
    good = next((place for place, words in enumerate(failing) if words), len(failing))
    if not 0 < good < len(failing) or not all(failing[good:]):
        return ""
    words = listed([_quoted(measured(name)) for name in dict.fromkeys(failing[good])])
    ranks = listed([f"#{rank}" for rank in range(1, good + 1)])
    return say("described_only" if good == 1 else "described_only_several", ranks=ranks, words=words)


def _itself(one: Data) -> bool:
    """Whether a word was understood as itself: "in F minor" as F minor."""
    return one["words"] in (one["meaning"], f"in {one['meaning']}")


def _own(data: Data) -> Sequence[Data]:
    """What was measured for the user's own words; for what else was weighed only where there are none."""
    said = {one["words"] for one in data["understood"]} - set(data.get("missed") or ())
    return [one for one in data["words"][0] if one["words"] in said] or data["words"][0]


def _not_too(data: Data) -> frozenset[str]:
    """What is wished for, but not much of it: "not too fast"."""
    return frozenset(one["words"] for one in data["understood"] if one.get("degree") == "not too")


def _measured(words: Sequence[Data], not_too: Collection[str]) -> str:
    """The first thing that was measured for each of three words; once where it is the same."""
    told: dict[str, list[str]] = {}
    for one in words[:3]:
        name = measured(printable(one["words"]))
        if one["words"] in not_too:
            wish = word("not too {}").format(name)
        else:
            wish = name if one["wanted"] else word("not {}").format(name)
        told.setdefault(measured(one["fact"].split(", ")[0]), []).append(wish)
    return ", ".join(_told(listed(wishes), fact) for fact, wishes in told.items())


def _told(wishes: str, fact: str) -> str:
    """ "Calm (2.4 onsets a second)"; a fact that begins with the wish names it once: "strings (74 %)"."""
    rest = fact.removeprefix(wishes).strip() if fact.startswith(f"{wishes} ") else fact
    return f"{wishes} ({rest})"


def _taken(one: Data) -> str:
    return word("{} as {}").format(_quoted(one["words"]), measured(one["meaning"]))


def _quoted(words: str) -> str:
    return f"“{printable(words)}”"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

"""A key that is named is heard: "something in F-sharp minor" is not just anything in minor."""

from __future__ import annotations

import re

from app.agent.planner.decide.changes import pinned_arguments
from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk
from app.agent.planner.parse.keys import NAMED, KeyName, key_named
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading

_MODE = re.compile(r"\b(?:in )?(?:a )?(?:major|minor)\b")
_NOTHING = frozenset(["in", "only", "any", "music", "something", "piece", "pieces", "in a", "ones"])
"""What is left of a description that said nothing but the key."""


def in_a_key(reading: Reading, talk: Talk) -> Call | None:
    """The last wish in words, in the key that is named: "in C major please"; None for other words."""
    named = key_named(reading.text)
    if named is None or talk.brought:
        return None
    if not found("calls", "beside a key", f"{reading.text[: named.start]} {reading.text[named.end :]}"):
        return None
    if talk.listing is not None:  # among what was listed
        listed = dict(talk.listing.args.get("filters") or {})
        return with_key(Call("find_by_description", {"description": "", "filters": listed}), named)
    if talk.search is None or talk.search.name not in ("recommend_moments", "find_by_description"):
        return None
    args = pinned_arguments(talk)
    before = dict(args.get("filters") or {})
    kept = {name: value for name, value in before.items() if name.removeprefix("not_") != "key_mode"}
    return with_key(Call(talk.search.name, {**args, "filters": kept}), named)


def with_key(call: Call, key: KeyName | None) -> Call:
    """The call, or, where it would lose the name of a key, a search by words that has it."""
    args = call.args
    if key is None or (call.name == "search_library" and args.get("text")):
        return call
    if call.name == "find_by_description":
        said = str(args["description"])
    elif call.name == "recommend_moments":
        said = f"{args.get('mood', '')} {args.get('activity', '')}"
    elif call.name == "search_library":
        said = ""
    else:
        return call
    left = (
        re.sub(r"\s+", " ", _MODE.sub(" ", NAMED.sub(" ", said.lower())))
        .strip(" ,")
        .removesuffix(" in")
        .strip(" ,")
    )
    wish = f"in {key.text}" if not left or left in _NOTHING else f"{left}, in {key.text}"
    return Call(
        "find_by_description",
        {"description": wish, "k": args.get("k", DEFAULT_K), "filters": args.get("filters") or {}},
    )

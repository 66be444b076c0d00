"""Conditions that come or go by what they name: "forget the piano", "these are all by Haydn", "any of them sad?"."""

from __future__ import annotations

import re
from typing import Any

from app.agent.planner.decide.changes import changed_filters, newer_wins, pinned_arguments
from app.agent.planner.decide.wish_words import with_newer, without_measured, without_quantity
from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk
from app.agent.planner.parse.filters import read_filters
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.slots import essence, singular
from app.agent.planner.parse.vocabulary import any_of, word_list
from index.core.filters import Filters

_KINDS = {"composers": "composer", "instruments": "instrument", "genres": "genre"}
_FILTERED = ("find_similar_moments", "find_by_description", "find_by_humming", "find_repeats")


def without_that(reading: Reading, talk: Talk) -> Call | None:
    """The last search without what the words take back; None where nothing of it was wished for."""
    again = found("calls", "a wish allowed again", reading.text)
    match = again or found("calls", "a wish dropped", reading.text)
    if match is None or talk.brought or talk.search is None:
        return None
    dropped = match["n"]
    if again:
        return _allowed_again(again["n"], talk)
    kinds = ("key_mode",) if re.search(r"\b(?:major|minor|key|mode)\b", dropped) else tuple(_KINDS.values())
    args = pinned_arguments(talk)
    filters = dict(args.get("filters") or {})
    left = {
        name: value
        for name, value in filters.items()
        if name not in kinds or not (name == "key_mode" or _holds(value, dropped))
    }
    if left != filters:
        return Call(talk.search.name, {**args, "filters": left})
    described = str(args.get("description", ""))
    if kinds == ("key_mode",):
        fewer = without_measured(described, "key_mode")
    elif re.fullmatch(any_of("moods"), dropped):
        fewer = without_quantity(described, [dropped])
    else:
        fewer = re.sub(
            rf"(?:\b(?:with|on|for|and|solo) )*\b{re.escape(dropped)}\b", " ", described, flags=re.IGNORECASE
        )
    fewer = re.sub(r"\s+", " ", fewer).strip(" ,")
    if fewer and fewer != described.strip(" ,"):
        return Call(talk.search.name, {**args, "description": fewer})
    return None


def added_to_it(reading: Reading, talk: Talk) -> Call | None:
    """The last wish in words with what is said besides; None where there was none, or the words say more."""
    match = found("calls", "added to it", reading.text)
    if match is None or talk.brought or talk.search is None or talk.listing is not None:
        return None
    args = dict(talk.search.args)
    kind = next((name for name in ("description", "mood") if name in args), "")
    if not kind:
        return None
    said = re.findall(rf"\b(?:{any_of('moods')}|quieter|softer|louder|calmer|major|minor)\b", match["n"])
    return Call(talk.search.name, {**args, kind: with_newer(str(args[kind]), said)})


_LONGEST_ADDITION = 5
"""Words."""


def added_in_words(words: str, talk: Talk) -> Call | None:
    """The last wish in words with a few more, whatever they mean: "from ireland only" after "fast fiddle"."""
    reading = read(words)
    match = found("calls", "a few more words", reading.text)
    if match is None or talk.brought or talk.search is None or talk.search.name != "find_by_description":
        return None
    more = reading.original(*match.span("n")).strip(" .,!?")
    if not more or len(more.split()) > _LONGEST_ADDITION:
        return None
    args = dict(talk.search.args)
    return Call(talk.search.name, {**args, "description": f"{args['description']}, {more}"})


def _allowed_again(name: str, talk: Talk) -> Call | None:
    """The last search with what it left out; None where it did not leave it out."""
    args = pinned_arguments(talk)
    before = dict(args.get("filters") or {})
    filters: dict[str, Any] = {}
    for key, value in before.items():
        left = [one for one in Filters.values(value) if not (key.startswith("not_") and _holds(one, name))]
        if left:
            filters[key] = value if len(left) == len(Filters.values(value)) else _one_or_more(left)
    if talk.search is None or filters == before:
        return None
    return Call(talk.search.name, {**args, "filters": filters})


def _one_or_more(values: list[Any]) -> Any:
    return values if len(values) > 1 else values[0]


def none_of_that(reading: Reading, talk: Talk) -> Call | None:
    """The last search again without the composer, instrument or genre of which too much was shown."""
    match = found("content", "too much of one", reading.text)
    if match is None or talk.brought or talk.search is None or talk.search.name not in _FILTERED:
        return None
    kind = next(name for kind, name in _KINDS.items() if re.fullmatch(any_of(kind), match["n"]))
    args = pinned_arguments(talk)
    filters = dict(args.get("filters") or {})
    if kind in filters and _holds(filters[kind], match["n"]):  # it was wished for
        return None
    before = Filters.values(filters[f"not_{kind}"]) if f"not_{kind}" in filters else ()
    gone = [*map(str, before), reading.original(*match.span("n"))]
    unwanted: Any = gone if len(gone) > 1 else gone[0]
    return changed_filters(talk.search.name, args, {**filters, f"not_{kind}": unwanted})


def among_listed(reading: Reading, talk: Talk) -> Call | None:
    """A search by sound among what was listed: "any of them sad?" after "what have I got by Handel"."""
    if talk.listing is None or talk.brought:
        return None
    if some := _of_a_form(reading, talk.listing):
        return some
    listed = dict(talk.listing.args.get("filters") or {})
    if not found("content", "what was listed", reading.text):
        return None
    if not listed:
        return None
    described = essence(reading.text)
    slow = re.search(r"\b(?:slow|fast|quick|loud|quiet|soft|major|minor)\b", reading.text)
    if not described and slow:
        described = slow[0]
    if not described:
        return None
    new = read_filters(reading, on_tags=True)
    filters = newer_wins({**listed, **new}, listed)
    return Call("find_by_description", {"description": described, "k": DEFAULT_K, "filters": filters})


_MOVEMENTS = frozenset(
    [
        "minuets",
        "menuets",
        "scherzos",
        "finales",
        "adagios",
        "andantes",
        "allegros",
        "prestos",
        "rondos",
        "trios",
    ]
)
"""Of works, so that both names stand in a title."""


def _of_a_form(reading: Reading, listing: Call) -> Call | None:
    """What was listed, of one musical form alone: "only the minuets"; None for other words."""
    match = found("calls", "some of what was listed", reading.text)
    forms = word_list("forms") | {f"{form}s" for form in word_list("forms")}
    if match is None or not set(match["n"].split()) <= forms:
        return None
    movement = bool(set(match["n"].split()) & _MOVEMENTS)
    before = str(listing.args.get("text") or "") if movement else ""
    form = " ".join(singular(word) or word for word in match["n"].split())
    return Call(listing.name, {**listing.args, "text": f"{before} {form}".strip()})


def _holds(value: Any, name: str) -> bool:
    """Whether a condition's value, or one of them, is the name."""
    return any(name in str(one).lower() or str(one).lower() in name for one in Filters.values(value))

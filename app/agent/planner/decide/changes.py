"""The last search again, with what the words change: "only Bach", "ten instead", "again with more rhythm"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.agent.planner.decide.wish_words import (
    TEMPO,
    plain_form,
    with_newer,
    without_measured,
    without_quantity,
)
from app.agent.planner.parse.amounts import allows_same_track, read_diversity, read_k
from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk, pinned
from app.agent.planner.parse.emphasis import MOST, read_emphasis
from app.agent.planner.parse.filters import read_filters
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.slots import read_mood
from app.agent.planner.parse.vocabulary import any_of, comparatives
from index.core.filters import Filters

FAST_BPM, SLOW_BPM = 120, 90
"""What "fast" and "slow" mean where the tempo of what was searched for is not known."""
STEP = 0.05
"""By how much of a tempo another one has to be slower or faster, at least, to be heard as that."""


def refine(reading: Reading, talk: Talk) -> Call | None:
    """The last search with the change that the words ask for; None if they change nothing."""
    if talk.listing is not None:
        return _refined_listing(reading, talk.listing)
    if talk.search is None:
        return None
    old = pinned_arguments(talk)
    change = _change(reading, old, talk)
    if not change and not found("calls", "again", reading.raw.lower()):
        return None
    return _changed(talk.search.name, old, change)


def graded(reading: Reading, talk: Talk) -> Call | None:
    """The last wish with more or less of a quality: "these are too cheerful"; None for other words.

    A search by sound has no words for it, and becomes one by words.
    """
    match = found("calls", "a quality graded", reading.text)
    if match is None or talk.search is None or talk.brought or _tempo(reading.text, talk):
        return None
    old = pinned_arguments(talk)
    wish, said = _wish_of(old), match["n"]
    before = str(old[wish]) if wish else ""
    if match["grade"] == "more":
        changed = with_newer(before, [said])
    else:
        changed = f"{without_quantity(before, [said])}, not too {said}".strip(" ,")
    if wish:
        return _changed(talk.search.name, old, {wish: changed})
    return Call("find_by_description", {"description": changed, "k": old.get("k", DEFAULT_K), "filters": {}})


def compared(reading: Reading, talk: Talk) -> Call | None:
    """The last wish in words, but more so: "happier" after "calm guitar"; None for other words."""
    match = found("calls", "more so", reading.text)
    if match is None or talk.brought or talk.search is None or talk.listing is not None:
        return None
    if match["n"] not in comparatives() or not _wish_of(talk.search.args):
        return None
    return refine(reading, talk)


def longer_list(reading: Reading, talk: Talk) -> Call | None:
    """The last search again for more results, or fewer: "a longer list"; None for other words."""
    match = found("calls", "a longer list", reading.text)
    if match is None or talk.search is None or talk.brought or "k" not in talk.search.args:
        return None
    more = "more" if match["n"] in ("longer", "bigger") else "fewer"
    return _changed(talk.search.name, pinned_arguments(talk), {"k": read_k(more, before=talk.asked_for)})


def swapped(reading: Reading, talk: Talk) -> Call | None:
    """The last search with one instrument in place of another: "swap the cello for a flute"; None for other words."""
    match = found("calls", "swapped", reading.text)
    if match is None or talk.search is None or talk.brought:
        return None
    old = pinned_arguments(talk)
    if "description" in old:
        wish = re.sub(
            rf"\b{re.escape(match['old'])}s?\b", match["n"], str(old["description"]), flags=re.IGNORECASE
        )
        if wish != old["description"]:
            return _changed(talk.search.name, old, {"description": wish})
    filters = {**(old.get("filters") or {}), "instrument": match["n"]}
    return changed_filters(talk.search.name, old, filters)


def pinned_arguments(talk: Talk) -> dict[str, Any]:
    """The arguments of the last search, its moment tied to what it meant then."""
    args = dict(talk.search.args) if talk.search else {}
    if "moment" in args:
        args["moment"] = pinned(str(args["moment"]), talk.source_search)
    return args


def changed_filters(name: str, args: dict[str, Any], filters: Mapping[str, Any]) -> Call:
    """A search with other conditions; one that knows none becomes a search by sound."""
    return _changed(name, args, {"filters": dict(filters)})


def _change(reading: Reading, old: dict[str, Any], talk: Talk) -> dict[str, Any]:
    """The arguments that the words change, with their new values."""
    text = reading.text
    if (wish := _wish_of(old)) and (quantity := _forgotten(text)):
        rest = without_quantity(str(old[wish]), quantity)
        if rest != old[wish] and (rest or wish == "mood"):
            return {wish: rest}
    if "description" in old and (other := found("calls", "another instrument", text)):
        return {"description": _played_by(str(old["description"]), other["n"])}
    before = dict(old.get("filters") or {})
    dropped = found("calls", "a condition dropped", text)
    if dropped and (fewer := _without(before, dropped["n"])) != before:
        return {"filters": fewer}
    if (more := found("calls", "one more to leave out", text)) and (left := _left_out_of(more["n"], before)):
        gone = [*Filters.values(before[left]), reading.original(*more.span("n"))]
        return {"filters": {**before, left: [str(name) for name in gone]}}
    filters = read_filters(reading, {} if found("calls", "no more conditions", text) else before)
    emphasis, left = read_emphasis(reading.text, old.get("emphasis"))
    more = found("calls", "more so", text)
    quality = wish and more and comparatives().get(more["n"], plain_form(more["n"])) not in TEMPO
    filters = newer_wins(filters | ({} if quality else _tempo(left, talk)), before)
    new: dict[str, Any] = {
        "k": read_k(left, before=int(old["k"]) if "k" in old else None),
        "diversity": read_diversity(text),
        "exclude_same_track": False
        if allows_same_track(text) or allows_same_track(reading.raw.lower())
        else None,
        "emphasis": emphasis if emphasis != dict(old.get("emphasis") or {}) else None,
        "filters": filters if filters != before else None,
        "mood": (found("content", "changes", text) and read_mood(text)) or None,
    }
    if more:
        if "description" in old and new["filters"] is None:
            new["description"] = with_newer(str(old["description"]), [more["n"]])
        if "mood" in old:
            new["mood"] = with_newer(str(old["mood"]), [more["n"]])
    if "description" in old and new["filters"] is not None:
        new["description"] = _without_older(
            str(new.get("description") or old["description"]), filters, before
        )
    allowed = (
        {"k", "filters", "emphasis", "diversity", "exclude_same_track"} if "mood" not in old else set(old)
    )
    if "description" in old:
        allowed |= {"description"}
    return {name: value for name, value in new.items() if value is not None and name in allowed}


def _without_older(wish: str, filters: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """A wish in words without what a newer condition says: "sad" of "slow and sad", once it shall be faster."""
    for condition, words in _IN_WORDS.items():
        newer = {name: value for name, value in filters.items() if name.startswith(condition)}
        if newer and any(before.get(name) != value for name, value in newer.items()):
            rest = without_measured(wish, condition)
            wish = rest or words(newer)
    return wish


_IN_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "tempo": lambda newer: "fast" if "tempo_min" in newer else "slow",
    "key_mode": lambda newer: str(newer["key_mode"]),
}
"""What a wish says that said nothing else than what a newer condition takes the place of."""


def _left_out_of(name: str, before: Mapping[str, Any]) -> str:
    """The condition that leaves out names of this kind already; empty where there is none."""
    kinds = {"not_composer": "composers", "not_genre": "genres", "not_instrument": "instruments"}
    fits = (left for left, kind in kinds.items() if left in before and re.fullmatch(any_of(kind), name))
    return next(fits, "")


def _wish_of(args: Mapping[str, Any]) -> str:
    """The argument that holds what was wished for in words; empty where there is none."""
    return next((name for name in ("description", "mood") if name in args), "")


def _forgotten(text: str) -> tuple[str, ...]:
    """The words of the quantity that is to be forgotten: "forget the speed" after "slow sad piano"."""
    dropped = found("calls", "a condition dropped", text)
    return TEMPO if dropped and _CONDITIONS.get(dropped["n"]) == "tempo_" else ()


_CONDITIONS = {
    "year": "year_", "date": "year_", "era": "year_", "century": "year_", "composer": "composer", "artist": "artist",
    "tempo": "tempo_", "speed": "tempo_", "pace": "tempo_", "bpm": "tempo_",
    "beats per minute": "tempo_", "key": "key_mode", "mode": "key_mode", "instrument": "instrument",
    "genre": "genre", "album": "album",
}  # fmt: skip


def _without(filters: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The conditions without those of a kind, wanted or not wanted: "forget the year"."""
    prefix = _CONDITIONS[kind if kind in _CONDITIONS else kind.removesuffix("s")]
    return {
        name: value for name, value in filters.items() if not name.removeprefix("not_").startswith(prefix)
    }


def newer_wins(filters: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions without an old one that contradicts a new one on the same quantity."""
    for low, high in (("tempo_min", "tempo_max"), ("year_from", "year_to")):
        if low in filters and high in filters and filters[low] >= filters[high]:
            old = [name for name in (low, high) if name in before and before[name] == filters[name]]
            for name in old[:1]:
                filters = {key: value for key, value in filters.items() if key != name}
    return filters


def _played_by(description: str, instrument: str) -> str:
    """A description with another instrument in it."""
    new, replaced = re.subn(
        rf"\b{any_of('instruments')}\b", instrument, description, count=1, flags=re.IGNORECASE
    )
    return new if replaced else f"{description}, {instrument}"


def _changed(name: str, old: dict[str, Any], change: dict[str, Any]) -> Call:
    """The search with the change; one that knows no conditions becomes a search by sound."""
    if name == "find_similar_moments" or (
        name in ("find_by_humming", "find_repeats") and change.keys() & {"filters", "emphasis"}
    ):
        by_tune = {"melody": MOST} if name == "find_by_humming" else {}
        defaults = {
            "moment": "clip",
            "k": DEFAULT_K,
            "emphasis": {},
            "filters": {},
            "exclude_same_track": True,
            "diversity": "balanced",
        }
        args = {**defaults, **old, **change}
        return Call("find_similar_moments", {**args, "emphasis": {**by_tune, **args["emphasis"]}})
    known = {"k", "filters", "description"} if name == "find_by_description" else set(old)
    return Call(name, {**old, **{key: value for key, value in change.items() if key in known}})


def _tempo(text: str, talk: Talk) -> dict[str, Any]:
    """ "Faster ones" is a condition on the tempo, against that of what was searched for."""
    faster = {"tempo_min": round(talk.tempo_bpm * (1 + STEP)) or FAST_BPM}
    if found("content", "too slow", text):
        return faster
    if found("content", "too fast", text) or found("calls", "slower", text):
        return {"tempo_max": round(talk.tempo_bpm * (1 - STEP)) or SLOW_BPM}
    return faster if found("calls", "faster", text) else {}


def _refined_listing(reading: Reading, listing: Call) -> Call | None:
    before = dict(listing.args.get("filters") or {})
    filters = read_filters(reading, before)
    changed = {
        name.removeprefix("not_")
        for name in filters.keys() | before.keys()
        if filters.get(name) != before.get(name)
    }
    if not changed & set(Filters.TAGS):  # what is only heard is no condition on a list of tags
        return None
    return Call("search_library", {"text": listing.args.get("text", ""), "filters": filters})

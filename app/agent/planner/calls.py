"""From an intent to a tool call: every argument filled in, defaults included."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.agent.planner.conversation import DEFAULT_K, Call, Talk, pinned
from app.agent.planner.emphasis import read_emphasis
from app.agent.planner.filters import read_filters
from app.agent.planner.moments import moments, one_moment, one_result, results, subject, two_moments
from app.agent.planner.slots import (
    allows_same_track,
    read_activity,
    read_description,
    read_diversity,
    read_format,
    read_k,
    read_mood,
    read_playlist_name,
    read_search_text,
)
from app.agent.planner.words import Reading, any_of

Builder = Callable[[Reading, Talk], "Call | str"]

TOOLS = {
    "similar": "find_similar_moments",
    "hum": "find_by_humming",
    "description": "find_by_description",
    "repeats": "find_repeats",
    "describe": "describe_moment",
    "explain": "explain_match",
    "compare": "compare_moments",
    "search": "search_library",
    "status": "library_status",
    "recommend": "recommend_moments",
    "lyrics": "transcribe_vocals",
    "playlist": "make_playlist",
    "add": "add_to_library",
}


def build(intent: str, reading: Reading, talk: Talk) -> Call | str:
    """The call that an intent leads to, or the name of a phrase to answer with."""
    return _BUILDERS[intent](reading, talk)


def _similar(reading: Reading, talk: Talk) -> Call | str:
    named = moments(reading, talk)
    if not named and not talk.brought and talk.search and talk.search.name == "find_similar_moments":
        deictic = re.search(
            r"\b(?:like|to|as|with) (?:this|that|it|these|those|them|that one|this one)\b|^\W*\w+ (?:it|this|that)\W*$",
            reading.text,
        )
        if not (deictic and talk.mentioned):
            return refine(reading, talk) or _similar_to(subject(talk), reading)
    return _similar_to(_preferred(named, reading) if named else subject(talk), reading)


def _preferred(named: list[tuple[int, str]], reading: Reading) -> str:
    """Of several moments the one that follows "like" or "to"."""
    for place, moment in named:
        if re.search(r"\b(?:like|to|as|of|with|from|resembl\w+) (?:the |my |a )?$", reading.text[:place]):
            return moment
    return named[0][1]


def _similar_to(moment: str, reading: Reading) -> Call:
    k = read_k(reading.text)
    same_track = allows_same_track(reading.text)
    diversity = read_diversity(reading.text)
    filters = read_filters(reading)
    emphasis, _ = read_emphasis(reading.text)
    return Call(
        "find_similar_moments",
        {
            "moment": moment,
            "k": k or DEFAULT_K,
            "emphasis": emphasis,
            "filters": filters,
            "exclude_same_track": not same_track,
            "diversity": diversity or "balanced",
        },
    )


_COMPARATIVE = re.compile(
    r"^\W*(?:(?:and|but|something|make it|make them|a bit|a little|even|now|much|the|with|try|please)\s+)*((?:more |less )?[a-z]+er|(?:more|less) [a-z]+)"
    r"(?: ones?| music| please| ones please)*\W*$"
)
"""\"Louder ones\": to be added to a description."""


def refine(reading: Reading, talk: Talk) -> Call | None:
    """The last search again with what the words change; None if they change nothing."""
    if talk.listing is not None:
        return _refined_listing(reading, talk.listing)
    if talk.search is None:
        return None
    old = dict(talk.search.args)
    text = reading.text
    again = re.search(
        r"\b(?:again|repeat|redo|rerun|once more|another (?:search|try|round)|retry|same (?:search|query|again|but|thing|with|for)|try|without (?:the )?filters?|reset|instead)\b",
        text,
    )
    diversity, same_track = read_diversity(text), allows_same_track(text)
    kept = (
        {}
        if re.search(
            r"\b(?:without|no|drop|remove|clear|reset|forget)(?: the| all| any)* (?:filters?|conditions?|restrictions?|limits?)\b|\bfrom (?:any|every|all) composers?\b|\bany composer\b|\bevery(?:thing|one|body)\b(?! (?:but|except))",
            text,
        )
        else dict(old.get("filters") or {})
    )
    cleared = kept != dict(old.get("filters") or {})
    filters = read_filters(reading, kept)
    emphasis, left = read_emphasis(reading.text, old.get("emphasis"))
    filters |= _comparatives(left, talk, emphasis)
    k = read_k(left, before=int(old.get("k", DEFAULT_K)) if "k" in old else None)
    changed = filters != kept or emphasis != dict(old.get("emphasis") or {})
    described = _COMPARATIVE.match(text) if talk.search.name == "find_by_description" else None
    if not (again or k or diversity or same_track or changed or cleared or described):
        return None
    new = {**old, **({"k": k} if k and "k" in old else {})}
    moment = pinned(str(old.get("moment", "")), talk.source_search)
    name = talk.search.name
    if name == "find_similar_moments" or (name in ("find_by_humming", "find_repeats") and changed):
        return Call(
            "find_similar_moments",
            {
                "moment": moment,
                "k": k or int(old.get("k", DEFAULT_K)),
                "emphasis": emphasis if name != "find_by_humming" else {"melody": 4.0, **emphasis},
                "filters": filters,
                "exclude_same_track": False if same_track else old.get("exclude_same_track", True),
                "diversity": diversity or old.get("diversity", "balanced"),
            },
        )
    if name == "find_by_description":
        new["filters"] = filters
        if described and not changed:
            new["description"] = f"{old.get('description', '')}, {described[1]}"
    if name == "recommend_moments" and (mood := read_mood(text)):
        new["mood"] = mood
    if "moment" in new:
        new["moment"] = moment
    return Call(name, new)


def _comparatives(text: str, talk: Talk, emphasis: dict[str, float]) -> dict[str, Any]:
    """ "Faster ones" is a condition on the tempo, against that of what was searched for."""
    tempo = talk.tempo_bpm
    if re.search(r"\b(?:faster|quicker|livelier|fast|quick|up-?tempo)\b(?! than <)", text) and not re.search(
        r"\b(?:not|less) (?:so )?fast", text
    ):
        return {"tempo_min": round(tempo) if tempo else 120}
    if re.search(r"\b(?:slower|calmer|slow|not so fast|less fast)\b", text):
        return {"tempo_max": round(tempo) if tempo else 90}
    return {}


def _refined_listing(reading: Reading, listing: Call) -> Call | None:
    filters = read_filters(reading, listing.args.get("filters"))
    if filters == dict(listing.args.get("filters") or {}):
        return None
    return Call("search_library", {"text": listing.args.get("text", ""), "filters": filters})


def _hum(reading: Reading, talk: Talk) -> Call:
    named = [moment for _, moment in moments(reading, talk) if moment.startswith("clip")]
    return Call(
        "find_by_humming", {"moment": named[0] if named else "clip", "k": read_k(reading.text) or DEFAULT_K}
    )


def _description(reading: Reading, talk: Talk) -> Call:
    k = read_k(reading.text)
    filters = read_filters(reading, on_tags=True)
    return Call(
        "find_by_description",
        {"description": read_description(reading), "k": k or DEFAULT_K, "filters": filters},
    )


def _repeats(reading: Reading, talk: Talk) -> Call:
    return Call("find_repeats", {"moment": one_moment(reading, talk)})


def _describe(reading: Reading, talk: Talk) -> Call:
    return Call("describe_moment", {"moment": one_moment(reading, talk)})


def _explain(reading: Reading, talk: Talk) -> Call:
    return Call("explain_match", {"result": one_result(reading, talk)})


def _compare(reading: Reading, talk: Talk) -> Call:
    first, second = two_moments(reading, talk)
    return Call("compare_moments", {"first": first, "second": second})


def _lyrics(reading: Reading, talk: Talk) -> Call:
    return Call("transcribe_vocals", {"moment": one_moment(reading, talk)})


def _search(reading: Reading, talk: Talk) -> Call:
    filters = read_filters(reading)
    text = read_search_text(reading)
    plain = text.lower()
    if plain and re.fullmatch(any_of("genres"), plain):
        return Call("search_library", {"text": "", "filters": {**filters, "genre": text}})
    if plain and re.fullmatch(any_of("composers"), plain.removesuffix("'s")):
        return Call(
            "search_library", {"text": "", "filters": {**filters, "composer": text.removesuffix("'s")}}
        )
    return Call("search_library", {"text": text, "filters": filters})


def _status(reading: Reading, talk: Talk) -> Call:
    return Call("library_status", {})


def _recommend(reading: Reading, talk: Talk) -> Call:
    return Call(
        "recommend_moments",
        {
            "mood": read_mood(reading.text),
            "activity": read_activity(reading),
            "k": read_k(reading.text) or DEFAULT_K,
        },
    )


def _playlist(reading: Reading, talk: Talk) -> Call:
    chosen: str | list[str] = results(reading) or "all"
    if (
        chosen == "all"
        and talk.mentioned
        and re.search(r"\b(?:save|keep|export|store|bookmark|add) (?:it|this|that)(?: one)?\b", reading.text)
    ):
        chosen = [talk.mentioned]
    if re.search(r"\ball (?:but|except)\b", reading.text) and isinstance(chosen, list) and talk.found:
        chosen = [f"#{number}" for number in range(1, talk.found + 1) if f"#{number}" not in chosen]
    elif re.search(
        r"\ball (?:of them|results|hits|\w+ results)\b|\beverything\b", reading.text
    ) and not reading.all("h"):
        chosen = "all"
    return Call(
        "make_playlist",
        {"results": chosen, "name": read_playlist_name(reading), "format": read_format(reading.text)},
    )


def _add(reading: Reading, talk: Talk) -> Call | str:
    for letter in ("p", "q", "m"):
        for _, _, path in reading.all(letter):
            return Call("add_to_library", {"source": str(path)})
    for _, _, clip in reading.all("c"):
        return Call("add_to_library", {"source": clip[0] if isinstance(clip, tuple) else str(clip)})
    folder = re.search(
        r"\b(?:my|the) (?P<n>[\w-]+(?: [\w-]+)?) (?:folder|directory)\b|\b(?:folder|directory) (?:called |named )?(?P<m>[\w-]+)\b",
        reading.text,
    )
    if folder:
        written = reading.original(*folder.span(folder.lastgroup or "n"))
        if written.lower() not in (
            "whole",
            "entire",
            "music",
            "other",
            "same",
            "right",
            "new",
            "of",
            "with",
            "on",
            "to",
        ):
            return Call("add_to_library", {"source": written})
    if talk.clips or re.search(r"\b(?:it|this|that|these|them)\b", reading.text):
        return Call("add_to_library", {"source": "clip"})
    return "which_folder"


_BUILDERS: dict[str, Builder] = {
    "similar": _similar,
    "hum": _hum,
    "description": _description,
    "repeats": _repeats,
    "describe": _describe,
    "explain": _explain,
    "compare": _compare,
    "lyrics": _lyrics,
    "search": _search,
    "status": _status,
    "recommend": _recommend,
    "playlist": _playlist,
    "add": _add,
}

"""From an intent to a tool call: every argument filled in, defaults included."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.agent.planner.decide.changes import FAST_BPM, SLOW_BPM, refine
from app.agent.planner.decide.content import is_sound, only_conditions
from app.agent.planner.parse.amounts import allows_same_track, read_diversity, read_k
from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk
from app.agent.planner.parse.emphasis import read_emphasis
from app.agent.planner.parse.filters import read_filters
from app.agent.planner.parse.moments import moments, one_moment, one_result, results, subject, two_moments
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.slots import (
    essence,
    read_activity,
    read_description,
    read_format,
    read_mood,
    read_playlist_name,
    read_search_text,
)
from app.agent.planner.parse.sounding import mood_in
from app.agent.planner.parse.vocabulary import any_of, in_full, number_of
from index.core.filters import Filters
from index.words.heard_conditions import heard_conditions

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
    "sung": "find_by_description",
    "playlist": "make_playlist",
    "add": "add_to_library",
}

WISHES = {
    "find_similar_moments": "finding similar moments",
    "find_by_humming": "finding a hummed tune",
    "find_by_description": "searching by description",
    "find_repeats": "finding repeats within a track",
    "describe_moment": "describing a moment",
    "explain_match": "explaining a match",
    "compare_moments": "comparing two moments",
    "search_library": "searching the library's tags",
    "recommend_moments": "recommending music",
    "transcribe_vocals": "writing down sung words",
    "make_playlist": "saving a playlist",
    "add_to_library": "adding to the library",
    "library_status": "telling the library's state",
}
"""What a tool does, in words, where it is not bound."""


def build(intent: str, reading: Reading, talk: Talk) -> Call | str:
    """The call that an intent leads to, or the name of a phrase to answer with."""
    return _BUILDERS[intent](reading, talk)


def _similar(reading: Reading, talk: Talk) -> Call | str:
    named = moments(reading, talk)
    if not named and not talk.brought and talk.search and talk.search.name == "find_similar_moments":
        points = found("calls", "points at what was spoken of", reading.text)
        if not (points and talk.mentioned) and (changed := refine(reading, talk)):
            return changed
    moment = _preferred(named, reading, talk) if named else subject(talk)
    if re.fullmatch(any_of("composers"), moment.lower()):  # who wrote it is no moment
        wanted = {**read_filters(reading), "composer": moment}
        if described := essence(reading.text):
            args = {"description": described, "k": read_k(reading.text) or DEFAULT_K, "filters": wanted}
            return Call("find_by_description", args)
        return Call("search_library", {"text": "", "filters": wanted})
    return _similar_to(moment, reading)


def _preferred(named: list[tuple[int, str]], reading: Reading, talk: Talk) -> str:
    """Of several moments the one that follows "like" or "to"; a clip that was brought with a title alone."""
    for place, moment in named:
        if found("calls", "before the moment meant", reading.text[:place]):
            return moment
    if talk.brought and re.search(r"\b(?:is|was) (?:this|that|it) (?:the )?<m", reading.text):
        return "clip"
    return named[0][1]


def _similar_to(moment: str, reading: Reading) -> Call:
    text = reading.text
    filters = {**read_filters(reading), **_other_tempo(text)}
    emphasis, _ = read_emphasis(reading.text)
    return Call(
        "find_similar_moments",
        {
            "moment": moment,
            "k": read_k(text) or DEFAULT_K,
            "emphasis": emphasis,
            "filters": filters,
            "exclude_same_track": not (allows_same_track(text) or allows_same_track(reading.raw.lower())),
            "diversity": read_diversity(text) or "balanced",
        },
    )


def _other_tempo(text: str) -> dict[str, int]:
    """ "Like this but slower": what that means where the tempo of what is searched for is not known yet."""
    match = found("calls", "other tempo", text)
    if match is None:
        return {}
    return {"tempo_max": SLOW_BPM} if match[0].endswith("slower") else {"tempo_min": FAST_BPM}


def _hum(reading: Reading, talk: Talk) -> Call:
    clips = [moment for _, moment in moments(reading, talk) if moment.startswith("clip")]
    k = read_k(reading.text) or DEFAULT_K
    return Call("find_by_humming", {"moment": clips[0] if clips else "clip", "k": k})


def _description(reading: Reading, talk: Talk) -> Call:
    k = read_k(reading.text) or DEFAULT_K
    alone = only_conditions(reading)
    liked = found("calls", "like a composer", reading.text)
    filters = read_filters(reading, on_tags=not alone)
    if liked and "composer" not in filters:
        filters["composer"] = reading.original(*liked.span("n"))
    plain = liked or found("calls", "of all", reading.text)
    description = (essence(reading.text) if plain else "") or read_description(reading)
    if alone:
        description = heard_conditions(Filters(filters)) or "music"
    return Call("find_by_description", {"description": description, "k": k, "filters": filters})


def _repeats(reading: Reading, talk: Talk) -> Call:
    return Call("find_repeats", {"moment": one_moment(reading, talk)})


def _describe(reading: Reading, talk: Talk) -> Call:
    moment = one_moment(reading, talk)
    shown = talk.found and talk.last is talk.search and not (talk.mentioned or talk.brought)
    if shown and found("content", "what is that", reading.text):
        moment = "#1"  # what plays is a result
    return Call("describe_moment", {"moment": moment})


def _explain(reading: Reading, talk: Talk) -> Call:
    return Call("explain_match", {"result": one_result(reading, talk)})


def _compare(reading: Reading, talk: Talk) -> Call:
    first, second = two_moments(reading, talk)
    return Call("compare_moments", {"first": first, "second": second})


def _lyrics(reading: Reading, talk: Talk) -> Call:
    return Call("transcribe_vocals", {"moment": one_moment(reading, talk)})


def _sung(reading: Reading, talk: Talk) -> Call:
    """Words that are sung, asked for as they were said: which words is the tool's to find out."""
    words = reading.raw.strip().strip("?!. ")
    k = read_k(reading.text) or DEFAULT_K
    return Call("find_by_description", {"description": words, "k": k, "filters": {}})


def _search(reading: Reading, talk: Talk) -> Call:
    filters = read_filters(reading)
    text = read_search_text(reading)
    if is_sound(text) and not (filters or re.search(r"<[mq]\d+>", reading.text)):
        k = read_k(reading.text) or DEFAULT_K
        return Call("find_by_description", {"description": text, "k": k, "filters": {}})
    for key, kind in (("genre", "genres"), ("composer", "composers")):
        name = re.sub(r"['’]s$", "", text)
        if re.fullmatch(any_of(kind), name.lower()):
            text, filters = "", {**filters, key: in_full(name)}
    sounding, composer = essence(reading.text), re.search(rf"\b{any_of('composers')}\b", text.lower())
    if sounding and composer and not re.search(r"<[mq]\d+>", reading.text):
        wanted = {**filters, "composer": text[slice(*composer.span())]}
        return Call("find_by_description", {"description": sounding, "k": DEFAULT_K, "filters": wanted})
    return Call("search_library", {"text": text, "filters": filters})


def _status(reading: Reading, talk: Talk) -> Call:
    return Call("library_status", {})


def _recommend(reading: Reading, talk: Talk) -> Call:
    k = read_k(reading.text) or DEFAULT_K
    return Call(
        "recommend_moments",
        {
            "mood": read_mood(reading.text) or mood_in(reading.text),
            "activity": read_activity(reading),
            "k": k,
        },
    )


def _playlist(reading: Reading, talk: Talk) -> Call:
    text = reading.text
    chosen: str | list[str] = results(reading) or "all"
    if chosen == "all" and talk.mentioned and found("calls", "saves what was spoken of", text):
        chosen = [talk.mentioned]
    elif chosen == "all" and talk.found and found("calls", "saves one", text):
        chosen = ["#1"]
    elif chosen == "all" and talk.found and (some := found("calls", "saves some", text)):
        chosen = [f"#{number}" for number in range(1, min(number_of(some["n"]), talk.found) + 1)]
    if isinstance(chosen, list) and talk.found and found("calls", "all but", text):
        chosen = [f"#{number}" for number in range(1, talk.found + 1) if f"#{number}" not in chosen]
    elif found("calls", "all", text) and not reading.all("h"):
        chosen = "all"
    return Call(
        "make_playlist",
        {"results": chosen, "name": read_playlist_name(reading), "format": read_format(text)},
    )


def _add(reading: Reading, talk: Talk) -> Call | str:
    for letter in ("p", "q", "m", "c"):
        for _, _, source in reading.all(letter):
            return Call("add_to_library", {"source": source[0] if isinstance(source, tuple) else str(source)})
    if folder := found("calls", "folder", reading.text):
        return Call("add_to_library", {"source": reading.original(*folder.span("n"))})
    pointed = talk.clips or found("calls", "points", reading.text)
    if pointed and not found("calls", "some folder", reading.text):
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
    "sung": _sung,
    "search": _search,
    "status": _status,
    "recommend": _recommend,
    "playlist": _playlist,
    "add": _add,
}

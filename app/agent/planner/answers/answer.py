"""The planner's answers, out of what a tool returned and the phrases in prompts/answers.md.

Every number and name here comes from the tool's data; nothing is added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from langchain_core.messages import ToolMessage

from app.agent.planner.answers.evidence import compared, explained, portrayed
from app.agent.planner.answers.hum import hummed
from app.agent.planner.answers.library import added, library_state, playlist, question, tracks
from app.agent.planner.answers.lyrics import written_down
from app.agent.planner.answers.measured import measured
from app.agent.planner.answers.phrases import (
    ALIKE,
    Data,
    are_moments,
    conditions,
    listed,
    number,
    query_name,
    say,
    span,
    where,
    word,
)
from app.agent.planner.answers.text_search import described
from app.agent.planner.parse.conversation import Call
from index.catalogue.authors import AUTHORS
from index.core.errors import clock, printable
from index.core.filters import Filters
from index.core.hits import UNSURE
from index.text.wording import closer_than
from tools.sound_hits import compared_of

__all__ = ["answer", "say"]

AKIN_TOLD = 2
"""How many places are named that are only like a passage that does not come back."""
SURE = 0.9
"""From this confidence on, a hit is said to be the same music."""


def answer(call: Call, message: ToolMessage, asked: Sequence[str] = (), of_library: str = "") -> str:
    """What to say once a tool is done; `asked` are the facts that were asked for, if nothing else was.

    `of_library` is what was asked of the library alone: its longest track, its playlists.
    """
    data = message.artifact if isinstance(message.artifact, Mapping) else {}
    if data.get("kind") == "description" and asked and message.status != "error":
        return portrayed(data, asked)
    if data.get("kind") == "status" and message.status != "error":
        return library_state(data, of_library)
    teller = _TELLERS.get(str(data.get("kind", "")))
    if message.status == "error" or teller is None:
        return message.text
    return " ".join(part for part in (_respelled(data, call), teller(data, call, message.text)) if part)


def _respelled(data: Data, call: Call) -> str:
    """Who was searched for in the place of a name with slips in it: "I took “bethovan” as Beethoven."."""
    given = call.args.get("filters")
    asked = given if isinstance(given, Mapping) else {}
    found = data.get("filters") or data.get("query", {}).get("filters") or {}
    taken = [
        word("{} as {}").format(f"“{printable(str(one))}”", printable(str(other)))
        for name in asked
        for one, other in zip(Filters.values(asked[name]), Filters.values(found.get(name, [])), strict=False)
        if name.removeprefix("not_") in AUTHORS and one != other
    ]
    return say("described_taken", words=listed(taken)) if taken else ""


def _hits(data: Data, call: Call, words: str) -> str:
    """Results of any kind of search."""
    if call.name == "find_repeats":
        return _repeats(data)
    if "understood" in data:
        return described(data, call)
    if data["query"].get("by") == "hum":
        return hummed(data)
    return _similar(data)


def _similar(data: Data) -> str:
    hits, query = data["hits"], data["query"]
    kind = data.get("no_music")
    if kind == "silence":  # nothing in it is like anything
        return say("no_music_silence", query=query_name(query))
    if not hits:
        return say("hits_none", query=query_name(query), conditions=conditions(query))
    parts = [_first(data)]
    if kind:
        parts.insert(0, say(f"no_music_{kind}", query=query_name(query)))
    if beyond := data.get("beyond"):
        whole, heard = clock(round(beyond["whole_s"])), f"{beyond['heard_s'] / 60:.0f}"
        parts.append(say("hits_beyond", name=printable(beyond["name"]), whole=whole, heard=heard))
    if len(hits) < query.get("k", 0):
        parts.append(say("hits_fewer"))
    if len(offers := data.get("offers") or ()) > 1:
        spans = [span(offer["start_s"], offer["end_s"]) for offer in offers]
        parts.append(say("hits_offers", span=spans[0], others=listed(spans[1:])))
    if len(hits) > 1:
        parts.append(say("hits_next"))
    return " ".join(parts)


def _first(data: Data) -> str:
    """What the clip is, if it is in the library; else the best hit, and whether it is really alike."""
    hits, query = data["hits"], data["query"]
    itself = next((hit for hit in hits if hit["rank"] == data.get("itself")), None)
    best = next((hit for hit in hits if hit is not itself), None)
    if itself:
        told = (
            {"best": _hit(best, data), "alike": _alike(best)} if best else {"conditions": conditions(query)}
        )
        others = say("hits_itself_others" if best else "hits_itself_alone", **told)
        return say("hits_itself", itself=where(itself), others=others)
    best = hits[0]
    told = {
        "query": query_name(query),
        "conditions": conditions(query),
        "best": _hit(best, data),
        "alike": _alike(best),
    }
    narrowed = bool(query.get("filters"))  # then the recording itself may have been left out
    elsewhere = query.get("source") == "clip" and not narrowed and best["confidence"] < UNSURE
    first = f"{say('hits_not_here')} " if elsewhere else ""
    if data.get("weak"):
        return first + say("hits_weak", **{**told, "best": f"{where(best)} (#{best['rank']})"})
    sure = word(" It is almost certainly the same music.") if best["confidence"] >= SURE else ""
    return first + say("hits", are_moments=are_moments(len(hits)), sure=sure, **told)


def _hit(hit: Data, data: Data) -> str:
    alike = closer_than(hit["likeness"], compared_of(data))
    return f"{where(hit)} (#{hit['rank']}, {measured(alike)})"


def _alike(hit: Data) -> str:
    """The factors that the ranking got most from."""
    parts = sorted(hit["factors"].items(), key=lambda part: -part[1]["contribution"])
    strong = [name for name, part in parts if part["contribution"] > 0 and part["likeness"] >= ALIKE][:2]
    return word(", most of all for its {}").format(listed([word(name) for name in strong])) if strong else ""


def _repeats(data: Data) -> str:
    """Where a passage comes back: first as it was, then varied; what is only like it comes last."""
    query = data["query"]
    told = {
        "name": f"“{printable(query['name'])}”",
        "span": span(query["start_s"], query["end_s"]),
    }
    places = {
        kind: [_place(one) for one in data.get("returns", ()) if one["kind"] == kind]
        for kind in ("exact", "varied", "akin")
    }
    parts = []
    if exact := places["exact"]:
        parts.append(say("repeats", times=_times(exact), places=listed(exact), **told))
    if varied := places["varied"]:
        counted = {"times": _times(varied), "places": listed(varied)}
        parts.append(
            say("repeats_also_varied", **counted) if exact else say("repeats_varied", **counted, **told)
        )
    if not parts:
        parts.append(say("repeats_none", **told))
        if akin := places["akin"][:AKIN_TOLD]:
            parts.append(say("repeats_akin", places=listed(akin)))
    return " ".join(parts)


def _times(places: Sequence[str]) -> str:
    count = len(places)
    few = {1: "once", 2: "twice"}.get(count)
    return word(few) if few else word("{} times").format(number(count))


def _place(one: Data) -> str:
    """Where a return is, and what was changed in it."""
    how = f", {one['how']}" if one["how"] else ""
    return f"{clock(round(one['start_s']))} (#{one['rank']}{how})"


def _alone(teller: Callable[[Data], str]) -> Callable[[Data, Call, str], str]:
    """A teller that needs nothing but the data."""
    return lambda data, call, words: teller(data)


_TELLERS: dict[str, Callable[[Data, Call, str], str]] = {
    "hits": _hits,
    "description": _alone(portrayed),
    "explanation": _alone(explained),
    "comparison": _alone(compared),
    "words": _alone(written_down),
    "tracks": _alone(tracks),
    "added": lambda data, call, words: added(data, words),
    "playlist": _alone(playlist),
    "question": _alone(question),
}

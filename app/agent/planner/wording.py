"""The planner's answers, out of what a tool returned and the phrases in prompts/answers.md.

Every number and name here comes from the tool's data; nothing is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.messages import ToolMessage

from app.agent.planner.conversation import Call
from index.errors import clock, printable
from prompts import phrase

Data = Mapping[str, Any]

_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_SURE = 0.9
_ALIKE = 0.5
"""A factor's likeness from here on is more than that of most random pairs."""


def say(section: str, /, **variables: object) -> str:
    """A phrase, each paragraph on one line."""
    return re.sub(r"(?<!\n)\n(?![\n-])", " ", phrase("answers", section, **variables))


def answer(call: Call, message: ToolMessage) -> str:
    """What to say once a tool is done."""
    data = message.artifact if isinstance(message.artifact, Mapping) else {}
    teller = _TELLERS.get(str(data.get("kind", "")))
    if message.status == "error" or teller is None:
        return message.text
    return teller(data, call, message.text)


def _hits(data: Data, call: Call, words: str) -> str:
    if call.name == "find_repeats":
        return _repeats(data)
    if "understood" in data:
        from app.agent.planner.described import described

        return described(data, call)
    if data["query"].get("by") == "hum":
        from app.agent.planner.hummed import hummed

        return hummed(data)
    hits, query = data["hits"], data["query"]
    wanted = _query_name(query)
    conditions = _conditions(query)
    if not hits:
        return say("hits_none", query=wanted, conditions=conditions)
    parts = []
    itself = next((hit for hit in hits if hit["rank"] == data.get("itself")), None)
    others = [hit for hit in hits if hit is not itself]
    if itself:
        other = (
            say("hits_itself_others", best=_hit(others[0]), alike=_alike(others[0]))
            if others
            else say("hits_itself_alone", conditions=conditions)
        )
        parts.append(say("hits_itself", itself=_where(itself), others=other))
    elif data.get("weak"):
        best = hits[0]
        parts.append(
            say("hits_weak", query=wanted, conditions=conditions, best=_hit(best), alike=_alike(best))
        )
    else:
        best = hits[0]
        sure = " It is almost certainly the same music." if best["confidence"] >= _SURE else ""
        count = "is one moment" if len(hits) == 1 else f"are {_number(len(hits))} moments"
        parts.append(
            say(
                "hits",
                are_moments=count,
                query=wanted,
                conditions=conditions,
                best=_hit(best),
                alike=_alike(best),
                sure=sure,
            )
        )
    if len(hits) < query.get("k", 0):
        parts.append(say("hits_fewer"))
    if len(offers := data.get("offers") or ()) > 1:
        spans = [f"{clock(round(offer['start_s']))}-{clock(round(offer['end_s']))}" for offer in offers]
        parts.append(say("hits_offers", span=spans[0], others=_listed(spans[1:])))
    if len(hits) > 1:
        parts.append(say("hits_next"))
    return " ".join(parts)


def _query_name(query: Data) -> str:
    if "source" not in query:
        return f"“{printable(str(query.get('description') or 'that'))}”"
    span = f"{clock(round(query['start_s']))}-{clock(round(query['end_s']))}"
    if query["source"] == "clip":
        return "your clip"
    return f"“{printable(query['name'])}” at {span}"


def _conditions(query: Data) -> str:
    said = [_condition(name, value) for name, value in (query.get("filters") or {}).items()]
    said += [f"{name} weighted {weight:g}" for name, weight in (query.get("emphasis") or {}).items()]
    return f" ({', '.join(said)})" if said else ""


def _condition(name: str, value: object) -> str:
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    words = {
        "year_from": "from {}", "year_to": "up to {}", "tempo_min": "at least {} bpm", "tempo_max": "at most {} bpm",
        "key_mode": "in {}", "instrument": "with {}", "album": "on {}", "genre": "{}", "composer": "by {}",
        "artist": "by {}",
    }  # fmt: skip
    base = name.removeprefix("not_")
    text = words.get(base, base + " {}").format(printable(shown))
    return f"not {text}" if name.startswith("not_") else text


def _where(hit: Data) -> str:
    track = hit["track"]
    author = track["composer"] or track["artist"]
    by = f" by {printable(author)}" if author else ""
    return f"“{printable(track['title'])}”{by}, at {clock(round(hit['moment']['start_s']))}"


def _hit(hit: Data) -> str:
    return f"{_where(hit)} (#{hit['rank']}, likeness {hit['likeness']:.2f})"


def _alike(hit: Data) -> str:
    """The factors that the ranking got most from."""
    parts = sorted(hit["factors"].items(), key=lambda part: -part[1]["contribution"])
    strong = [name for name, part in parts if part["contribution"] > 0 and part["likeness"] >= _ALIKE][:2]
    return f", most of all for its {_listed(strong)}" if strong else ""


def _repeats(data: Data) -> str:
    query = data["query"]
    name = f"“{printable(query['name'])}”"
    span = f"{clock(round(query['start_s']))}-{clock(round(query['end_s']))}"
    if not data["hits"]:
        return say("repeats_none", name=name, span=span)
    places = [
        f"{clock(round(hit['moment']['start_s']))} (#{hit['rank']}, likeness {hit['likeness']:.2f})"
        for hit in data["hits"]
    ]
    times = "once" if len(places) == 1 else f"{_number(len(places))} times"
    return say("repeats", name=name, span=span, times=times, places=_listed(places))


def _description(data: Data, call: Call, words: str) -> str:
    moment, description = data["moment"], data["description"]
    span = f"{clock(round(moment['start_s']))}-{clock(round(moment['end_s']))}"
    return say(
        "description", name=f"“{printable(moment['name'])}”", span=span, sentence=description["sentence"]
    )


def _explanation(data: Data, call: Call, words: str) -> str:
    parts = [part for part in data["explanation"]["parts"] if part["contribution"] > 0][:3]
    told = [
        say(
            "explanation_part",
            name=part["name"],
            share=f"{part['share']:.0%}".replace("%", " %"),
            facts=_shared(part),
        )
        for part in parts
    ]
    first = f"most of all {told[0]}." if told else "as the nearest there was."
    rest = "".join(f" Then {part}." for part in told[1:])
    return say("explanation", hit=f"#{data['hit']['rank']}, {_where(data['hit'])},", first=first, rest=rest)


def _shared(part: Data) -> str:
    shared = [fact["text"] for fact in part["shared"]]
    if shared:
        return f" ({'; '.join(shared[:2])})"
    here, there = _fact(part["query_facts"]), _fact(part["hit_facts"])
    return f" ({here}, and here {there})" if here and there else ""


def _fact(facts: Sequence[Data]) -> str:
    return facts[0]["text"] if facts else ""


def _comparison(data: Data, call: Call, words: str) -> str:
    parts = sorted(data["comparison"]["parts"], key=lambda part: -part["likeness"])
    if not parts:
        return words
    most, least = parts[0], parts[-1]
    told = say(
        "comparison",
        first=_moment(data["first"]),
        second=_moment(data["second"]),
        name=most["name"],
        facts=_shared(most),
    )
    here, there = _fact(least["query_facts"]), _fact(least["hit_facts"])
    if least is most or least["likeness"] >= _ALIKE or not here or not there:
        return told
    return f"{told} {say('comparison_least', name=least['name'], here=here, there=there)}"


def _moment(record: Data) -> str:
    span = f"{clock(round(record['start_s']))}-{clock(round(record['end_s']))}"
    return f"“{printable(record['name'])}” at {span}"


def _tracks(data: Data, call: Call, words: str) -> str:
    what = _what(data)
    names = {
        "key_mode": "the key",
        "tempo_min": "the tempo",
        "tempo_max": "the tempo",
        "instrument": "the instrument",
    }
    heard = list(dict.fromkeys(names[name.removeprefix("not_")] for name in data.get("left_aside", ())))
    aside = f" {say('tracks_aside', names=_listed(heard))}" if heard else ""
    if not data["total"]:
        return say("tracks_none", what=what) + aside
    titles = [_track(track) for track in data["tracks"][:5]]
    listed = _listed(titles) if data["total"] <= len(titles) else say("tracks_more", titles=", ".join(titles))
    count = "One track" if data["total"] == 1 else f"{_number(data['total']).capitalize()} tracks"
    return say("tracks", count=count, what=what, titles=listed) + aside


def _what(data: Data) -> str:
    said = [_condition(name, value) for name, value in data["filters"].items()]
    text = f" for “{printable(data['text'])}”" if data["text"] else ""
    return text + (f" {', '.join(said)}" if said else "")


def _track(track: Data) -> str:
    author = track["composer"] or track["artist"]
    inside = ", ".join(str(part) for part in (author, track["year"]) if part)
    return f"“{printable(track['title'])}”" + (f" ({printable(inside)})" if inside else "")


def _status(data: Data, call: Call, words: str) -> str:
    status = data["status"]
    parts = []
    if status["tracks"]:
        people = f", {status['composers']} composers" if status.get("composers") else ""
        years = f", from {status['year_from']} to {status['year_to']}" if status.get("year_from") else ""
        tracks = "one track" if status["tracks"] == 1 else f"{status['tracks']} tracks"
        parts.append(say("status", tracks=tracks, hours=f"{status['hours']:.1f}", people=people, years=years))
    else:
        parts.append(say("status_empty"))
    if job := status.get("job"):
        parts.append(
            say("status_job", folder=printable(str(job["folder"])), done=job["done"], total=job["total"])
        )
    else:
        parts.append(say("status_quiet"))
    if failures := status.get("failures"):
        names = [f"{printable(Path(failure['path']).name)} ({failure['reason']})" for failure in failures[:3]]
        count = "one file" if len(failures) == 1 else f"{len(failures)} files"
        parts.append(say("status_failures", count=count.capitalize(), names="; ".join(names)))
    return " ".join(parts)


def _added(data: Data, call: Call, words: str) -> str:
    return say("added_background" if data["running"] else "added", words=words)


def _playlist(data: Data, call: Call, words: str) -> str:
    count = len(data["hits"])
    told = "one moment" if count == 1 else f"{_number(count)} moments"
    return say("playlist", count=told, name=data["name"], path=data["path"])


def _question(data: Data, call: Call, words: str) -> str:
    return str(data["question"])


def _number(value: int) -> str:
    return _NUMBERS[value] if value < len(_NUMBERS) else str(value)


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


_TELLERS: dict[str, Callable[[Data, Call, str], str]] = {
    "hits": _hits,
    "description": _description,
    "explanation": _explanation,
    "comparison": _comparison,
    "tracks": _tracks,
    "status": _status,
    "added": _added,
    "playlist": _playlist,
    "question": _question,
}

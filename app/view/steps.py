"""The thin line that says what a tool does, and what it did. Knows no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.view.turns import Call
from app.view.words import length, seconds
from index.core.lengths import counted

_AT_WORK = {
    "find_similar_moments": "listening and comparing",
    "find_by_humming": "following the tune",
    "find_by_description": "looking for what the words describe",
    "find_repeats": "listening through the track",
    "describe_moment": "listening",
    "explain_match": "measuring the match",
    "compare_moments": "comparing two moments",
    "search_library": "looking through the library",
    "recommend_moments": "choosing from the library",
    "transcribe_vocals": "listening to the words",
    "make_playlist": "writing the playlist",
    "add_to_library": "adding to the library",
    "library_status": "looking at the library",
}


def at_work(name: str) -> str:
    """What a tool is doing, while it does it."""
    return _AT_WORK.get(name, name.replace("_", " ")) + " …"


def done(call: Call) -> str:
    """What a tool did, with the numbers of its answer."""
    artifact = call.artifact or {}
    if call.status == "error" or call.kind == "error":
        return f"{_AT_WORK.get(call.name, call.name)}: no result"
    say = _DONE.get(call.kind)
    return say(artifact) if say else _AT_WORK.get(call.name, call.name.replace("_", " "))


def _hits(artifact: Mapping[str, Any]) -> str:
    query = artifact.get("query", {})
    listened = float(query.get("end_s", 0.0)) - float(query.get("start_s", 0.0))
    parts = [f"listened to {seconds(listened)}"] if listened > 0 else []
    parts.append(f"compared with {counted(int(artifact.get('compared', 0)), 'moment')}")
    if artifact.get("elapsed_ms"):
        parts.append(f"{float(artifact['elapsed_ms']):,.0f} ms")
    return " · ".join(parts)


def _description(artifact: Mapping[str, Any]) -> str:
    moment = artifact.get("moment", {})
    return f"listened to {seconds(float(moment.get('end_s', 0)) - float(moment.get('start_s', 0)))}"


def _words(artifact: Mapping[str, Any]) -> str:
    heard = sum(len(line["text"].split()) for line in artifact.get("transcript", {}).get("lines", ()))
    return f"{_description(artifact)} · {counted(heard, 'word')}"


def _explanation(artifact: Mapping[str, Any]) -> str:
    parts = artifact.get("explanation", {}).get("parts", ())
    return f"measured {counted(len(parts), 'factor')} of the match"


def _tracks(artifact: Mapping[str, Any]) -> str:
    return f"looked through the library · {counted(int(artifact.get('total', 0)), 'track')} found"


def _status(artifact: Mapping[str, Any]) -> str:
    status = artifact.get("status", {})
    hours = float(status.get("hours", 0.0))
    return f"looked at the library · {counted(int(status.get('tracks', 0)), 'track')}, {length(hours * 3600)}"


_DONE = {
    "hits": _hits,
    "description": _description,
    "explanation": _explanation,
    "words": _words,
    "comparison": lambda _artifact: "compared two moments",
    "tracks": _tracks,
    "status": _status,
    "added": lambda _artifact: "added to the library",
    "playlist": lambda _artifact: "wrote a playlist",
    "question": lambda _artifact: "asks back",
}

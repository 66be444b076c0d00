"""The longest, shortest, oldest or newest: of the library, or of what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.agent.planner.answers.phrases import clock_or_year, named_track, say
from app.agent.planner.parse.conversation import Talk
from app.agent.planner.parse.facts import EXTREMES
from app.agent.planner.parse.patterns import found

Record = Mapping[str, Any]
_PICK: Mapping[str, Callable[[Record], float]] = {
    "longest": lambda track: -float(track["duration_s"]),
    "shortest": lambda track: float(track["duration_s"]),
    "oldest": lambda track: float(track["year"]),
    "newest": lambda track: -float(track["year"]),
}


def extreme_asked(text: str) -> str:
    """Which of them the prepared words ask for; empty where they ask for none."""
    return next((name for name in EXTREMES if found("facts", name, text)), "")


def among_results(text: str, talk: Talk) -> str:
    """The answer about what was found, where the words are about that; empty where they are not."""
    name = extreme_asked(text)
    if not name or not talk.shown or found("facts", "of the library", text):
        return ""
    tracks = [hit["track"] for hit in talk.shown if name in ("longest", "shortest") or hit["track"]["year"]]
    if not tracks:
        return say("extreme_unknown")
    best = min(tracks, key=_PICK[name])
    rank = next(hit["rank"] for hit in talk.shown if hit["track"] is best)
    return say(
        f"extreme_{name}_result", track=f"{named_track(best)} (#{rank})", value=clock_or_year(name, best)
    )


def of_library(name: str, status: Record) -> str:
    """The answer about the library; empty where its state does not tell."""
    track = (status.get("extremes") or {}).get(name)
    return say(f"extreme_{name}", track=named_track(track), value=clock_or_year(name, track)) if track else ""

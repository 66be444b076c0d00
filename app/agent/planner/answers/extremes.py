"""The longest, shortest, oldest or newest: of the library, or of what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.agent.planner.answers.phrases import clock_or_year, named_track, say

Record = Mapping[str, Any]
_PICK: Mapping[str, Callable[[Record], float]] = {
    "longest": lambda track: -float(track["duration_s"]),
    "shortest": lambda track: float(track["duration_s"]),
    "oldest": lambda track: float(track["year"]),
    "newest": lambda track: -float(track["year"]),
}


def among_results(name: str, hits: Sequence[Record]) -> str:
    """The answer about the results shown."""
    tracks = [hit["track"] for hit in hits if name in ("longest", "shortest") or hit["track"]["year"]]
    if not tracks:
        return say("extreme_unknown")
    best = min(tracks, key=_PICK[name])
    rank = next(hit["rank"] for hit in hits if hit["track"] is best)
    track = f"{named_track(best)} (#{rank})"
    return say(f"extreme_{name}_result", track=track, value=clock_or_year(name, best))


def of_library(name: str, status: Record) -> str:
    """The answer about the library; empty where its state does not tell."""
    track = (status.get("extremes") or {}).get(name)
    return say(f"extreme_{name}", track=named_track(track), value=clock_or_year(name, track)) if track else ""

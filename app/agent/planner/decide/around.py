"""What is around a moment: "what's around it?" describes what comes before it and what comes after it."""

from __future__ import annotations

import re

from app.agent.planner.parse.conversation import SEARCHES, Call, Spot, Talk
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.prepared import prepare
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.times import Time

BESIDE_S = 10.0
"""So much is described before a moment, and after it."""


def around_in_two(talk: Talk) -> list[str]:
    """The two wishes that "what's around it?" is: what comes before, and what comes after; empty for other words."""
    reading = prepare(talk.words, talk)
    match = found("calls", "what is around", reading.text)
    if match is None or talk.brought:
        return []
    spot = _spot(match["n"] or "", reading, talk)
    if spot is None:
        return []
    n = _reference(match["n"] or "", reading) or "it"
    sides = [f"what comes before {n}"] if spot.start_s > 0 else []
    after = not spot.whole_s or spot.end_s < spot.whole_s - 1
    return [*sides, f"what comes after {n}"] if after or not sides else sides


def nowhere(reading: Reading, talk: Talk) -> bool:
    """Whether it is asked what is around a moment, and none is known."""
    match = found("calls", "what is around", reading.text)
    return match is not None and not talk.brought and _spot(match["n"] or "", reading, talk) is None


def beside(reading: Reading, talk: Talk) -> Call | None:
    """The description of what comes before or after a moment; None for other words, and where no moment is known."""
    for side in ("before", "after"):
        match = found("calls", f"what comes {side} it", reading.text)
        if match is None or talk.brought:
            continue
        spot = _spot(match["n"] or "", reading, talk)
        if spot is None:
            return None
        start_s = max(0.0, spot.start_s - BESIDE_S)
        if side == "before" and spot.start_s <= 0:
            return None
        time = Time(start_s, spot.start_s) if side == "before" else Time(spot.end_s, spot.end_s + BESIDE_S)
        return Call("describe_moment", {"moment": f"{spot.name} @ {time}"})
    return None


def _reference(named: str, reading: Reading) -> str:
    """The result that the words name, as "#2"; empty where they only point."""
    if named in reading.named:
        value = reading.named[named]
        return f"#{value[0]}" if isinstance(value, tuple) and isinstance(value[0], int) else ""
    digits = re.search(r"\d+", named)
    return f"#{digits[0]}" if digits else ""


def _spot(named: str, reading: Reading, talk: Talk) -> Spot | None:
    """Where the moment is that is meant: a result, what was described last, or the best result."""
    reference = _reference(named, reading)
    if not reference and talk.spot is not None:
        return talk.spot
    if not reference and not (talk.before is not None and talk.before.name in SEARCHES):
        return None
    reference = reference or talk.mentioned or "#1"
    rank = int(reference[1:].partition(":")[0])
    if reference.count(":") or not 0 < rank <= len(talk.shown):
        return None
    hit = talk.shown[rank - 1]
    moment, track = hit["moment"], hit.get("track") or {}
    return Spot(reference, moment["start_s"], moment["end_s"], float(track.get("duration_s") or 0.0))

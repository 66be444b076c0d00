"""Rules so narrow that the text network is not asked about them."""

from __future__ import annotations

from app.agent.planner.decide.content import author_asked_after, bare_name, only_conditions, word_looked_for
from app.agent.planner.parse.facts import facts_asked
from app.agent.planner.parse.filters import has_composer
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.times import Place


def is_narrow(intent: str | None, reading: Reading) -> bool:
    """Whether the rule that spoke is so narrow that the network is not asked."""
    of_all = intent == "description" and found("calls", "of all", reading.text)
    asked = intent == "describe" and (
        facts_asked(reading.text) or at_a_place(reading) or found("content", "what is that", reading.text)
    )
    named = intent == "similar" and found("calls", "like a title", reading.text)
    that_one = intent == "similar" and found("calls", "more of that one", reading.text)
    feels = intent == "recommend" and found("content", "i feel", reading.text)
    inside = intent == "describe" and found("calls", "heard in a title", reading.text)
    styled = (
        intent == "similar"
        and reading.all("m")
        and found("calls", "points at what was spoken of", reading.text)
    )
    counted = intent == "status" and (
        found("content", "counted", reading.text) or found("content", "progress asked", reading.text)
    )
    goes = intent == "describe" and found("calls", "goes to a place", reading.text)
    whose = (
        intent == "description" and has_composer(reading.text) and found("content", "sounding", reading.text)
    )
    sung = intent == "hum" and found("content", "syllables", reading.text)
    measured = intent == "description" and only_conditions(reading)
    looked_up = intent == "search" and (
        bare_name(reading) or word_looked_for(reading.text) or author_asked_after(reading.text)
    )
    return bool(
        inside
        or styled
        or that_one
        or of_all
        or asked
        or goes
        or counted
        or feels
        or named
        or whose
        or sung
        or looked_up
        or measured
    )


def at_a_place(reading: Reading) -> bool:
    """Whether a place is told by how it sounds there."""
    return any(isinstance(time, Place) for _, _, time in reading.all("t"))

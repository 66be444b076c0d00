"""The words with everything that can be named set aside, in the order in which one hides another."""

from __future__ import annotations

from app.agent.planner.parse.conversation import Talk
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.ordinals import name_references
from app.agent.planner.parse.patterns import table
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.times import name_openings, name_places, name_times
from app.agent.planner.parse.titles import name_titles


def prepare(words: str, talk: Talk) -> Reading:
    """The words with times, references and titles set aside."""
    reading = read(words)
    name_times(reading)
    name_openings(reading)
    name_places(reading)
    name_references(reading, talk)
    name_titles(reading, table("calls")["titles wanted"])
    return reading


def names_open(words: str, talk: Talk) -> Reading:
    """The words prepared, but with no titles set aside: a name in a follow-up is a condition."""
    reading = read(words)
    name_times(reading)
    name_references(reading, talk)
    return reading

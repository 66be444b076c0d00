"""The intent by the rules, with what they cannot see of the conversation: what was brought, found, named."""

from __future__ import annotations

import re

from app.agent.planner.decide.content import (
    author_asked_after,
    bare_name,
    names_a_title,
    only_conditions,
    only_sounds,
    played_on,
    word_looked_for,
)
from app.agent.planner.decide.intent import match_rules
from app.agent.planner.decide.narrow import at_a_place
from app.agent.planner.parse.conversation import Talk
from app.agent.planner.parse.facts import facts_asked
from app.agent.planner.parse.filters import has_composer
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.slots import essence, read_activity


def by_rules(reading: Reading, talk: Talk) -> str | None:
    """The intent of the rules; None where none speaks."""
    text = reading.text
    intent = match_rules(text, talk)
    if not text.strip(" ?!.,;"):
        intent = "similar" if talk.brought else "help"
    return _of_words(_of_moments(intent, reading, talk), reading, talk)


def _of_moments(intent: str | None, reading: Reading, talk: Talk) -> str | None:
    """The intent, where what is named or was brought says another."""
    text = reading.text
    if _like_some_music(intent, reading, talk):
        intent = "description"
    if intent == "search" and talk.brought and found("content", "in the clip", text):
        intent = "describe"
    if intent == "playlist" and talk.brought and not talk.found and not found("content", "a list", text):
        intent = "add"  # "remember this one": there is nothing but the clip to keep
    sung = found("content", "syllables", text)
    if sung and (
        talk.brought or (intent in (None, "search") and not re.search(r"\w", text.replace(sung[0], "")))
    ):
        intent = "hum"
    if _describes(intent, reading, talk):
        intent = "describe"
    if intent == "similar" and has_composer(text) and not points_somewhere(reading, talk):
        intent = "description" if essence(text) else "search"
    return intent


def _like_some_music(intent: str | None, reading: Reading, talk: Talk) -> bool:
    """Whether what is sought is like music of a kind, not like a moment."""
    compared = intent == "similar" and found("content", "compared with music", reading.text)
    return bool(compared) and not points_somewhere(reading, talk)


def _describes(intent: str | None, reading: Reading, talk: Talk) -> bool:
    """Whether a passage is to be described, whatever the rules say."""
    text = reading.text
    title, likeness = reading.all("m"), found("calls", "likeness wanted", text)
    if found("calls", "heard in a title", text) or (title and found("calls", "goes to a place", text)):
        return True
    of_chords = intent == "similar" and {"chords", "first_chord", "last_chord"} & {*facts_asked(text)}
    placed = title and not talk.brought and intent in (None, "search", "description")
    placed_there = placed and found("content", "a place in a title", text)
    if not likeness and (
        (of_chords and title and not talk.brought)
        or placed_there
        or at_a_place(reading)
        or (intent is None and title and reading.all("t"))
    ):
        return True
    if intent is None and talk.brought and found("content", "yes or no", text):
        return True
    if intent in ("description", "recommend") and names_a_title(reading) and not talk.brought:
        return not likeness
    if intent in (None, "outside") and names_a_title(reading) and not talk.brought:
        return found("content", "asks", text) is not None
    asked = intent in ("similar", "describe", None) and found("content", "what is that", text)
    return bool(asked and (talk.mentioned or talk.found)) and not talk.brought


def _of_words(intent: str | None, reading: Reading, talk: Talk) -> str | None:
    """The intent, where what the words are made of says another."""
    text = reading.text
    if intent is None and not talk.brought and not talk.searched and bare_name(reading):
        intent = "search"
    if intent in (None, "recommend") and not talk.brought and word_looked_for(text):
        intent = "search"
    if intent not in ("description", "lyrics") and not talk.brought and author_asked_after(text):
        intent = "search"
    sounds = found("content", "sounding", text) or only_sounds(text)
    if intent == "search" and not reading.all("m") and sounds:
        intent = "description"
    if intent == "recommend" and played_on(text) and not read_activity(reading):
        intent = "description"
    open_ = intent in (None, "recommend", "status", "outside") and not re.search(r"<[chtmq]\d+>", text)
    follows = talk.searched and talk.listing is None
    if open_ and not (talk.brought or follows) and only_conditions(reading):
        intent = "description"
    return intent


def points_somewhere(reading: Reading, talk: Talk) -> bool:
    """Whether there is any moment that the words can be about."""
    return bool(talk.clips or talk.searched or talk.subject or re.search(r"<[chmt]\d+>", reading.text))

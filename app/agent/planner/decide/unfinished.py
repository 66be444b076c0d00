"""Words that break off: "find moments like", "play", "the difference between 1 and". What is missing is asked for.

What was spoken of before is no answer: it is offered to click, with the results that were shown.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.agent.planner.decide.around import nowhere
from app.agent.planner.decide.choices import movements_offered
from app.agent.planner.parse.conversation import DEFAULT_K, Call, Talk
from app.agent.planner.parse.facts import facts_asked
from app.agent.planner.parse.filters import has_composer
from app.agent.planner.parse.movements import is_alone
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.sounding import sounds
from app.agent.planner.parse.vocabulary import word_list

MOST_OFFERED = 5
"""Results that are offered where none of them was named."""
_SAMPLE = ("happy fiddle", "slow piano")
"""Descriptions that are offered where nothing is known of what is sought."""


_DEFAULTS = {
    "k": DEFAULT_K,
    "emphasis": {},
    "filters": {},
    "exclude_same_track": True,
    "diversity": "balanced",
}
LIKE_WHAT, FIND_WHAT = "like_what", "find_what"
"""The questions, by their phrases."""
_LONGEST_COMPLAINT = 4
_LONGEST_COMPLETION = 8
"""Words."""


def finished(talk: Talk) -> Talk:
    """The conversation with the wish in full, where the newest words say only what was asked for: "Garryowen"."""
    if talk.asked not in (LIKE_WHAT, FIND_WHAT) or talk.brought:
        return talk
    words = talk.words.strip()
    text = read(words).text
    if len(words.split()) > _LONGEST_COMPLETION or not found("calls", "only what was missing", text):
        return talk
    begun = "find moments like" if talk.asked == LIKE_WHAT else "find"
    return replace(talk, words=f"{begun} {words}")


def broken_off(reading: Reading, talk: Talk) -> tuple[str, dict[str, Call | None]] | None:
    """The question, by its phrase, that words which break off lead to, and what may be meant; None for other words."""
    if not (talk.last or talk.brought or talk.clips) and _drops(reading):
        return "nothing_to_repeat", {}
    if objects_to_nothing(reading, talk) or nowhere(reading, talk) or fact_of_nothing(reading, talk):
        return "unclear", {}
    if (pairs := end_left_open(reading, talk)) is not None:
        return "which_two", pairs
    if meant := like_what(reading, talk):
        return LIKE_WHAT, meant
    if meant := find_what(reading, talk):
        return FIND_WHAT, meant
    return None


def fact_of_nothing(reading: Reading, talk: Talk) -> bool:
    """Whether a fact is asked of "it", and nothing was spoken of: "and how long is it?"."""
    known = talk.clips or talk.searched or talk.subject or talk.mentioned or talk.found or talk.brought
    if known or "<" in reading.text or has_composer(reading.text):
        return False
    return bool(facts_asked(reading.text)) and re.search(r"\b(?:it|that|this)\b", reading.text) is not None


def which_movement(reading: Reading, talk: Talk) -> tuple[str, dict[str, Call | None]] | None:
    """The question after "third movement" where not one title of a list has it; None for other words."""
    if talk.brought or not is_alone(reading.raw):
        return None
    offered = movements_offered(talk, MOST_OFFERED)
    return ("which_wish", offered) if offered else (FIND_WHAT, _samples())


def objects_to_nothing(reading: Reading, talk: Talk) -> bool:
    """Whether a few words complain of results, and none were shown: "wrong key"."""
    words = re.findall(r"[a-z']+", reading.text)
    if talk.last or talk.brought or talk.clips or len(words) > _LONGEST_COMPLAINT or "<" in reading.text:
        return False
    named = has_composer(reading.text) or any(sounds(word) for word in words)
    return not named and found("content", "complaint", reading.text) is not None


def _drops(reading: Reading) -> bool:
    """Whether a search is to go on, or a condition of it to be dropped, and nothing else is said."""
    if found("calls", "nothing before it", reading.text):
        return True
    match = found("calls", "a condition dropped", reading.text)
    if match is None:
        return False
    left = reading.text[: match.start()] + reading.text[match.end() :]
    return all(word in word_list("changing") for word in re.findall(r"[a-z']+", left))


def like_what(reading: Reading, talk: Talk) -> dict[str, Call | None]:
    """What may be meant by a likeness to nothing; empty where the words do not break off there."""
    if talk.brought or not found("calls", "a likeness left open", reading.text):
        return {}
    offered = {f"#{rank}": f"#{rank}" for rank in range(1, min(talk.found, MOST_OFFERED) + 1)}
    if talk.clips:
        offered["clip"] = "clip"
    if talk.subject and not talk.subject.startswith(("#", "clip")):
        offered[talk.subject] = talk.subject
    calls: dict[str, Call | None] = {
        name: Call("find_similar_moments", {"moment": moment, **_DEFAULTS})
        for name, moment in offered.items()
    }
    return calls or _samples()


def find_what(reading: Reading, talk: Talk) -> dict[str, Call | None]:
    """What may be looked for where there is nothing but "find"; empty for other words."""
    plays = not talk.shown and found("calls", "nothing to play", reading.text)
    if talk.brought or not (plays or found("calls", "a search left open", reading.text)):
        return {}
    return _samples()


def _samples() -> dict[str, Call | None]:
    by_words: dict[str, Call | None] = {
        wish: Call("find_by_description", {"description": wish, "k": DEFAULT_K, "filters": {}})
        for wish in _SAMPLE
    }
    return {
        **by_words,
        "Recommend something": Call("recommend_moments", {"mood": "", "activity": "", "k": 5}),
    }


def end_left_open(reading: Reading, talk: Talk) -> dict[str, Call | None] | None:
    """Pairs beside the one result that is named: "the difference between 1 and"; None for other words."""
    open_end = found("calls", "an end left open", reading.text)
    if open_end is None:
        return None
    named = [rank for place, _, value in reading.all("h") if place < open_end.end() for rank in value]
    if not named:
        named = [int(number) for number in re.findall(r"\b\d{1,2}\b", reading.text[: open_end.end()])]
    if not named or not talk.found:
        return {}
    others = [rank for rank in range(1, talk.found + 1) if rank != named[0]][:MOST_OFFERED]
    return {
        f"#{named[0]}, #{rank}": Call("compare_moments", {"first": f"#{named[0]}", "second": f"#{rank}"})
        for rank in others
    }

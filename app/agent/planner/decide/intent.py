"""What the user wants, by rules that can be read: rules.txt. Where none speaks, others have to decide."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from app.agent.planner.parse.conversation import Talk
from app.agent.planner.parse.patterns import Expression, found, sections

Condition = Callable[[str, Talk], bool]


@dataclass(frozen=True)
class Rule:
    """One section of rules.txt."""

    intent: str
    found: tuple[Expression, ...]
    not_found: tuple[Expression, ...]
    also_found: tuple[Expression, ...]
    conditions: tuple[Condition, ...]

    def matches(self, text: str, talk: Talk) -> bool:
        """Whether the words, in this conversation, fall under the rule."""
        return (
            any(pattern.search(text) for pattern in self.found)
            and not any(pattern.search(text) for pattern in self.not_found)
            and all(pattern.search(text) for pattern in self.also_found)
            and all(condition(text, talk) for condition in self.conditions)
        )


def match_rules(text: str, talk: Talk) -> str | None:
    """The intent of the first rule that matches, or None where no rule speaks."""
    return next((rule.intent for rule in rules() if rule.matches(text, talk)), None)


@functools.lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The sections of rules.txt, in their order."""
    return tuple(
        Rule(
            section.heading,
            tuple(section.lines),
            tuple(section.marked["!"]),
            tuple(section.marked["&"]),
            tuple(_CONDITIONS[name.line.strip()] for name in section.marked["@"]),
        )
        for section in sections("rules")
    )


# --- conditions that need the conversation ----------------------------------------------------------------


def _about_results(text: str, talk: Talk) -> bool:
    """A "why" is about a match: its words say so, or there is nothing else in it."""
    if found("content", "why of the world", text):
        return False
    return bool(found("content", "why of a match", text) or found("content", "bare why", text))


def _hums(text: str, talk: Talk) -> bool:
    """The user hums, rather than describing music in which somebody sings."""
    if talk.brought:
        return True
    if found("content", "me", text):
        return not found("content", "music with singing", text)
    return found("content", "a hum", text) is not None


def _saves_results(text: str, talk: Talk) -> bool:
    """A playlist of what was found; not "a playlist of happy songs" before anything was found."""
    return talk.searched or not found("content", "wished playlist", text)


def _recorded(text: str, talk: Talk) -> bool:
    """A recording of one voice; of music that plays somewhere it is asked as of any clip."""
    return talk.recorded and talk.kind != "music"


def _points_or_clip(text: str, talk: Talk) -> bool:
    return bool(talk.brought) or found("content", "points", text) is not None


def _spoken_of(text: str, talk: Talk) -> bool:
    """Something was spoken of before, and nothing new is brought."""
    return not talk.brought and bool(talk.mentioned or talk.subject)


def _recommending(text: str, talk: Talk) -> bool:
    return talk.last is not None and talk.last.name == "recommend_moments"


def _no_clip_now(text: str, talk: Talk) -> bool:
    return not talk.brought


_CONDITIONS: dict[str, Condition] = {
    "about_results": _about_results,
    "hums": _hums,
    "saves_results": _saves_results,
    "recorded": _recorded,
    "points_or_clip": _points_or_clip,
    "recommending": _recommending,
    "spoken_of": _spoken_of,
    "no_clip_now": _no_clip_now,
    "nothing_searched": lambda text, talk: not (talk.searched or talk.brought),
}

"""Several wishes in one message, parted in their order: "find fiddle tunes and make a playlist of the best two"."""

from __future__ import annotations

import re
from dataclasses import replace

from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.content import by_content
from app.agent.planner.decide.intent import match_rules
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.emphasis import factors_in
from app.agent.planner.parse.facts import facts_asked
from app.agent.planner.parse.normalise import read
from app.agent.planner.parse.patterns import found, table
from app.agent.planner.parse.prepared import prepare
from app.agent.planner.parse.vocabulary import any_of, plain

PLEASANTRIES = ("greeting", "thanks", "bye")
_WITH_RESULTS = ("playlist", "describe", "compare", "explain", "repeats", "lyrics")
"""What can be done with what a search found."""
_SEARCHED = Call("find_by_description", {"description": ""})
"""What stands for the search that the first part of a message asks for."""
_HIS = re.compile(r"\b(?:of|by|from) (?:his|hers|him|her|them|theirs)\b", re.IGNORECASE)
_SAME_WISH = (
    {"similar", "hum"},
    {"description", "similar"},
    {"recommend", "description"},
    {"describe", "compare"},
)


def split_wishes(words: str, talk: Talk) -> list[str]:
    """The separate wishes of a message, in order; pleasantries around them are left out."""
    joint = re.compile("|".join(each.pattern for each in table("calls")["next wish"]), re.IGNORECASE)
    if each := _of_each(words, talk) or _found_and_kept(words):
        return each
    parts = [part for part in joint.split(words) if part.strip(" .,!?")]
    if len(parts) == 1:
        return [_without_greeting(words)]
    wishes: list[tuple[str, str | None]] = []
    dropped = False
    for part in parts:
        reading = prepare(part, replace(talk, search=talk.search or _SEARCHED) if wishes else talk)
        looks = found("calls", "looks for", reading.text)
        intent = match_rules(reading.text, talk) or (
            by_content(reading, talk)
            if not wishes and (looks or (not talk.brought and found("content", "describes", reading.text)))
            else None
        )
        if (
            intent is None
            and wishes
            and not talk.brought
            and wishes[-1][1] in _WITH_RESULTS
            and looks
            and looks.start() == 0
        ):
            intent = by_content(reading, talk) or "similar"
        if intent in PLEASANTRIES:
            dropped = True
            continue
        if (
            len(wishes) == 1
            and wishes[0][1] is None
            and intent in TOOLS
            and _says_nothing(wishes[0][0], talk)
        ):
            wishes[0] = (_pointed_back(part, wishes[0][0]), intent)
            dropped = True
            continue
        if wishes and not (_another_wish(wishes[-1][1], intent, part) or _open_search(*wishes[-1], intent)):
            wishes[-1] = (f"{wishes[-1][0]}. {part}", wishes[-1][1] or intent)
        else:
            wishes.append((part, intent))
    if len(wishes) <= 1 and not (wishes and dropped):
        return [_without_greeting(words)]
    return [_without_greeting(part) for part, _ in wishes]


_MOST_ASKED = 5
"""Results of which one thing is asked at once."""


def _of_each(words: str, talk: Talk) -> list[str]:
    """A fact that is asked of all results, as so many questions: "the key of each"; none for other words."""
    match = found("calls", "of each", words.lower())
    if match is None or not talk.found or not facts_asked(words.lower()):
        return []
    ranks = range(1, min(talk.found, _MOST_ASKED) + 1)
    return [f"{words[: match.start('n')]}number {rank}" for rank in ranks]


def _found_and_kept(words: str) -> list[str]:
    """A playlist of what is still to be found, as a search and a playlist of its results; none for other words."""
    match = found("calls", "list of what is to be found", words.lower())
    if match is None or not found("content", "describes", read(match["wish"]).text):
        return []
    name = next((words[slice(*match.span(each))] for each in ("first", "n", "last") if match[each]), "")
    return [f"find {match['wish']}", f"save them as a playlist{name and f' called {name}'}"]


def _says_nothing(words: str, talk: Talk) -> bool:
    """Whether words before a wish ask for nothing: "that is lovely", "my father played in a band"."""
    text = prepare(words, talk).text
    names = re.search(r"<[chmtqp]\d+>", text)
    kept = names or found("content", "describes", text) or found("calls", "looks for", text)
    return not (kept or found("calls", "restricts", text) or factors_in(text))


def _pointed_back(wish: str, before: str) -> str:
    """A wish with the composer whom "his" or "her" means: "I sang Palestrina. What have you of his?"."""
    composer = re.search(rf"\b{any_of('composers')}\b", _plain(before))
    if composer is None:
        return wish
    name = before[slice(*composer.span())] if len(_plain(before)) == len(before) else composer[0]
    return _HIS.sub(lambda match: f"by {name}", wish)


def _plain(words: str) -> str:
    return "".join(plain(char) for char in words)


def _another_wish(before: str | None, intent: str | None, words: str) -> bool:
    """Whether a part of a message is a wish of its own, beside the one before it."""
    tools = intent in TOOLS and before in TOOLS
    if before == "describe" and intent == "compare" and found("calls", "compares it", words.lower()):
        return True
    return tools and intent != before and {before, intent} not in _SAME_WISH


def _open_search(words: str, before: str | None, intent: str | None) -> bool:
    """Whether something is looked for first, in words that no rule knows, and then something is done with it."""
    return (
        before is None and intent in _WITH_RESULTS and found("calls", "looks for", words.lower()) is not None
    )


def _without_greeting(words: str) -> str:
    """The words without a greeting or thanks in front, if something comes after them."""
    calls = table("calls")
    if re.search(calls["only thanks"][0].pattern, words, re.IGNORECASE):
        return words
    return re.sub(calls["greeting before a wish"][0].pattern, "", words, flags=re.IGNORECASE)

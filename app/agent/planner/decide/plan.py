"""The next step: one tool call for the newest words, or the name of a phrase to answer with."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from app.agent.planner.decide.around import around_in_two
from app.agent.planner.decide.calls import TOOLS, WISHES, build
from app.agent.planner.decide.changes import compared, graded, longer_list, refine, swapped
from app.agent.planner.decide.choices import composers_shown, picked
from app.agent.planner.decide.complaints import (
    SAMEY,
    asks_for_other_tempo,
    beside_the_complaint,
    complaint,
    instead_of_that,
    left_out,
    nearest_changes,
    refused_ranks,
    something_else,
    varied,
)
from app.agent.planner.decide.conditions import (
    added_in_words,
    added_to_it,
    among_listed,
    none_of_that,
    without_that,
)
from app.agent.planner.decide.content import (
    begins_anew,
    by_content,
    leaves_open,
    only_changes,
)
from app.agent.planner.decide.follow_ups import awaits_a_try, same_for_another
from app.agent.planner.decide.intent_classifier import natural
from app.agent.planner.decide.named_composers import with_composer
from app.agent.planner.decide.named_keys import in_a_key, with_key
from app.agent.planner.decide.narrow import is_narrow
from app.agent.planner.decide.nothing_meant import means_nothing, meant_instead
from app.agent.planner.decide.praise import praised
from app.agent.planner.decide.remarks import after_remark, last_clauses
from app.agent.planner.decide.ruled import by_rules, points_somewhere
from app.agent.planner.decide.sense import BY_NAME, BY_SOUND, instead
from app.agent.planner.decide.several import PLEASANTRIES, split_wishes
from app.agent.planner.decide.unfinished import MOST_OFFERED, broken_off, finished, which_movement
from app.agent.planner.parse.anaphora import names_somebody
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.facts import asked_of_results, of_library_asked
from app.agent.planner.parse.keys import key_named
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.prepared import names_open, prepare
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.vocabulary import word_list
from tools.session import says_no, says_yes

Guess = Callable[[str], "Mapping[str, float] | None"]
"""The text network: a plain sentence -> the probability of every intent; nothing where it is not there."""

SURE = 0.8
"""From this probability on the network is heard before the rules."""
LIKELY = 0.3
"""From here on it is heard where no rule speaks."""

TORN = 0.6
"""Two wishes are as likely if the second has this share of the first one's probability."""
CHOICES = {
    "similar": "Find similar moments",
    "description": BY_SOUND,
    "search": BY_NAME,
    "recommend": "Recommend something",
    "describe": "Describe it",
    "repeats": "Find where it comes back",
}
"""What is offered to click where the planner is torn between two wishes."""
CHANGE = "change"
"""The network's name for words that change the last search."""
_ABOUT_A_MOMENT = ("similar", "describe", "repeats", "lyrics", "compare", "explain", "hum")
"""Wishes that need a moment; the network is not heard on them where none was brought, found or named."""


@dataclass(frozen=True)
class Step:
    """What to do now: a call, or words out of the phrase book."""

    call: Call | None = None
    phrase: str = ""
    of_results: str = ""
    """What is asked of the results shown alone: the "longest" of them, say."""
    gone: tuple[str, ...] = ()
    """Titles of the results that are left out from now on."""
    variables: dict[str, str] = field(default_factory=dict)
    offered: dict[str, Call | None] = field(default_factory=dict)
    """What can be clicked after a question, and what it leads to."""
    rejects: tuple[int, ...] | None = None
    """Ranks of results that are not wanted again; () for all that were shown, None where nothing is rejected."""


def next_step(talk: Talk, tools: Collection[str], guess: Guess) -> Step | None:
    """The step that the newest words ask for; None if all they asked for is done."""
    talk = after_remark(talk)
    if not talk.done and (answer := _answer_to_question(talk)):
        return answer
    if not talk.done and (
        call := picked(talk.said or talk.words, talk.offered) or picked(talk.words, talk.offered)
    ):
        return Step(call)
    talk = finished(talk)
    wishes = around_in_two(talk) or split_wishes(talk.words, talk)
    if len(talk.done) >= len(wishes) or any(message.status == "error" for _, message in talk.done):
        return None
    step = understand(wishes[len(talk.done)], talk, guess)
    if talk.done and (step.call is None or step.call.name not in tools):
        return Step(phrase="part_not_done", variables={"words": wishes[len(talk.done)].strip(" .,!?")})
    if step.call and step.call.name not in tools:
        return Step(phrase="not_built", variables={"wish": WISHES[step.call.name]})
    return step


def understand(words: str, talk: Talk, guess: Guess) -> Step:
    """What one wish asks for; where that is not clear, what its last clause asks for."""
    step = _understood(words, talk, guess)
    if step.call is None and step.phrase in _NOT_CLEAR:
        for clause in last_clauses(words):
            shorter = _understood(clause, talk, guess)
            if shorter.call is not None:
                return shorter
        if step.phrase == "unclear" and (call := added_in_words(words, talk)):
            return Step(call)
    return step


_NOT_CLEAR = ("unclear", "which_wish")


def _understood(words: str, talk: Talk, guess: Guess) -> Step:
    """What one wish asks for, all its words taken together."""
    reading = prepare(words, talk)
    if awaits_a_try(reading, talk):
        return Step(phrase="hum_awaited")
    anew = begins_anew(reading.text)
    if step := (not anew and _objection(words, reading, talk, guess)) or _before_any_rule(reading, talk):
        return step
    intent = by_rules(reading, talk)
    if intent not in PLEASANTRIES and (again := same_for_another(reading, talk)):
        return Step(again)
    narrow = is_narrow(intent, reading) or (intent is not None and intent not in TOOLS)
    heard, probability = ("", 0.0) if narrow else _heard(reading, talk, guess)
    if anew and heard == CHANGE:
        heard, probability = "", 0.0
    same_tool = intent in TOOLS and heard in TOOLS and TOOLS[intent] == TOOLS[heard]
    if probability >= SURE and not same_tool:
        intent = None if heard == CHANGE else heard
    only = not anew and only_changes(names_open(words, talk), intent, talk)
    intent = intent or (None if only or heard == CHANGE else by_content(reading, talk))
    if anew and intent is None:
        intent = "recommend" if heard == "recommend" and probability >= LIKELY else "description"
    if (only or intent is None) and (changed := refine(names_open(words, talk), talk)):
        return Step(with_composer(changed, reading, talk))
    intent = intent or by_content(reading, talk)
    if intent is None and (offered := _torn(reading, talk, guess)):
        return Step(phrase="which_wish", offered=offered)
    return _step(intent or (heard if probability >= LIKELY else ""), reading, talk)


def _before_any_rule(reading: Reading, talk: Talk) -> Step | None:
    """What is answered or asked back whatever else the words say; None for other words."""
    if talk.shown and not talk.brought and (name := asked_of_results(reading.text)):
        return Step(of_results=name)
    if offered := praised(reading, talk):
        return Step(phrase="praised", offered=offered)
    if names_somebody(reading.raw) and not re.search(r"<[mq]\d+>", reading.text):
        return Step(phrase="which_composer", offered=composers_shown(talk, MOST_OFFERED))
    if of_library_asked(reading.text) and not talk.brought:
        return Step(Call("library_status", {}))
    if question := broken_off(reading, talk) or which_movement(reading, talk):
        return Step(phrase=question[0], offered=question[1])
    contradicts = found("calls", "contradiction", reading.text) or found("calls", "opposites", reading.text)
    return Step(phrase="contradiction") if contradicts else None


_CHANGED = (
    in_a_key,
    without_that,
    none_of_that,
    among_listed,
    added_to_it,
    graded,
    compared,
    longer_list,
    swapped,
)
"""What changes the last search by naming something that it had, or that is added to it."""


def _objection(words: str, reading: Reading, talk: Talk, guess: Guess) -> Step | None:
    """What to do about words that object to what was shown, or look among it; None for other words."""
    call = next((call for of in _CHANGED if (call := of(reading, talk))), None)
    if call is None and asks_for_other_tempo(reading, talk):
        call = refine(names_open(words, talk), talk)
    if call is not None:
        return Step(call)
    if wish := instead_of_that(words, talk):
        step = understand(wish, talk, guess)
        if step.call is not None:
            return replace(step, rejects=())
    if again := something_else(reading, talk):
        return Step(again, rejects=())
    wrong = complaint(reading, talk)
    if not wrong:
        return None
    changed = refine(names_open(beside_the_complaint(words), talk), talk)
    ranks = refused_ranks(reading, talk)
    if call := changed or (varied(talk) if wrong == SAMEY else None):
        return Step(call, rejects=ranks)
    gone = left_out(talk, ranks)
    return Step(phrase="complaint", gone=gone, offered=nearest_changes(talk), rejects=ranks)


def _step(intent: str, reading: Reading, talk: Talk) -> Step:
    """The call that an intent leads to, or the phrase that answers it."""
    if intent == "similar" and talk.kind == "tune" and leaves_open(reading.text):
        intent = "hum"
    if intent not in TOOLS:
        return Step(phrase=intent if intent not in ("", CHANGE) else "unclear")
    key = None if talk.brought or re.search(r"<[chmtqp]\d+>", reading.text) else key_named(reading.text)
    made = build(intent, reading, talk)
    if not isinstance(made, Call):
        return Step(phrase=made)
    call = with_key(with_composer(made, reading, talk), key)
    if means_nothing(call, reading, talk):
        meant = meant_instead(reading)
        return Step(meant) if meant else Step(phrase="unclear")
    offered = instead(call, reading, talk.language)
    return Step(phrase="which_wish", offered=offered) if offered else Step(call)


def _speaks_of_music(text: str) -> bool:
    """Whether words of music are in it, so that it is not beyond the planner by the network's word alone."""
    forms = word_list("forms") - {"no", "two", "three", "four", "five", "six", "book", "string"}
    return found("content", "a word of music", text) is not None or any(
        word in forms for word in re.findall(r"[a-z]+", text)
    )


def _heard(reading: Reading, talk: Talk, guess: Guess) -> tuple[str, float]:
    """What the network takes the words for, of all that can be meant in this conversation."""
    shares = dict(guess(natural(reading)) or {})
    if not points_somewhere(reading, talk):
        if found("calls", "like this alone", reading.text):
            return "", 0.0  # whatever it is like: "this" is no description
        for intent in _ABOUT_A_MOMENT:
            shares.pop(intent, None)
    if not talk.searched:
        shares.pop("explain", None)
        if talk.listing is None:
            shares.pop(CHANGE, None)
    if _speaks_of_music(reading.text) and not found("content", "asks", reading.text):
        shares.pop("outside", None)
    if not re.search(r"[a-z]{2}", reading.text):
        shares.clear()
    shares.pop(CHANGE if talk.brought else "hum", None)  # nothing can be hummed that was not brought
    if not shares:
        return "", 0.0
    best = max(shares, key=lambda intent: shares[intent])
    return best, shares[best] / sum(shares.values())


def _torn(reading: Reading, talk: Talk, guess: Guess) -> dict[str, Call | None]:
    """The two wishes that the words may be, where the network hears both about as well."""
    shares = sorted((guess(natural(reading)) or {}).items(), key=lambda part: -part[1])[:2]
    if len(shares) < 2 or shares[0][1] > LIKELY or shares[1][1] < TORN * shares[0][1]:
        return {}
    if any(intent not in CHOICES for intent, _ in shares):
        return {}
    made = {CHOICES[intent]: build(intent, reading, talk) for intent, _ in shares}
    return {name: call for name, call in made.items() if isinstance(call, Call)}


def _answer_to_question(talk: Talk) -> Step | None:
    """A yes or no to what a tool asked."""
    if not talk.pending:
        return None
    if says_yes(talk.said or talk.words):
        asked = dict(talk.pending)
        return Step(Call(str(asked.pop("tool")), asked))
    return Step(phrase="nothing_added") if says_no(talk.said or talk.words) else None

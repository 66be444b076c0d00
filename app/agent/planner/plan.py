"""The next step: one tool call for the newest words, or the name of a phrase to answer with."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from app.agent.planner.calls import TOOLS, build, refine
from app.agent.planner.content import by_content, only_changes
from app.agent.planner.conversation import Call, Talk
from app.agent.planner.intent import match_rules
from app.agent.planner.references import name_references
from app.agent.planner.times import name_openings, name_times
from app.agent.planner.titles import name_titles
from app.agent.planner.words import Reading, read
from tools.session import says_no, says_yes

Guess = Callable[[str], str | None]
"""The text network: words -> the intent of the nearest example, or None where none is near."""

SOCIAL = ("greeting", "thanks", "bye", "help", "who", "outside", "remove", "play")
_SAME_WISH = (
    {"similar", "hum"},
    {"description", "similar"},
    {"recommend", "description"},
    {"describe", "compare"},
)


@dataclass(frozen=True)
class Step:
    """What to do now: a call, or words out of the phrase book."""

    call: Call | None = None
    phrase: str = ""
    variables: dict[str, str] = field(default_factory=dict)


def next_step(talk: Talk, tools: Collection[str], guess: Guess) -> Step | None:
    """The step that the newest words ask for; None if all they asked for is done."""
    if not talk.done and (answer := _answer_to_question(talk)):
        return answer
    wishes = split_wishes(talk.words, talk)
    if len(talk.done) >= len(wishes) or any(message.status == "error" for _, message in talk.done):
        return None
    step = understand(wishes[len(talk.done)], talk, guess)
    if step.call and step.call.name not in tools:
        if talk.done:
            return None
        return Step(phrase="not_built", variables={"wish": _WISHES[step.call.name]})
    return None if talk.done and step.call is None else step


def understand(words: str, talk: Talk, guess: Guess) -> Step:
    """What one wish asks for."""
    reading = prepare(words, talk)
    intent = match_rules(reading.text, talk)
    if not reading.text.strip(" ?!.,;"):
        intent = "similar" if talk.brought else "help"
    if again := _same_for_another(reading, intent, talk):
        return Step(again)
    if (intent is None or only_changes(_copy(words, talk), intent, talk)) and (talk.search or talk.listing):
        if changed := refine(_copy(words, talk), talk):
            return Step(changed)
    if intent is None:
        intent = by_content(reading, talk) or guess(words) or "unclear"
    if intent == "refine":
        intent = "similar"
    if intent not in TOOLS:
        return Step(phrase=intent)
    made = build(intent, reading, talk)
    return Step(made) if isinstance(made, Call) else Step(phrase=made)


def prepare(words: str, talk: Talk) -> Reading:
    """The words with times, references and titles set aside."""
    reading = read(words)
    name_times(reading)
    name_openings(reading)
    name_references(reading, talk)
    name_titles(reading, by_capitals=True, lower_after=_TITLE_WANTED)
    return reading


_TITLE_WANTED = (
    r"^\W*(?:(?:please|can you|could you|now|and|then|ok),? )*(?:describe|analy[sz]e|characteri[sz]e|summari[sz]e|transcribe|tell me (?:more )?about|compare)\s+(?!(?:it|this|that|these|those|them|my|the (?:first|second|third|last|moment|passage|clip|results?|difference|library|two|harmony|melody|rhythm|chords|key|mood|character|instruments|sound|music)|what|how|number|no|both|all|a|an|each|every|me|us|mozart|bach)\b)"
    r"|\b(?:moments?|passages?|pieces?|tracks?|songs?|places) (?:that (?:are|sound) )?(?:like|similar to|resembling) (?!(?:it|this|that|these|those|them|my|the|what|when|how|a|an|mine|one|rain|in)\b)"
)


def _copy(words: str, talk: Talk) -> Reading:
    """The words prepared, but with no titles set aside: a name in a follow-up is a condition."""
    reading = read(words)
    name_times(reading)
    name_references(reading, talk)
    return reading


# --- several wishes in one message ------------------------------------------------------------------------

_JOINT = re.compile(
    r"(?:,? and (?:then |also |after that |afterwards )?|,? then (?:also )?|,? after that,? |[.;!?]+\s+(?:and |then |also |now )*)"
    r"(?=(?:please )?(?:save|export|describe|compare|explain|tell me (?:why|about|what)|why|add|find|search|show|list|recommend|transcribe|make (?:me )?a playlist|what|where|how|which|is|are|do|does|put (?:them|it|these)|give|suggest|look)\b)",
    re.IGNORECASE,
)


def split_wishes(words: str, talk: Talk) -> list[str]:
    """The separate wishes of a message, in order; pleasantries around them are left out."""
    parts = [part for part in _JOINT.split(words) if part.strip(" .,!?")]
    if len(parts) == 1:
        return [_without_greeting(words)]
    intents = [match_rules(prepare(part, talk).text, talk) for part in parts]
    wishes: list[tuple[str, str | None]] = []
    for part, intent in zip(parts, intents, strict=True):
        if intent in ("greeting", "thanks", "bye"):
            continue
        before = wishes[-1][1] if wishes else None
        joined = (
            intent is None or intent not in TOOLS or before is None or before not in TOOLS or intent == before
        )
        if wishes and (joined or {before, intent} in _SAME_WISH):
            wishes[-1] = (f"{wishes[-1][0]}. {part}", before or intent)
        else:
            wishes.append((part, intent))
    if len(wishes) <= 1:
        return [_without_greeting(words)]
    return [_without_greeting(part) for part, _ in wishes]


_GREETING = re.compile(
    r"^\W*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks?(?: you)?(?: (?:a lot|so much|very much))?|thx|ok|okay|great|cool|nice|perfect|wonderful|awesome|lovely|super|excellent|alright|well|oh|ah|wow|reprise|there)\b[\s,.!:;-]*)+(?=\w.*\s\w|why\b|describe\b|explain\b|save\b|again\b|more\b|compare\b)",
    re.IGNORECASE,
)


def _without_greeting(words: str) -> str:
    """The words without a greeting or thanks in front, if something comes after them."""
    return (
        _GREETING.sub("", words)
        if not re.fullmatch(r"\W*(?:thanks?|thank you)\b.{0,25}", words, re.IGNORECASE)
        else words
    )


# --- answers to questions, follow-ups ---------------------------------------------------------------------


def _answer_to_question(talk: Talk) -> Step | None:
    """A yes or no to what a tool asked."""
    if not talk.pending:
        return None
    if says_yes(talk.words):
        return Step(Call(str(talk.pending["tool"]), {"source": talk.pending["source"]}))
    return Step(phrase="nothing_added") if says_no(talk.words) else None


_FOLLOW_UP = re.compile(
    r"^\W*(?:(?:and|but|what about|how about|now|then|also|no|not that|nope|sorry|actually|i meant?|rather|or|same for|the same for|same with|ok|okay|please|try|maybe|what of|and what about|next|do|wait|instead|i said|it'?s|for|of|with)\W+)*"
    r"(?:the |this |that )?(?P<r><[hcmt]\d+>|(?:the )?other(?: one)?)(?: <t\d+>)?(?:\W+(?:one|too|as well|also|instead|please|then|now|though|next|rather))*\W*$"
)


_AND_THIS = re.compile(
    r"^\W*(?:and|what about|how about|same for|same with|now|the same for|ok|okay|next)\W+(?:this|that|it|with)?\W*(?:this|that|one|new one|the new one|<c\d+>|clip|as well|too|please|now)*\W*$"
)


def _same_for_another(reading: Reading, intent: str | None, talk: Talk) -> Call | None:
    """ "And the second?", "no, the other one", "I meant 2:25": the last call again, for something else."""
    if talk.brought and talk.last and _AND_THIS.match(reading.text) and "moment" in talk.last.args:
        return Call(talk.last.name, {**talk.last.args, "moment": "clip"})
    match = _FOLLOW_UP.match(reading.text)
    if not match or talk.last is None or talk.brought or intent in ("greeting", "thanks", "bye"):
        return None
    last = talk.last
    if "other" in match["r"]:
        number = int(talk.mentioned[1:].split(":")[0]) if talk.mentioned else 1
        reference = f"#{2 if number == 1 else 1}"
    else:
        value = reading.named[match["r"]]
        if match["r"].startswith("<t"):
            base = str(last.args.get("moment") or "").split(" @ ")[0]
            reference = f"{base} @ {value}" if base else ""
        else:
            reference = f"#{value[0]}" if match["r"].startswith("<h") else str(value)
        for _, key, time in reading.all("t"):
            if key != match["r"]:
                reference += f" @ {time}"
    if not reference:
        return None
    if reference.startswith("#") and last.name == "explain_match":
        return Call("explain_match", {"result": reference})
    if last.name == "compare_moments":
        return Call("compare_moments", {"first": last.args.get("first", "clip"), "second": reference})
    if last.name == "make_playlist" and reference.startswith("#"):
        return Call("make_playlist", {**last.args, "results": [reference]})
    if last.name == "search_library" and not reference.startswith(("#", "clip")):
        return None
    if last.name in ("describe_moment", "transcribe_vocals", "find_repeats"):
        return Call(last.name, {"moment": reference})
    if last.name == "find_similar_moments" and not (reference.startswith("#") and talk.found):
        return Call(last.name, {**last.args, "moment": reference})
    if reference.startswith("#"):
        return Call("describe_moment", {"moment": reference})
    return None


_WISHES = {
    "find_similar_moments": "finding similar moments",
    "find_by_humming": "finding a hummed tune",
    "find_by_description": "searching by description",
    "find_repeats": "finding repeats within a track",
    "describe_moment": "describing a moment",
    "explain_match": "explaining a match",
    "compare_moments": "comparing two moments",
    "search_library": "searching the library's tags",
    "recommend_moments": "recommending music",
    "transcribe_vocals": "writing down sung words",
    "make_playlist": "saving a playlist",
    "add_to_library": "adding to the library",
    "library_status": "telling the library's state",
}

"""Words that only point: "and the second?", "no, the other one", "I meant 2:25", and a yes to a question."""

from __future__ import annotations

import re

from app.agent.planner.decide.around import beside
from app.agent.planner.decide.content import is_strange
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.filters import has_composer
from app.agent.planner.parse.moments import moments
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.times import ENDING_S, Time, seconds_of
from app.agent.planner.parse.vocabulary import any_of

TWO = 2
_ABOUT_A_MOMENT = ("describe_moment", "transcribe_vocals", "find_repeats")


def same_for_another(reading: Reading, talk: Talk) -> Call | None:
    """The last call again, for something else; None if the words do not only point."""
    last = talk.last
    if last is None:
        return None
    if talk.brought and talk.tries and found("calls", "one more try", reading.text):
        return Call("find_by_humming", {"moment": f"{talk.tries} and clip:{talk.clips}", "k": talk.asked_for})
    if aside := beside(reading, talk) or _what_comes_next(reading, last):
        return aside
    if talk.brought:
        again = found("calls", "the same for this", reading.text) and "moment" in last.args
        return Call(last.name, {**last.args, "moment": "clip"}) if again else None
    named = [reference for _, reference in moments(reading, talk)]
    if (
        last.name == "compare_moments"
        and len(named) == TWO
        and found("calls", "two and no more", reading.text)
    ):
        return Call(last.name, {"first": named[0], "second": named[1]})
    reference = _reference(reading, last, talk)
    same = _again(last, reference, talk) if reference else None
    return same or (_another_name(reading) if last.name == "search_library" else None)


def _what_comes_next(reading: Reading, last: Call) -> Call | None:
    """The place behind the one that was described: "and after that?"; None for other words."""
    if last.name != "describe_moment" or not found("calls", "what comes next", reading.text):
        return None
    title, _, place = str(last.args["moment"]).partition(" @ ")
    start, _, end = place.partition("-")
    from_s, to_s = seconds_of(start), seconds_of(end or start)
    if from_s is None or to_s is None:
        return None
    after_s = to_s if end else from_s + ENDING_S
    return Call(last.name, {"moment": f"{title} @ {Time(after_s, after_s + max(to_s - from_s, ENDING_S))}"})


def awaits_a_try(reading: Reading, talk: Talk) -> bool:
    """Whether another try at the tune that was hummed is announced, and no recording of it came."""
    announced = found("calls", "one more try", reading.text)
    named = any(reading.all(kind) for kind in "hmct")
    return (
        bool(announced and talk.tries)
        and not (talk.brought or named)
        and not found("calls", "looks for", reading.text)
        and not found("calls", "more of the library", reading.text)
    )


def _reference(reading: Reading, last: Call, talk: Talk) -> str:
    """What the words point at, if they do nothing else."""
    match = found("calls", "the same for another", reading.text)
    if not match:
        return ""
    pointer = match["n"]
    if "other" in pointer:
        number = int(talk.mentioned[1:].split(":")[0]) if talk.mentioned else 1
        return f"#{2 if number == 1 else 1}"
    value = reading.named[pointer]
    if pointer.startswith("<t"):
        base = str(last.args.get("moment") or "").split(" @ ")[0]
        return f"{base} @ {value}" if base else ""
    reference = f"#{value[0]}" if pointer.startswith("<h") else str(value)
    times = [time for _, _, time in reading.all("t")]
    return f"{reference} @ {times[0]}" if times else reference


def _another_name(reading: Reading) -> Call | None:
    """A name looked up after another: "and Clara?"; None where any of the words says something else."""
    match = found("calls", "another name", reading.text)
    names = any_of("composers")
    if match is None or has_composer(match["n"]):  # who becomes a condition
        return None
    if match["n"] in reading.named:  # it has a capital
        return Call("search_library", {"text": str(reading.named[match["n"]])})
    words = re.findall(r"[^\W\d_]+", match["n"])
    if not all(is_strange(word) or re.search(rf"\b{word}\b", names) for word in words):
        return None
    return Call("search_library", {"text": reading.original(*match.span("n"))})


def _again(last: Call, reference: str, talk: Talk) -> Call | None:
    """The last call, made for another moment or result."""
    result = reference.startswith("#")
    if last.name == "compare_moments":
        return Call(last.name, {"first": last.args.get("first", "clip"), "second": reference})
    if last.name in _ABOUT_A_MOMENT:
        return Call(last.name, {"moment": reference})
    if last.name == "explain_match" and result:
        return Call(last.name, {"result": reference})
    if last.name == "make_playlist" and result:
        return Call(last.name, {**last.args, "results": [reference]})
    if last.name == "find_similar_moments" and not (result and talk.found):
        return Call(last.name, {**last.args, "moment": reference})
    return Call("describe_moment", {"moment": reference}) if result else None

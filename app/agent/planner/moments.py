"""Which moments the words mean, as references that a tool resolves: "clip @ 0:20-0:30", "#2", "Clair de Lune @ 2:15"."""

from __future__ import annotations

import re

from app.agent.planner.conversation import Talk
from app.agent.planner.words import Reading

_REFERENCE = re.compile(r"<[chm]\d+>")
_DEICTIC = re.compile(r"\b(?:this|that|it|its|these|those|them|they|both|mine|here)\b")


def moments(reading: Reading, talk: Talk) -> list[tuple[int, str]]:
    """(place, reference) of every moment that is named, in reading order, each with its time."""
    text = reading.text
    found: list[tuple[int, str]] = []
    used: set[str] = set()
    for match in _REFERENCE.finditer(text):
        if match[0] not in reading.named:
            continue
        time = _time_of(reading, match, used)
        value = reading.named[match[0]]
        names = value if isinstance(value, tuple) else (value,)
        found += [(match.start(), f"{_written(name)}{time}") for name in names]
    for place, key, value in reading.all("t"):
        if key not in used:
            if found:
                where, name = min(found, key=lambda one: abs(one[0] - place))
                if " @ " not in name:
                    found[found.index((where, name))] = (where, f"{name} @ {value}")
            else:
                found.append((place, f"{subject(talk).split(' @ ')[0]} @ {value}"))
    return found


def _written(name: object) -> str:
    return f"#{name}" if isinstance(name, int) else str(name)


def _time_of(reading: Reading, match: re.Match[str], used: set[str]) -> str:
    """The time that stands beside a reference."""
    text = reading.text
    beside = re.match(r"[\s,(]*(<t\d+>)", text[match.end() :])
    if not beside:
        beside = re.search(
            r"(<t\d+>)[\s,)]*(?:of|in|from|into|during|on)?\s*(?:the )?$", text[: match.start()]
        )
    if not beside or beside[1] in used:
        return ""
    used.add(beside[1])
    return f" @ {reading.named[beside[1]]}"


def subject(talk: Talk) -> str:
    """What "this" and "it" mean."""
    if talk.brought:
        return "clip"
    if talk.subject:
        return talk.subject
    if talk.clips:
        return "clip"
    return "#1" if talk.searched else "clip"


def subject_result(talk: Talk) -> str:
    """What "it" means where only a result can be meant."""
    return talk.mentioned or "#1"


def one_moment(reading: Reading, talk: Talk) -> str:
    """The moment that the words are about; what "this" means if they name none."""
    named = moments(reading, talk)
    return named[0][1] if named else subject(talk)


def one_result(reading: Reading, talk: Talk) -> str:
    """The result that the words are about."""
    for _, _, value in reading.all("h"):
        return f"#{value[0]}"
    if match := re.search(r"\b(?:number |no\.? |result |why |explain )(\d{1,2})\b", reading.text):
        return f"#{match[1]}"
    return subject_result(talk)


def results(reading: Reading) -> list[str]:
    """All results that are named."""
    numbers = [number for _, _, value in reading.all("h") for number in value]
    bare = r"(?:<h\d+>|\b(?:save|keep|export|only|just|numbers?|results?|hits?|compare|between|to|from|of|with|out of)\b)(?:[ ,]|and|\+|&|results?|hits?|numbers?)*?((?:\b\d{1,2}\b(?:[ ,]|and|\+|&)*)+)(?! ?(?:seconds|minutes|more))"
    if match := re.search(bare, reading.text):
        numbers += [int(number) for number in re.findall(r"\d+", match[1])]
    return [f"#{number}" for number in dict.fromkeys(numbers)]


def two_moments(reading: Reading, talk: Talk) -> tuple[str, str]:
    """The two moments that are to be compared."""
    named = moments(reading, talk)
    if len(named) < 2 and len(listed := results(reading)) >= 2:
        return listed[0], listed[1]
    if len(named) >= 2:
        return named[0][1], named[1][1]
    if not named:
        if talk.brought >= 2 or (talk.clips >= 2 and not talk.searched):
            return f"clip:{talk.clips - 1}", f"clip:{talk.clips}"
        if re.search(r"\b(?:this|it|that)\b", reading.text) and talk.mentioned:
            return ("clip" if talk.clips else "#1"), talk.mentioned
        if talk.brought and not re.search(r"\b(?:them|these|those|both|two)\b", reading.text):
            return "clip", "#1"
        return "#1", "#2"
    place, other = named[0]
    mine = _counterpart(other, talk)
    pointed = _DEICTIC.search(reading.text)
    return (other, mine) if pointed and pointed.start() > place else (mine, other)


def _counterpart(other: str, talk: Talk) -> str:
    """What a moment is compared with if only one is named."""
    if other.startswith("clip"):
        if talk.mentioned:
            return talk.mentioned
        return "#1" if talk.searched or talk.clips < 2 else f"clip:{talk.clips - 1}"
    for mine in (subject(talk), "clip" if talk.clips else "#1", "#1"):
        if mine != other:
            return mine
    return "#2"

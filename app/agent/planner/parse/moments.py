"""Which moments the words mean, as references that a tool resolves: "clip @ 0:20-0:30", "#2", "Pavane @ 2:15"."""

from __future__ import annotations

import re

from app.agent.planner.parse.conversation import Talk
from app.agent.planner.parse.patterns import found
from app.agent.planner.parse.reading import Reading

_REFERENCE = re.compile(r"<[chm]\d+>")


def moments(reading: Reading, talk: Talk) -> list[tuple[int, str]]:
    """(place, reference) of every moment that is named, in reading order, each with its time."""
    text = reading.text
    named: list[tuple[int, str]] = []
    used: set[str] = set()
    for match in _REFERENCE.finditer(text):
        if match[0] not in reading.named:
            continue
        time = _time_of(reading, match, used)
        value = reading.named[match[0]]
        names = value if isinstance(value, tuple) else (value,)
        named += [(match.start(), f"{_written(name)}{time}") for name in names]
    for place, key, value in reading.all("t"):
        if key not in used:
            if named:
                where, name = min(named, key=lambda one: abs(one[0] - place))
                if " @ " not in name:
                    named[named.index((where, name))] = (where, f"{name} @ {value}")
            else:
                named.append((place, f"{subject(talk).split(' @ ')[0]} @ {value}"))
    return named


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
    if match := found("calls", "bare result", reading.text):
        return f"#{match['n']}"
    return subject_result(talk)


def results(reading: Reading) -> list[str]:
    """All results that are named."""
    numbers = [number for _, _, value in reading.all("h") for number in value]
    if match := found("calls", "bare results", reading.text):
        numbers += [int(number) for number in re.findall(r"\d+", match["n"])]
    return [f"#{number}" for number in dict.fromkeys(numbers)]


def two_moments(reading: Reading, talk: Talk) -> tuple[str, str]:
    """The two moments that are to be compared."""
    named = moments(reading, talk)
    listed = results(reading)
    if len(named) >= 2:
        return named[0][1], named[1][1]
    if len(listed) >= 2:
        return listed[0], listed[1]
    if len(named) == 1 and listed and named[0][1].split(" @ ")[0] not in listed:
        place = reading.text.find(listed[0][1:])
        pair = (listed[0], named[0][1])
        return pair if place < named[0][0] else (pair[1], pair[0])
    if not named and listed:
        place = max(reading.text.find(listed[0][1:]), 0)
        named = [(place, listed[0])]
    if not named:
        return _two_unnamed(reading.text, talk)
    place, other = named[0]
    mine = _counterpart(other, talk)
    pointed = found("calls", "deictic", reading.text)
    return (other, mine) if pointed and pointed.start() > place else (mine, other)


def _two_unnamed(text: str, talk: Talk) -> tuple[str, str]:
    """What "compare them" means."""
    if talk.last is not None and talk.last.name == "compare_moments" and not talk.brought:
        return str(talk.last.args.get("first", "clip")), str(talk.last.args.get("second", "#1"))
    if talk.brought >= 2 or (talk.clips >= 2 and not talk.searched):
        return f"clip:{talk.clips - 1}", f"clip:{talk.clips}"
    if talk.mentioned and found("calls", "points", text):
        return ("clip" if talk.clips else "#1"), talk.mentioned
    if talk.brought and not found("calls", "several", text):
        return "clip", "#1"
    return "#1", "#2"


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

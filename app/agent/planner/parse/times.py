"""Times in words and figures: "2:15", "1m23s", "two minutes ten", "from 65 to 80 seconds", "the first minute".

Each becomes a placeholder `<t0>` standing for a Time; the patterns are in times.txt.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from app.agent.planner.parse.patterns import sections, table
from app.agent.planner.parse.reading import Reading
from index.core.errors import clock

_UNITS = {
    "zero": 0, "one": 1, "a": 1, "an": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_MINUTES = r"(?:m|mins?|minutes?)"
_SECONDS = r"(?:s|secs?|seconds?)"
_N = r"(\d+(?:\.\d+)?|[a-z]+(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?)"


ENDING_S = 10.0
"""How long "the end of" a piece is."""


@dataclass(frozen=True)
class Time:
    """A point or a span within a piece of music; a start below 0 is counted from the end."""

    start_s: float
    end_s: float | None = None

    def __str__(self) -> str:
        if self.start_s < 0:  # counted from the end
            return f"last {clock(-self.start_s)}"
        start = clock(self.start_s)
        return start if self.end_s is None else f"{start}-{clock(self.end_s)}"


@dataclass(frozen=True)
class WrongTime:
    """What is written like a time and is none, as "9:99"; the tool says so."""

    written: str

    def __str__(self) -> str:
        return self.written


@dataclass(frozen=True)
class Place:
    """A place told in words, as "where it goes quiet"; the tool finds it by what it measures."""

    words: str

    def __str__(self) -> str:
        return self.words


def value_of(number: str) -> float:
    """What a number in figures or words is worth; 0 for a word that is none."""
    number = number.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", number):
        return float(number)
    return float(sum(_UNITS.get(part, 0) for part in re.split(r"[- ]", number)))


def name_times(reading: Reading) -> None:
    """Set aside every time as `<t0>`; the word before it ("at", "from") goes with it."""
    for section in sections("times"):
        if section.heading in _READERS:
            for pattern in section.lines:
                reading.name(pattern, "t", _READERS[section.heading])


def name_openings(reading: Reading) -> None:
    """Set aside "the beginning of" as the time 0:00, "the end of" as the last ten seconds."""
    edges = {"opening": Time(0.0), "ending": Time(-ENDING_S)}
    for section in sections("times"):
        if edge := edges.get(section.heading):
            for pattern in section.lines:
                reading.name(pattern, "t", functools.partial(_edge, edge))


def name_places(reading: Reading) -> None:
    """Set aside a place that is told by how it sounds: "the loudest part of", "where the drums come in"."""
    for pattern in table("times")["place of a title"]:
        if match := pattern.search(reading.text):
            _ask_after_the_place(reading, match)
    for pattern in table("times")["place"]:
        reading.name(pattern, "t", functools.partial(_place, reading))


def _ask_after_the_place(reading: Reading, match: re.Match[str]) -> None:
    """ "Where does <q0> get quiet?" is "where does it get quiet in <q0>?"."""
    (start, end), title = match.span("title"), match["title"]
    reading.put(match.end("does"), match.end("does"), f" in {title}")
    reading.put(start, end, "it")


def _place(reading: Reading, match: re.Match[str]) -> Place:
    words = reading.text[slice(*match.span("what"))].strip(" ,")
    asked = re.match(
        r"(?:(?:where|when|at what (?:point|time)|at which (?:point|time)) )?(?:do|does|did|is|are) ", words
    )
    if asked:
        return Place(f"where {words[asked.end() :]}")
    if words.startswith("with "):
        return Place(f"where {words.removeprefix('with ')} plays")
    return Place(
        words if words.startswith(("the ", "where ", "when ", "in which ", "at which ")) else f"the {words}"
    )


def _edge(edge: Time, match: re.Match[str]) -> Time:
    return edge


# --- how the patterns under each heading are read ---------------------------------------------------------


def _span(match: re.Match[str]) -> Time | None:
    start, end = seconds_of(match["start"]), seconds_of(match["end"])
    return Time(start, end) if start is not None and end is not None and end > start else None


def _seconds(match: re.Match[str]) -> Time | None:
    start, end = value_of(match["start"]), value_of(match["end"])
    return Time(start, end) if end > start else None


def _lasting(match: re.Match[str]) -> Time | None:
    start, length = seconds_of(match["start"]), seconds_of(match["length"])
    return Time(start, start + length) if start is not None and length else None


def _first(match: re.Match[str]) -> Time | None:
    length = match["length"]
    seconds = seconds_of(length if re.search(r"[\d -]", length) else f"one {length}")
    return Time(0.0, seconds) if seconds else None


def _last(match: re.Match[str]) -> Time | None:
    first = _first(match)
    return Time(-first.end_s) if first and first.end_s else None


def _point(match: re.Match[str]) -> Time | WrongTime | None:
    if wrong := re.search(r"(?:\d+:)?\d+:[6-9]\d(?![\d:])", match["start"]):
        return WrongTime(wrong[0])
    if re.match(r"(?:about|around|roughly|approximately|circa|ca) ", match[0]) and re.match(
        r" of (?!(?:it|this|that|the|my|<)\b)[a-z]", match.string[match.end() :]
    ):
        return None  # "about 20 seconds of tension": how long, not where
    start = seconds_of(match["start"])
    decade = re.search(r"\bthe '?\d0s$", match[0])  # "from the 80s"
    return None if start is None or decade else Time(start)


_READERS: dict[str, Callable[[re.Match[str]], Time | WrongTime | None]] = {
    "span": _span,
    "seconds": _seconds,
    "lasting": _lasting,
    "first": _first,
    "last": _last,
    "point": _point,
}


def seconds_of(text: str) -> float | None:
    """A point in any form, in seconds; None if it is none."""
    text = text.strip().rstrip(".")
    if re.fullmatch(r"an? ?[a-z]+", text) and "minute" not in text:
        return None
    for pattern, value in _FORMS:
        if match := re.fullmatch(pattern, text):
            return value(match)
    return None


def _clock(match: re.Match[str]) -> float:
    total = 0.0
    for part in match[0].split(":"):
        total = total * 60 + float(part)
    return total


_FORMS: tuple[tuple[str, Callable[[re.Match[str]], float]], ...] = (
    (r"(?:\d{1,2}:)?\d{1,3}:\d\d(?:\.\d+)?", _clock),
    (r"(\d{1,2})'(\d{1,2})(?:\"|'')?", lambda match: 60.0 * int(match[1]) + int(match[2])),
    (rf"minute {_N}", lambda match: value_of(match[1]) * 60),
    (r"second (\d+)", lambda match: float(match[1])),
    (r"half (?:a )?minute", lambda match: 30.0),
    (rf"(?:a|one) {_MINUTES} and a half", lambda match: 90.0),
    (rf"{_N} and a half ?{_MINUTES}", lambda match: value_of(match[1]) * 60 + 30),
    (
        rf"{_N}[ -]?{_MINUTES}\.?(?: ?(?:and |, ?)?{_N}(?: ?{_SECONDS})?)?",
        lambda match: value_of(match[1]) * 60 + value_of(match[2] or "0"),
    ),
    (rf"{_N}[ -]?{_SECONDS}", lambda match: value_of(match[1])),
    (rf"([a-z]+) (?:oh |o )?{_N}", lambda match: value_of(match[1]) * 60 + value_of(match[2])),
)

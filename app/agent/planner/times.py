"""Times in words and figures: "2:15", "1m23s", "two minutes ten", "from 65 to 80 seconds", "the first minute".

Each becomes a placeholder `<t0>` standing for a Time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.agent.planner.words import Reading
from index.errors import clock

_UNITS = {
    "zero": 0, "one": 1, "a": 1, "an": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_ONES = "|".join(sorted(_UNITS, key=len, reverse=True))
NUMBER = rf"(?:(?<!\d)\d{{1,3}}(?:\.\d+)?|(?:{'|'.join(_TENS)})(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|(?:{_ONES}))"
"""A number in figures or words; `value_of` reads it."""


@dataclass(frozen=True)
class Time:
    """A point or a span within a piece of music."""

    start_s: float
    end_s: float | None = None

    def __str__(self) -> str:
        start = clock(self.start_s)
        return start if self.end_s is None else f"{start}-{clock(self.end_s)}"


def value_of(number: str) -> float:
    """What a number in figures or words is worth."""
    number = number.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", number):
        return float(number)
    total = 0
    for part in re.split(r"[- ]", number):
        total += _TENS.get(part, _UNITS.get(part, 0))
    return float(total)


_N = NUMBER
_S = r"(?:s|secs?|seconds?)"
_M = r"(?:m|mins?|minutes?)"
_CLOCK = r"(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:\.\d+)?(?!\d|:\d)"
_SAID = (
    rf"(?:(?:(?:{_N}) and a half|half a|half) ?{_M}\b|(?:a|one) {_M} and a half\b|{_N}[ -]?(?:{_M}\b|m(?=\d))\.?(?: ?(?:and |, ?)?{_N}(?: ?{_S}\b)?(?! ?{_M}))?"
    rf"|{_N}[ -]?{_S}\b)"
)
_SPOKEN = rf"(?:{'|'.join(list(_UNITS)[1:2] + list(_UNITS)[4:13])}) (?:oh |o )?(?:{'|'.join(_TENS)}|ten|fifteen|five|{'|'.join(list(_UNITS)[14:])})(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"
"""A time as a clock is read aloud: "two fifteen"."""
_POINT = rf"(?<![a-z])(?:{_CLOCK}|\d{{1,2}}'\d{{1,2}}(?:\"|'')?|{_SAID}|minute {_N}|second \d+)"
_TO = r" ?(?:-|to|until|till|til|through|up to|and) ?(?:about |around |roughly )?(?:the )?"
_MARK = r"(?: ?(?:mark|point))?"
_BEFORE = r"(?:(?<![a-z])(?:at|around|about|near|from|after|past|starting(?: at| from)?|beginning(?: at)?|@|to|by|roughly|circa|ca\.?|approximately)(?: about| around| roughly| the)*)"


def name_times(reading: Reading) -> None:
    """Set aside every time as `<t0>`; the word before it ("at", "from") goes with it."""

    def span(match: re.Match[str]) -> Time | None:
        start, end = seconds_of(match["start"]), seconds_of(match["end"])
        return Time(start, end) if start is not None and end is not None and end > start else None

    def seconds_span(match: re.Match[str]) -> Time | None:
        start, end = value_of(match["start"]), value_of(match["end"])
        return Time(start, end) if end > start else None

    def lasting(match: re.Match[str]) -> Time | None:
        start, length = seconds_of(match["start"]), seconds_of(match["length"])
        return Time(start, start + length) if start is not None and length else None

    def first(match: re.Match[str]) -> Time | None:
        length = seconds_of(
            match["length"]
            if match["length"][0].isdigit() or " " in match["length"] or "-" in match["length"]
            else f"one {match['length']}"
        )
        return Time(0.0, length) if length else None

    def point(match: re.Match[str]) -> Time | None:
        start = seconds_of(match["start"])
        decade = re.search(r"\bthe '?\d0s$", match[0])  # "from the 80s"
        return None if start is None or decade else Time(start)

    before = r"(?:\b(?:from|between|at|over|during|around|about)\b (?:about |around )?(?:the )?|@ ?)?"
    steps = (
        (rf"{before}(?<![\d:])(?P<start>{_POINT}){_MARK}{_TO}(?P<end>{_POINT}){_MARK}", span),
        (
            rf"\b(?:from|between) (?P<start>{_N}) ?(?:{_S} )?(?:to|and|-|until) ?(?P<end>{_N}) ?{_S}\b",
            seconds_span,
        ),
        (rf"{before}\b(?P<start>\d+)-(?P<end>\d+) ?{_S}\b", seconds_span),
        (
            rf"(?:the )?(?P<length>{_SAID})(?: long)?(?: of (?:it|music))?,? (?:starting |beginning )?(?:at|from|after|around) "
            rf"(?:the )?(?P<start>{_POINT}){_MARK}",
            lasting,
        ),
        (
            rf"(?:from|at|starting at|after) (?P<start>{_POINT}){_MARK}(?: on)? for (?:about )?(?P<length>{_SAID})",
            lasting,
        ),
        (
            rf"(?:over |during |in )?(?:the )?(?:first|opening|initial) (?P<length>{_N}[ -]?(?:{_S}|{_M})\b|half a minute|half minute|minute)",
            first,
        ),
        (
            rf"(?:about |around |at |roughly )?(?P<start>{_SAID}) (?:into|in(?! my| the| this)|mark)\b(?: it\b)?",
            point,
        ),
        (rf"{_BEFORE} ?(?<![\d:])(?P<start>{_POINT}){_MARK}", point),
        (rf"\bat (?P<start>{_SPOKEN})\b", point),
        (rf"(?<=, )(?P<start>{_SAID})", point),
        (rf"(?<![\w:./#-])(?P<start>{_CLOCK}|minute {_N}|second \d+){_MARK}", point),
    )
    for pattern, value in steps:
        reading.name(re.compile(pattern), "t", value)


_OPENING = re.compile(
    r"(?:at |from )?\bthe (?:very )?(?:opening|beginning|start|intro|introduction)(?: (?:bars|seconds|measures|notes))?(?= (?:of|to|in|from)\b)"
)


def name_openings(reading: Reading) -> None:
    """Set aside "the beginning of" as the time 0:00."""
    reading.name(_OPENING, "t", lambda match: Time(0.0))


def seconds_of(text: str) -> float | None:
    """A point in any form, in seconds; None if it is none."""
    text = text.strip().rstrip(".")
    if re.fullmatch(r"an? ?[a-z]+", text) and "minute" not in text:
        return None
    if re.fullmatch(r"(?:\d{1,2}:)?\d{1,3}:\d\d(?:\.\d+)?", text):
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
        return total
    if match := re.fullmatch(rf"({_ONES}) (?:oh |o )?({_N})", text):
        return value_of(match[1]) * 60 + value_of(match[2])
    if match := re.fullmatch(r"(\d{1,2})'(\d{1,2})(?:\"|'')?", text):
        return 60.0 * int(match[1]) + int(match[2])
    if match := re.fullmatch(rf"(minute|second) ({_N})", text):
        return value_of(match[2]) * (60 if match[1] == "minute" else 1)
    if re.fullmatch(r"half (?:a )?minute", text):
        return 30.0
    if re.fullmatch(rf"(?:a|one) {_M} and a half", text):
        return 90.0
    if match := re.fullmatch(rf"({_N}) and a half ?{_M}", text):
        return value_of(match[1]) * 60 + 30
    if match := re.fullmatch(rf"({_N})[ -]?{_M}\.?(?: ?(?:and |, ?)?({_N})(?: ?{_S})?)?", text):
        return value_of(match[1]) * 60 + (value_of(match[2]) if match[2] else 0.0)
    if match := re.fullmatch(rf"({_N})[ -]?{_S}", text):
        return value_of(match[1])
    return None

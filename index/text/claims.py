"""What a sentence claims: its numbers and its words of judgement; and which of them nothing measured stands behind.

Explanations and descriptions are held to it by bench/faithfulness.py. What language models say is held against what the
tools returned by app/agent/grounding/faithful.py, which knows more ways to say a number. What is inside
“quotation marks” is a name and no judgement. Sense is not known: a sentence that turns a measured number
around ("not soft") passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index.text.judgements import JUDGEMENTS
from index.text.wording import NUMBER_WORDS

_CLOCK = r"(?<![\d:.])(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)(?![\d:])"
_PLAIN = r"(?<![\d.:])[-+−]?\d+(?:,\d{3})*(?:\.\d+)?"
_WORD = re.compile(
    r"\b(" + "|".join(word for word in NUMBER_WORDS if word not in ("no", "one")) + r")\b", re.I
)
_NAMES = re.compile(r"“[^”]*”|\"[^\"\n]*\"")
_JUDGED = re.compile(
    r"(?<![\w-])(" + "|".join(sorted(map(re.escape, JUDGEMENTS), key=len, reverse=True)) + r")(?![\w])", re.I
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"#(])|\n+")


@dataclass(frozen=True)
class Number:
    """A number as it is written, and what it is worth; times in seconds."""

    text: str
    value: float
    is_time: bool = False

    @property
    def decimals(self) -> int:
        """Places behind the point as written."""
        return len(self.text.partition(".")[2].rstrip("abcdefghijklmnopqrstuvwxyz"))


def sentences(text: str) -> list[str]:
    """The sentences of an answer; a line's end is one too."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def numbers_in(text: str) -> list[Number]:
    """Every number of a text: times as the clock shows them, plain ones, and words from two to twelve.

    A minus that joins two numbers ("1:23-1:33", "60-70") is none of theirs.
    """
    found = []
    for match in re.finditer(_CLOCK, text):
        hours, minutes, seconds = match.groups()
        value = 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds)
        found.append(Number(match[0], value, is_time=True))
    rest = re.sub(_CLOCK, " ", text)
    for match in re.finditer(_PLAIN, rest):
        written = match[0].replace(",", "").replace("−", "-").lstrip("+")
        joined = written.startswith("-") and match.start() and rest[match.start() - 1].isalnum()
        written = written.removeprefix("-") if joined else written
        found.append(Number(written, float(written)))
    words = [word.lower() for word in _WORD.findall(rest)]
    return [*found, *(Number(word, float(NUMBER_WORDS.index(word))) for word in words)]


def judgements_in(text: str) -> list[str]:
    """Every word of judgement of a text, names left aside, in lower case."""
    return [match.lower() for match in _JUDGED.findall(_NAMES.sub(" ", text))]


def unsupported(text: str, measured: Iterable[str]) -> list[str]:
    """The numbers and words of judgement in a text that none of the measured texts has, as they are written.

    A number may be rounded further than the measured one, and a share may be said as a percentage. A word has to be
    there, in whatever case. The user's own words may be handed in beside what was measured.
    """
    sources = list(measured)
    known = [number for source in sources for number in numbers_in(source)]
    words = {word for source in sources for word in judgements_in(source.replace("“", " ").replace('"', " "))}
    lacking = [number.text for number in numbers_in(text) if not any(_same(number, other) for other in known)]
    return [*lacking, *(word for word in judgements_in(text) if word not in words)]


def _same(said: Number, measured: Number) -> bool:
    """Whether a number is the measured one, as exactly as it is said."""
    if said.is_time or measured.is_time:
        within_s = 0.5 if not said.decimals else 0.051
        return said.is_time and measured.is_time and abs(said.value - measured.value) <= within_s
    worth = {measured.value, abs(measured.value)}
    if 0 <= measured.value <= 1 and measured.decimals:
        worth.add(100 * measured.value)
    half = 0.5 * 10.0**-said.decimals + 1e-9
    return any(abs(said.value - value) <= half for value in worth)

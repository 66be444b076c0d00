"""Whether words say only what was measured: their numbers, keys, instruments and names, against facts.

Facts are what the tools returned (words and data) and what the user said. A sentence that says more is not supported.
What is checked is what can be looked up: a number within its rounding, a key, an instrument, a tempo or loudness
word, a quoted title, a composer. Whether a sentence draws the right conclusion is not known here.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.agent.grounding.claims import judgements, words_in
from app.agent.grounding.quantities import Quantity, quantities
from index.text.wording import closer_than

ABOUT = 0.05
"""How far, relatively, an approximation ("about 120 BPM") may be from what was measured."""
TIME_S = 1.01
WINDOW_S = 10.0
"""A moment lasts ten seconds: everybody may say so."""
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)*_]*\s+(?=[^a-z])|\n+")
_OFFER = re.compile(
    r"\b(?:you (?:can|could|may|might)|i (?:can|could)|if you|let me know|for example|for instance|such as"
    r"|feel free|would you|tell me|try|say|ask (?:me|for|why))\b",
    re.IGNORECASE,
)
"""What is offered or given as an example claims nothing of the music that was found."""
_RATIO = re.compile(r"ratio (\d+(?:\.\d+)?)")
_ABBREVIATED = re.compile(r"(?:\b(?:No|Nos|Op|Nr|St|Dr|Mr|Mrs|vs|ca|approx|[A-Z])|\bJ\. S)\.$")


@dataclass
class Facts:
    """What a conversation knows: every number and every word that a tool returned or the user said."""

    values: list[float] = field(default_factory=list)
    """Sorted."""
    ratios: set[float] = field(default_factory=set)
    counts: set[float] = field(default_factory=set)
    """Whole numbers that were not said as a share, a time or a length."""
    years: set[int] = field(default_factory=set)
    most: int = 0
    """The most that were found at once: smaller counts ("the other two") are fine."""
    words: str = ""
    """All texts, lower case."""

    @classmethod
    def of(cls, *sources: Any) -> Facts:
        """Facts out of texts and data, as deep as they are nested."""
        facts, texts = cls(), []
        values: set[float] = {WINDOW_S}
        among = {0, *(int(value) for name, value in _leaves(sources) if name == "compared" and value)}
        for name, value in _leaves(sources):
            if isinstance(value, str):
                texts.append(value)
                for said in quantities(value):
                    values.add(said.value)
                    if said.kind in ("number", "count", "place") and said.exact_to >= 1:
                        facts.counts.add(said.value)
                facts.ratios.update(float(ratio) for ratio in _RATIO.findall(value))
                continue
            values.add(float(value))
            if name == "likeness":
                told = {closer_than(float(value), compared) for compared in among}
                values.update(said.value for words in told for said in quantities(words))
            if isinstance(value, int):
                facts.counts.add(float(value))
            if "ratio" in name:
                facts.ratios.add(float(value))
        for size in _sizes(sources):
            values.add(float(size))
            facts.most = max(facts.most, size)
        facts.values = sorted(values)
        facts.years = {int(value) for value in values if 1000 <= value <= 2100 and value == int(value)}
        facts.words = " ".join(texts).lower()
        return facts

    def support(self, said: Quantity) -> bool:  # noqa: PLR0911
        """Whether a number was returned, or follows from one by rounding or another unit."""
        value, near = said.value, 0.5 * said.exact_to * 1.001
        if said.about:
            near = max(near, ABOUT * abs(value))
        match said.kind:
            case "place":
                return value <= self.most or self._has(value, 0)
            case "count":
                return value <= max(self.most, 2) or value in self.counts
            case "century":
                return any((year - 1) // 100 + 1 == value for year in self.years) or self._has(value, 0)
            case "foreign":
                return said.text.lower() in self.words
            case "decade":
                return any(year // 10 * 10 == value for year in self.years)
            case "time":
                return self._has(value, max(TIME_S, near))
            case "percent":
                return (
                    self._has(value, near) or self._has(value / 100, near / 100) or self._ratio(value, near)
                )
            case "minutes":
                return self._has(value, near) or self._has(60 * value, 60 * near)
            case "hours":
                return self._has(value, near) or self._has(3600 * value, 3600 * near)
            case "kilo":
                return self._has(value, near) or self._has(1000 * value, 1000 * near)
            case _:
                whole = said.exact_to == 1 and value <= self.most
                return whole or self._has(value, near) or self._likeness(value, near)

    def unsupported(self, sentence: str) -> list[str]:
        """What a sentence says that the facts do not hold; empty for a faithful one."""
        offer = sentence.rstrip('*_"”’) ').endswith("?") or _OFFER.search(sentence) is not None
        wrong = []
        for said in quantities(sentence):
            proposed = offer and said.kind in ("count", "place", "number") and said.exact_to >= 1
            scale = said.value in (1, 100) and re.search(
                rf"(?:\b(?:of|out of|to)|/)\s*{re.escape(said.text)}\b", sentence
            )
            if not proposed and not scale and not self.support(said):
                wrong.append(said.text)
        return wrong + judgements(sentence, self.words, self._said, offer=offer)

    @functools.cached_property
    def _said(self) -> frozenset[str]:
        return words_in(self.words)

    def _has(self, value: float, near: float) -> bool:
        """Whether a value, or its opposite (as in "20 dB below"), is among those returned."""
        for wanted in (value, -value):
            place = bisect_left(self.values, wanted - near - 1e-9)
            if place < len(self.values) and self.values[place] <= wanted + near + 1e-9:
                return True
        return False

    def _likeness(self, value: float, near: float) -> bool:
        """A share said out of a hundred, as the page shows likeness."""
        return 1 < value <= 100 and self._has(value / 100, near / 100)

    def _ratio(self, percent: float, near: float) -> bool:
        """A ratio said as a change, "8 % slower"."""
        changes = [
            100 * abs(change) for ratio in self.ratios if ratio for change in (ratio - 1, 1 / ratio - 1)
        ]
        return any(abs(change - abs(percent)) <= near for change in changes)


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, each with the space after it: joined, they are the text."""
    parts: list[str] = []
    start = 0
    for match in _SENTENCE.finditer(text):
        if _ABBREVIATED.search(text[start : match.start()]):
            continue
        parts.append(text[start : match.end()])
        start = match.end()
    return [*parts, text[start:]] if start < len(text) else parts


def faithful(text: str, facts: Facts) -> tuple[str, list[str]]:
    """The text without its unsupported sentences, and what was wrong with those."""
    kept, wrong = [], []
    for sentence in sentences(text):
        if found := facts.unsupported(sentence):
            wrong += found
        else:
            kept.append(sentence)
    return "".join(kept).strip(), wrong


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str | float]]:
    """Every text and number, with the name it goes by."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, str(key))
    elif isinstance(value, (str, int, float)):
        if not isinstance(value, bool):
            yield name, value
    elif isinstance(value, Iterable):
        for part in value:
            yield from _leaves(part, name)


def _sizes(value: Any) -> Iterator[int]:
    """How many hits, tracks or seconds each piece of data holds."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name in ("hits", "tracks", "parts", "seconds", "choices") and isinstance(part, (list, tuple)):
                yield len(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _sizes(part)

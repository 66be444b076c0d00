"""Patterns kept as text, one a line, under headings: rules.txt, emphasis.txt, filters.txt, ...

A line "NAME = ..." defines {NAME} for the lines below it. {MOODS}, {COMPOSERS}, {GENRES} and {INSTRUMENTS} are the
names in names.json, {SUPERLATIVES} "happiest", "most dramatic" and the like, {COMPARATIVES} "happier".
A line that starts with "! ", "& " or "@ " is kept apart under that mark; "#" is a remark. A pattern is made when a
text may have it: making all of them takes seconds, and a sentence is about few.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.agent.planner.parse.needs import Macro, Need, meets, need_of
from app.agent.planner.parse.vocabulary import any_of, comparatives, names, superlatives

MARKS = ("!", "&", "@")
_KINDS = ("moods", "composers", "genres", "instruments")


@dataclass(frozen=True, eq=False)
class Expression:
    """A pattern of one line, which is made when it is first needed; asked as those of `re` are."""

    line: str
    macros: Mapping[str, Macro]

    @functools.cached_property
    def pattern(self) -> str:
        """The line with its macros put in."""
        return _expanded(self.line, self.macros)

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """Where it is found first, between two places."""
        return self._made.search(text, start, end) if self._may_be_in(text) else None

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Whether the text, from a place on, begins with it."""
        return self._made.match(text, start) if self._may_be_in(text) else None

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        """Everywhere it is found."""
        return self._made.finditer(text, start, end) if self._may_be_in(text) else iter(())

    def sub(self, new: str, text: str) -> str:
        """The text with something else wherever it is found."""
        return self._made.sub(new, text) if self._may_be_in(text) else text

    def _may_be_in(self, text: str) -> bool:
        return self._need is None or meets(self._need, text)

    @functools.cached_property
    def _need(self) -> Need:
        return need_of(self.line, self.macros)

    @functools.cached_property
    def _made(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


@dataclass(frozen=True)
class Section:
    """What stands under one heading."""

    heading: str
    lines: list[Expression] = field(default_factory=list)
    marked: dict[str, list[Expression]] = field(default_factory=lambda: {mark: [] for mark in MARKS})


@functools.lru_cache(maxsize=16)
def sections(name: str) -> tuple[Section, ...]:
    """The sections of a file, in their order; headings may come more than once."""
    macros = {kind.upper(): Macro(any_of(kind), frozenset(names()[kind])) for kind in _KINDS}
    for kind, words in (("SUPERLATIVES", superlatives()), ("COMPARATIVES", comparatives())):
        either = "|".join(sorted(words, key=len, reverse=True))
        macros[kind] = Macro(f"(?:{either})", frozenset(words))
    found: list[Section] = []
    for line in Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if definition := re.match(r"([A-Z][A-Z0-9]*) = (.+)", line):
            written, need = _expanded(definition[2], macros), need_of(definition[2], macros)
            macros[definition[1]] = Macro(written, need)
        elif heading := re.match(r"\[([\w ]+)\]$", line):
            found.append(Section(heading[1]))
        elif line.strip() and not line.startswith("#"):
            mark = line[0] if line[:2] in ("! ", "& ", "@ ") else ""
            place = found[-1].marked[mark] if mark else found[-1].lines
            place.append(Expression(line[2:] if mark else line, macros))
    return tuple(found)


@functools.lru_cache(maxsize=16)
def table(name: str) -> dict[str, tuple[Expression, ...]]:
    """The patterns of a file by heading."""
    together: dict[str, list[Expression]] = {}
    for section in sections(name):
        together.setdefault(section.heading, []).extend(section.lines)
    return {heading: tuple(patterns) for heading, patterns in together.items()}


def matches(name: str, heading: str, text: str) -> Iterator[re.Match[str]]:
    """Where the patterns under a heading are found first, each in its turn."""
    for pattern in table(name)[heading]:
        if match := pattern.search(text):
            yield match


def found(name: str, heading: str, text: str) -> re.Match[str] | None:
    """The match of the first pattern under a heading that is found."""
    return next(matches(name, heading, text), None)


def _expanded(pattern: str, macros: Mapping[str, Macro]) -> str:
    return re.sub(r"\{([A-Z][A-Z0-9]*)\}", lambda match: macros[match[1]].text, pattern)

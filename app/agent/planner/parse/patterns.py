"""Patterns kept as text, one a line, under headings: rules.txt, emphasis.txt, filters.txt, ...

A line "NAME = ..." defines {NAME} for the lines below it. {MOODS}, {COMPOSERS}, {GENRES} and {INSTRUMENTS} are the
names in names.json, {SUPERLATIVES} "happiest", "most dramatic" and the like, {COMPARATIVES} "happier".
A line that starts with "! ", "& " or "@ " is kept apart under that mark; "#" is a remark.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.agent.planner.parse.vocabulary import any_of, comparatives, superlatives

MARKS = ("!", "&", "@")
_KINDS = ("moods", "composers", "genres", "instruments")


@dataclass(frozen=True)
class Section:
    """What stands under one heading."""

    heading: str
    lines: list[str] = field(default_factory=list)
    marked: dict[str, list[str]] = field(default_factory=lambda: {mark: [] for mark in MARKS})

    def compiled(self) -> list[re.Pattern[str]]:
        """Each line as a pattern."""
        return [re.compile(line) for line in self.lines]


@functools.lru_cache(maxsize=16)
def sections(name: str) -> tuple[Section, ...]:
    """The sections of a file, in their order; headings may come more than once."""
    macros = {kind.upper(): any_of(kind) for kind in _KINDS}
    macros["SUPERLATIVES"] = "(?:" + "|".join(sorted(superlatives(), key=len, reverse=True)) + ")"
    macros["COMPARATIVES"] = "(?:" + "|".join(sorted(comparatives(), key=len, reverse=True)) + ")"
    found: list[Section] = []
    for line in Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if definition := re.match(r"([A-Z][A-Z0-9]*) = (.+)", line):
            macros[definition[1]] = _expanded(definition[2], macros)
        elif heading := re.match(r"\[([\w ]+)\]$", line):
            found.append(Section(heading[1]))
        elif line.strip() and not line.startswith("#"):
            mark = line[0] if line[:2] in ("! ", "& ", "@ ") else ""
            place = found[-1].marked[mark] if mark else found[-1].lines
            place.append(_expanded(line[2:] if mark else line, macros))
    return tuple(found)


@functools.lru_cache(maxsize=16)
def table(name: str) -> dict[str, tuple[re.Pattern[str], ...]]:
    """The patterns of a file by heading."""
    together: dict[str, list[re.Pattern[str]]] = {}
    for section in sections(name):
        together.setdefault(section.heading, []).extend(section.compiled())
    return {heading: tuple(patterns) for heading, patterns in together.items()}


def matches(name: str, heading: str, text: str) -> Iterator[re.Match[str]]:
    """Where the patterns under a heading are found first, each in its turn."""
    for pattern in table(name)[heading]:
        if match := pattern.search(text):
            yield match


def found(name: str, heading: str, text: str) -> re.Match[str] | None:
    """The match of the first pattern under a heading that is found."""
    return next(matches(name, heading, text), None)


def _expanded(pattern: str, macros: dict[str, str]) -> str:
    return re.sub(r"\{([A-Z][A-Z0-9]*)\}", lambda match: macros[match[1]], pattern)

"""The user's words under preparation: lower case without accents, with what is named set aside.

A Reading is rewritten step by step (a path becomes `<p0>`, a time `<t0>`), while every character remembers
where it came from: a title is found in the prepared text and taken from what the user really wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from app.agent.planner.parse.vocabulary import plain as plain_text


class Searched(Protocol):
    """A pattern."""

    def search(self, text: str, start: int = 0, /) -> re.Match[str] | None:
        """Where it is found first, from a place on."""


class Reading:
    """Text under preparation, each character tied to the place in the original that it stands for."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.named: dict[str, Any] = {}
        """What the placeholders stand for."""
        self.mended: dict[str, str] = {}
        """Words that say how music sounds, as they were written, and what they are without the slip."""
        self._chars: list[str] = []
        self._from: list[tuple[int, int]] = []
        for place, char in enumerate(raw):
            plain = plain_text(char)
            self._chars += plain
            self._from += [(place, place + 1)] * len(plain)

    @property
    def text(self) -> str:
        """The prepared text."""
        return "".join(self._chars)

    def original(self, start: int, end: int) -> str:
        """What the user wrote where the prepared text has [start, end)."""
        if start >= end or start >= len(self._from):
            return ""
        return self.raw[self._from[start][0] : self._from[min(end, len(self._from)) - 1][1]]

    def put(self, start: int, end: int, new: str) -> None:
        """Rewrite [start, end) as `new`."""
        origin = (self._from[start][0], self._from[end - 1][1]) if end > start else (0, 0)
        self._chars[start:end] = list(new)
        self._from[start:end] = [origin] * len(new)

    def name(self, pattern: Searched, letter: str, value: Callable[[re.Match[str]], Any]) -> None:
        """Set aside what `pattern` finds (its group `what`, if it has one).

        `value` says what it is, or None to leave it.
        """
        place = 0
        while match := pattern.search(self.text, place):
            found = value(match)
            start, end = match.span("what" if "what" in match.re.groupindex else 0)
            if found is None or end <= start:
                place = max(match.end(), match.start() + 1)
                continue
            key = f"<{letter}{len(self.named)}>"
            self.named[key] = found
            self.put(start, end, key)
            place = start + len(key)

    def all(self, letter: str) -> list[tuple[int, str, Any]]:
        """(place, placeholder, value) of everything set aside under a letter, in reading order."""
        return [
            (match.start(), match[0], self.named[match[0]])
            for match in re.finditer(rf"<{letter}\d+>", self.text)
            if match[0] in self.named
        ]

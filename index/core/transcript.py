"""What is sung or spoken, word by word, with times."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Word:
    """One word; times are seconds from the start of the track or clip."""

    text: str
    start_s: float
    end_s: float
    probability: float
    """0 to 1: the network's confidence."""


@dataclass(frozen=True)
class Line:
    """Words that belong together: a line of a song, a sentence."""

    text: str
    start_s: float
    end_s: float
    words: tuple[Word, ...] = ()

    def later(self, by_s: float) -> Line:
        """The same line so many seconds later."""
        words = tuple(
            replace(word, start_s=round(word.start_s + by_s, 3), end_s=round(word.end_s + by_s, 3))
            for word in self.words
        )
        return Line(self.text, round(self.start_s + by_s, 3), round(self.end_s + by_s, 3), words)


@dataclass(frozen=True)
class Transcript:
    """The transcription of a span of sound."""

    lines: tuple[Line, ...]
    language: str
    """As "en"; the network's guess where no words were recognised."""
    network: str
    """Which network transcribed it: "base"."""

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(line.text for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """Plain values, as JSON keeps them."""
        lines = [{**asdict(line), "words": [asdict(word) for word in line.words]} for line in self.lines]
        return {"lines": lines, "language": self.language, "network": self.network}

"""The occasion: what the hour and the day of the week suggest, as a small prior that is always said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from index.words.lexicon import Meaning, lexicon
from index.words.parse import Understood

WEIGHT = 0.25
"""Against 1 for a word of the user's."""


@dataclass(frozen=True)
class Occasion:
    """A leaning, and why."""

    meaning: str
    """A row of the lexicon."""
    because: str
    """As in "because it is late"."""
    leaning: str
    """As in "calmer"."""

    @property
    def text(self) -> str:
        """As an answer says it: "because it is late: calmer"."""
        return f"because {self.because}: {self.leaning}"

    def understood(self) -> Understood:
        """The leaning as a word of a description."""
        meaning: Meaning = next(row for row in lexicon().meanings if row.name == self.meaning)
        return Understood(self.because, meaning)


def occasion_of(now: datetime) -> Occasion:
    """What a moment of the week suggests."""
    hour, weekday = now.hour, now.weekday()
    day = now.strftime("%A")
    if hour >= 22 or hour < 5:
        return Occasion("calm", "it is late", "calmer")
    if hour < 10:
        return Occasion("waking up", f"it is {day} morning", "brighter")
    if hour < 17:
        if weekday < 5:
            return Occasion("studying", f"it is {day}, in the middle of the day", "more even")
        return Occasion("happy", f"it is {day}", "more cheerful")
    if weekday in (4, 5):
        return Occasion("energetic", f"it is {day} evening", "livelier")
    return Occasion("evening", f"it is {day} evening", "softer")

"""Every number and every word of judgement in a comparison of two passages, as patterns with their rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bench.remeasured import Remeasured, apart_db, same_bits
from index.core.errors import clock
from index.core.facts import Beside
from index.core.moments import Passage
from index.descriptors.chord_progression import ChordPair, closest, inverse
from index.text.interval_words import shift_words
from index.text.wording import NUMBER_WORDS

Rule = tuple[str, Callable[[re.Match[str]], bool]]
_CHORDS = rf"(all|none of the|the|one|\w+ of) ?({'|'.join(NUMBER_WORDS[1:])}|\d+)? chords?"


@dataclass(frozen=True)
class Both:
    """Two passages that lie against each other."""

    first: Passage
    second: Passage
    alignment: Any
    pairs: Sequence[ChordPair]
    together: bool = True

    @property
    def one(self) -> Remeasured:
        """The first, measured again beside the second."""
        beside = Beside(self.second, inverse(self.alignment)) if self.together else None
        return Remeasured(self.first, beside)

    @property
    def other(self) -> Remeasured:
        """The second, measured again beside the first."""
        return Remeasured(self.second, Beside(self.first, self.alignment) if self.together else None)

    def rules(self) -> list[Rule]:
        """What is said of two passages in the same words everywhere."""
        change = 1 / self.alignment.tempo_ratio - 1
        ratio = self.other.centroid_hz / self.one.centroid_hz
        return [
            (_CHORDS + r"(?: agrees?| differs?)?", self._chords),
            (
                r"(\d+) % of its bits are the same \(chance gives 50\)",
                lambda m: m[1] == f"{same_bits(self.first, self.second, self.alignment.tempo_ratio):.0f}",
            ),
            (r"loudness runs ([\d.]+) dB apart", lambda m: m[1] == f"{apart_db(self.one, self.other):.1f}"),
            (
                r"(\d+) % (brighter|darker)",
                lambda m: m[1] == f"{100 * abs(ratio - 1):.0f}" and (m[2] == "brighter") == (ratio > 1.1),
            ),
            (r"equally bright", lambda _: abs(ratio - 1) <= 0.1),
            (r"the brightness", lambda _: abs(ratio - 1) <= 0.1),
            (
                r"(\d+) % (faster|slower)",
                lambda m: m[1] == f"{100 * abs(change):.0f}" and (m[2] == "faster") == (change > 0),
            ),
            (r"the same(?= tempo| \(|\.|,)|the tempo(?! is)", lambda _: abs(change) < 0.03),
            (r"\(?(\d+)(?: and (\d+))? bpm\)?", lambda m: self.bpm(m[1], m[2] or m[1], within=0.03)),
            (
                r"an? (?:semitone|tone|minor third|major third|fourth|tritone) (?:higher|lower)",
                lambda m: m[0] == shift_words(self.alignment.shift_semitones),
            ),
            (r"in the same key", lambda _: self.alignment.shift_semitones == 0),
            (r"both have the sound of ([^.,]*(?:, (?!though)[^.]*?)?)(?=\.|;|, though|$)", self._sounds),
        ]

    def _chords(self, match: re.Match[str]) -> bool:
        """The query's chords, counted again: those for which the hit has the same for half of their time."""
        agreeing = total = 0
        for name, run in groupby(self.pairs, key=lambda pair: pair.query):
            stretch = list(run)
            if name != "N":
                total += 1
                same_s = sum(pair.end_s - pair.start_s for pair in stretch if pair.agree)
                agreeing += same_s >= (stretch[-1].end_s - stretch[0].start_s) / 2
        first, last = match[1], match[2] or ""
        if first in ("all", "none of the"):
            return _count(last) == total and agreeing == (total if first == "all" else 0)
        if first in ("the", "one"):
            return total == 1 and (agreeing == 1) == ("differ" not in match[0])
        return (_count(first.removesuffix(" of")), _count(last)) == (agreeing, total)

    def _sounds(self, match: re.Match[str]) -> bool:
        return set(parts(match[1])) <= set(self.one.sounds) & set(self.other.sounds)

    def closest_to(self, start: str, end: str) -> bool:
        """Whether the notes agree most between these times of the first."""
        found = closest(self.first, self.second, self.alignment)
        return found is not None and (start, end) == (
            clock(round(found.query_start_s, 1)),
            clock(round(found.query_end_s, 1)),
        )

    def bpm(self, own: str, other: str, within: float) -> bool:
        """Whether both have these tempi, clearly, and their ratio is that of the alignment."""
        here, there = Remeasured(self.first).pulse, self.other.pulse
        fits = not self.together or abs(here.bpm / there.bpm / self.alignment.tempo_ratio - 1) < within
        told = (own, other) == (f"{here.bpm:.0f}", f"{there.bpm:.0f}")
        return here.clear and there.clear and fits and told

    def either(self, course: str, time: str, at: str) -> bool:
        """Whether one of the two takes this course, with its turn at that time."""
        return any(course_is(each, course, time, getattr(each, at)) for each in (self.one, self.other))


def course_is(again: Remeasured, course: str, time: str, at_s: float) -> bool:
    """Whether a passage takes this course, with its turn at that time."""
    return again.course == course and time == clock(round(at_s))


def both_have(both: Both, words: str) -> bool:
    """Whether these families of instruments are detected in both."""
    return set(parts(words)) <= set(both.one.families) & set(both.other.families)


def _count(word: str) -> int:
    return NUMBER_WORDS.index(word) if word in NUMBER_WORDS else int(word)


def parts(listed: str) -> list[str]:
    """The parts of "a, b and c"."""
    return [part.strip() for part in re.split(r",| and ", listed) if part.strip()]

"""Why: the ranking taken apart, and a passage described, from measured facts only.

A factor's share is the number that the ranking added up. Every word comes from a rule over a measured fact;
nothing is said that was not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from index.factors import Fact, Factor
from index.factors.harmony import note_chroma
from index.factors.tonality import Chord, estimate_chords
from index.frames import NOTE_HZ
from index.moments import Alignment, Hit, Passage, Query

_SHORTEST_CHORD_S = 0.25


@dataclass(frozen=True)
class ExplainedFactor:
    """One factor's part in a hit, with what it measured in both passages and between them."""

    name: str
    value: float
    likeness: float
    weight: float
    contribution: float
    share: float
    """Of the hit's score, in [0, 1]."""
    query_facts: tuple[Fact, ...]
    hit_facts: tuple[Fact, ...]
    shared: tuple[Fact, ...]


@dataclass(frozen=True)
class ChordPair:
    """What both passages play at the same musical place. Times in seconds from the query's start."""

    start_s: float
    end_s: float
    query: str
    hit: str
    """As it sounds."""
    hit_in_query_key: str
    agree: bool


@dataclass(frozen=True)
class Explanation:
    """Why a hit was found: its factors, heaviest first, and the chords of both passages side by side."""

    query: Passage
    hit: Hit
    parts: tuple[ExplainedFactor, ...]
    chords: tuple[ChordPair, ...]

    @property
    def agreement(self) -> float:
        """Share of the time in which both play the same chord, in [0, 1]."""
        total = sum(pair.end_s - pair.start_s for pair in self.chords)
        return sum(pair.end_s - pair.start_s for pair in self.chords if pair.agree) / total if total else 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain values, for scripts and for the page."""
        return {
            "query": {"name": self.query.name, "start_s": self.query.start_s, "end_s": self.query.end_s},
            "hit": self.hit.as_record(),
            "parts": [asdict(part) for part in self.parts],
            "chords": [asdict(pair) for pair in self.chords],
            "chord_agreement": round(self.agreement, 3),
        }


@dataclass(frozen=True)
class Comparison:
    """What two passages share, and what not: each factor's likeness and facts."""

    first: Passage
    second: Passage
    explanation: Explanation

    @property
    def text(self) -> str:
        """Factor by factor, most alike first: likeness, and what both share."""
        parts = sorted(self.explanation.parts, key=lambda part: -part.likeness)
        return "\n".join(
            f"{part.name}: likeness {part.likeness:.2f}; {'; '.join(fact.text for fact in part.shared)}"
            for part in parts
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values, for scripts and for the page."""
        return self.explanation.as_json()


def explain(query: Query, hit: Hit, found: Passage, factors: Mapping[str, Factor]) -> Explanation:
    """The evidence for a hit; `found` is the hit's moment with its frames."""
    passage = query.passage
    total = sum(part.contribution for part in hit.factors.values()) or 1.0
    parts = [
        ExplainedFactor(
            name=name,
            value=part.value,
            likeness=part.likeness,
            weight=part.weight,
            contribution=part.contribution,
            share=part.contribution / total,
            query_facts=factors[name].facts(passage),
            hit_facts=factors[name].facts(found),
            shared=factors[name].shared(passage, found, hit.alignment),
        )
        for name, part in hit.factors.items()
    ]
    parts.sort(key=lambda part: -part.contribution)
    return Explanation(passage, hit, tuple(parts), chords_side_by_side(passage, found, hit.alignment))


def chords_side_by_side(query: Passage, hit: Passage, alignment: Alignment) -> tuple[ChordPair, ...]:
    """The chords of both passages on the query's clock, the hit's brought into the query's key to be compared."""
    own = estimate_chords(note_chroma(query), NOTE_HZ)
    ratio = hit.duration_s / query.duration_s
    other = estimate_chords(note_chroma(hit), NOTE_HZ)
    bounds = sorted(
        {0.0, query.duration_s}
        | {chord.start_s for chord in own}
        | {round(chord.start_s / ratio, 2) for chord in other}
    )
    pairs: list[ChordPair] = []
    for start_s, end_s in zip(bounds[:-1], bounds[1:], strict=True):
        if end_s - start_s < _SHORTEST_CHORD_S:
            continue
        middle_s = (start_s + end_s) / 2
        mine, theirs = _at(own, middle_s), _at(other, middle_s * ratio)
        heard = theirs.transposed(-alignment.shift_semitones)
        same = (mine.root, mine.quality) == (heard.root, heard.quality) and mine.quality != "N"
        pairs.append(ChordPair(start_s, end_s, mine.name, theirs.name, heard.name, same))
    return _joined(pairs)


def _at(chords: tuple[Chord, ...], time_s: float) -> Chord:
    return next((chord for chord in chords if chord.start_s <= time_s < chord.end_s), chords[-1])


def _joined(pairs: list[ChordPair]) -> tuple[ChordPair, ...]:
    """Neighbours that say the same become one."""
    joined: list[ChordPair] = []
    for pair in pairs:
        last = joined[-1] if joined else None
        if last and (last.query, last.hit) == (pair.query, pair.hit):
            joined[-1] = ChordPair(
                last.start_s, pair.end_s, last.query, last.hit, last.hit_in_query_key, last.agree
            )
        else:
            joined.append(pair)
    return tuple(joined)

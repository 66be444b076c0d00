"""Why a hit was found: the ranking decomposed into factors, from measured facts only.

A factor's share is the number that the ranking summed. Every word follows from a rule on a measured fact;
nothing is said that was not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from index.core.facts import Beside
from index.core.hits import Hit
from index.core.moments import Passage
from index.core.query import Query
from index.descriptors.chord_progression import ChordPair, inverse, side_by_side
from index.explain.counterfactuals import Otherwise, most_telling
from index.factors import Fact, Factor
from index.structure.segmentation import musical_span
from index.text.wording import listed

__all__ = ["ChordPair", "ExplainedFactor", "Explanation", "explain"]

MOSTLY = 0.5
"""Share of the score from which a factor is called most of it."""
TOLD_SHARE = 0.15
"""Share of the score from which a factor gets a sentence."""
UNLIKE = 0.5
"""Likeness below which a factor is called different: less similar than half of random pairs."""
_MOST_CHORDS = 50
_APART = ("brighter", "darker")
"""How a difference in brightness ends in words."""
_TELLING = {
    "timbre": ("common instruments", "common sound", "brightness ratio"),
    "rhythm": ("tempo ratio", "pulse"),
    "dynamics": ("difference of course",),
}


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

    @property
    def phrase(self) -> str:
        """Its evidence in a few words: "six of eight chords agree, a tone lower"."""
        texts = {fact.name: fact.text for fact in self.shared}
        if self.name == "harmony":
            return ", ".join([*self._notes(), *filter(None, [_here(texts.get("shift", ""))])])
        wanted = _TELLING.get(self.name, tuple(texts))
        told = [texts[name] for name in wanted if name in texts]
        if told and told[-1].endswith(_APART):  # no reason for a match: what speaks against it
            told = [*(told[:-1] or ["alike"]), f"though {told[-1]}"]
        return ", ".join(told)

    def _notes(self) -> list[str]:
        """How many chords agree, where most do; else where the notes are closest."""
        facts = {fact.name: fact for fact in self.shared}
        chords, best = facts.get("chords that agree"), facts.get("closest")
        if chords is not None and float(chords.value) >= _MOST_CHORDS:
            return [chords.text]
        return [f"the notes are closest from {best.value}"] if best is not None else []


@dataclass(frozen=True)
class Explanation:
    """Why a hit was found: its factors, heaviest first, and the chords of both passages side by side."""

    query: Passage
    hit: Hit
    parts: tuple[ExplainedFactor, ...]
    chords: tuple[ChordPair, ...]
    otherwise: tuple[Otherwise, ...] = ()
    """The rank that the hit would have in changed searches."""
    nearby: tuple[Fact, ...] = ()
    """The beat or the phrase nearest to the hit's start, and to its end."""

    @property
    def agreement(self) -> float:
        """Share of the time in which both play the same chord, in [0, 1]."""
        total = sum(pair.end_s - pair.start_s for pair in self.chords)
        return sum(pair.end_s - pair.start_s for pair in self.chords if pair.agree) / total if total else 0.0

    @property
    def summary(self) -> str:
        """A short paragraph: what weighs most and why, what adds to it, and what differs."""
        if not self.parts:
            return "Nothing was compared."
        first = self.parts[0]
        start = "Mostly" if first.share >= MOSTLY else "First of all"
        others = [part for part in self.parts[1:] if part.share >= TOLD_SHARE]
        tempo = self._tempo([first, *others])
        phrases = _each_once([first, *others], tempo)
        said = [f"{start} {first.name} ({percent(first.share)} of the score): {phrases[0]}."]
        said += [
            f"{part.name.capitalize()} adds {percent(part.share)}: {phrase}."
            for part, phrase in zip(others, phrases[1:], strict=True)
        ]
        said += [*filter(None, [tempo])]
        unlike = [part for part in self.parts if part.likeness < UNLIKE]
        if unlike:
            several = len(unlike) > 1 or unlike[0].name == "dynamics"
            said.append(f"The {listed([part.name for part in unlike])} {'differ' if several else 'differs'}.")
        said += [*filter(None, [most_telling(self.otherwise, self.hit.rank)])]
        return " ".join(said)

    def _tempo(self, mentioned: list[ExplainedFactor]) -> str:
        """A sentence on the tempo, where the rhythm is alike and has none yet, and no pulse speaks against it."""
        rhythm = next((part for part in self.parts if part.name == "rhythm"), None)
        if rhythm is None or rhythm in mentioned or rhythm.likeness < UNLIKE:
            return ""
        facts = {fact.name: fact.text for fact in rhythm.shared}
        own, other = (_pulse(each) for each in (rhythm.query_facts, rhythm.hit_facts))
        if own and other and "pulse" not in facts:
            return ""
        both = f" ({facts['pulse']})" if "pulse" in facts else ""
        ratio = facts.get("tempo ratio", "")
        return f"The tempo is {ratio.removesuffix(' tempo')}{both}." if ratio else ""

    def as_json(self) -> dict[str, Any]:
        """Plain values, for scripts and for the page."""
        return {
            "query": {"name": self.query.name, "start_s": self.query.start_s, "end_s": self.query.end_s},
            "hit": self.hit.as_record(),
            "summary": self.summary,
            "parts": [asdict(part) for part in self.parts],
            "chords": [asdict(pair) for pair in self.chords],
            "chord_agreement": round(self.agreement, 3),
            "otherwise": [each.as_json() for each in self.otherwise],
            "nearby": [fact.as_json() for fact in self.nearby],
        }


def explain(
    query: Query,
    hit: Hit,
    found: Passage,
    factors: Mapping[str, Factor],
    otherwise: tuple[Otherwise, ...] = (),
) -> Explanation:
    """The evidence for a hit; `found` is the hit's moment with its frames, `otherwise` what would change it."""
    passage, alignment = query.passage, hit.alignment
    total = sum(part.contribution for part in hit.factors.values()) or 1.0
    parts = [
        ExplainedFactor(
            name=name,
            value=part.value,
            likeness=part.likeness,
            weight=part.weight,
            contribution=part.contribution,
            share=part.contribution / total,
            query_facts=factors[name].facts(passage, Beside(found, inverse(alignment))),
            hit_facts=factors[name].facts(found, Beside(passage, alignment)),
            shared=factors[name].shared(passage, found, alignment),
        )
        for name, part in hit.factors.items()
    ]
    parts.sort(key=lambda part: -part.contribution)
    chords, nearby = side_by_side(passage, found, alignment), musical_span(found).facts
    return Explanation(passage, hit, tuple(parts), chords, otherwise, nearby)


def _each_once(parts: list[ExplainedFactor], tempo: str) -> list[str]:
    """The phrase of each factor, without a shift that another said before, and a tempo that is said elsewhere."""
    speaks = bool(tempo) or any(part.name == "rhythm" for part in parts)
    said: set[str] = set()
    phrases = []
    for part in parts:
        elsewhere = {
            fact.text
            for fact in part.shared
            if fact.name == "tempo ratio" and speaks and part.name != "rhythm"
        }
        pieces = part.phrase.split(", ")
        new = [piece for piece in pieces if piece.removesuffix(" here") not in said | elsewhere]
        said |= {fact.text for fact in part.shared if fact.name == "shift"}
        phrases.append(", ".join(new) or "alike")
    return phrases


def _pulse(facts: tuple[Fact, ...]) -> bool:
    """Whether a tempo is among the facts of a passage."""
    return any(fact.name == "tempo" and fact.text.endswith("bpm") for fact in facts)


def _here(shift: str) -> str:
    """The shift as said of the hit: "a tone lower here"."""
    return shift if shift == "in the same key" or not shift else f"{shift} here"


def percent(share: float) -> str:
    """As in "58 %"."""
    return f"{100 * share:.0f} %"

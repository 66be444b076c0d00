"""What two moments share and how they differ: in words, each from a measured fact and a threshold.

The second is first aligned with the first: in key, in tempo, to a tenth of a second. Where their notes have
too little in common for that, keys and tempi are reported separately, and no transposition or tempo ratio is
claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from index.core.facts import Beside
from index.core.hits import Alignment, Hit
from index.core.moments import Moment, Passage
from index.core.query import Query
from index.descriptors.chord_progression import agreement_count, inverse, key_of
from index.descriptors.texture import layout_words, texture
from index.explain.explain import Explanation, explain
from index.factors import Factor
from index.factors.dynamics import course_apart_db, loudness_course, onset_density
from index.factors.rhythm import both_bpm, pulse
from index.factors.timbre import Timbre, brightness_words, instruments
from index.placement import by_notes
from index.placement.prepared import PreparedQuery
from index.search.refinement import refine
from index.text.interval_words import agreement_words, shift_words
from index.text.scales import LOUDNESS_APART_DB, SAME_NOTES, SAME_SOUND, SAME_SOUND_IN_ANOTHER_KEY, SAME_TEMPO
from index.text.wording import listed

LOUDNESS_ALIKE_DB = 1.2
DENSITY_APART = 1.5
_MEANINGLESS = ("shift", "closest", "tempo ratio", "pulse")

What = Literal["notes", "key", "tempo", "density", "sound", "dynamics"]


@dataclass(frozen=True)
class Difference:
    """One way in which the second passage differs from the first."""

    what: What
    text: str
    """As in "the second is a tone lower", "piano against strings, 38 % brighter"."""


@dataclass(frozen=True)
class Comparison:
    """Two passages: what both have, how they differ, and all the evidence."""

    first: Passage
    second: Passage
    """As it was asked for."""
    explanation: Explanation
    """The second, aligned with the first."""
    shared: tuple[str, ...]
    """As in "six of eight chords", "the tempo (76 bpm)", "piano"."""
    differences: tuple[Difference, ...]
    """Most important first: notes, then key and tempo, then how they are played."""

    @property
    def summary(self) -> str:
        """Two sentences."""
        common = (
            f"They share {listed(self.shared)}." if self.shared else "They share nothing that was measured."
        )
        if not self.differences:
            return f"{common} Nothing that was measured sets them apart."
        apart = "; in ".join(f"{each.what}: {each.text}" for each in self.differences)
        return f"{common} They differ in {apart}."

    def as_json(self) -> dict[str, Any]:
        """Plain values, for scripts and for the page."""
        return {
            **self.explanation.as_json(),
            "summary": self.summary,
            "common": list(self.shared),
            "differences": [asdict(each) for each in self.differences],
        }


def compare(first: Passage, second: Passage, judged: Hit, factors: Mapping[str, Factor]) -> Comparison:
    """Compare two passages; `judged` is the second, scored as a hit of the first."""
    same_notes = judged.factors["harmony"].value >= SAME_NOTES
    if same_notes:
        query = PreparedQuery(Query(first))
        hit = refine(query, _placed(query, second, judged), second.frames)
        laid = Passage(second.source, second.frames, hit.moment.start_s, hit.moment.end_s)
    else:
        hit = replace(judged, alignment=Alignment(judged.alignment.shift_semitones, _ratio(first, second)))
        laid = second
    explanation = explain(Query(first), hit, laid, factors)
    if not same_notes:
        parts = [
            replace(
                part,
                query_facts=factors[part.name].facts(first),
                hit_facts=factors[part.name].facts(second),
                shared=tuple(fact for fact in part.shared if fact.name not in _MEANINGLESS),
            )
            for part in explanation.parts
        ]
        explanation = replace(explanation, parts=tuple(parts))
    contrast = _Contrast(first, laid, explanation, same_notes)
    return Comparison(first, second, explanation, contrast.shared(), contrast.differences())


def _placed(query: PreparedQuery, second: Passage, judged: Hit) -> Hit:
    """The second passage as a hit, placed by its alignment with the first."""
    placed = by_notes.place(query, [second.span])
    moment = Moment(judged.track.id, placed.spans[0].start_s, placed.spans[0].end_s)
    return replace(judged, moment=moment, alignment=placed.alignments[0])


def _ratio(first: Passage, second: Passage) -> float:
    """Length of the second over that of the first, to draw them one above the other."""
    return second.duration_s / first.duration_s


@dataclass(frozen=True)
class _Contrast:
    """The rules."""

    first: Passage
    second: Passage
    explanation: Explanation
    same_notes: bool

    @property
    def _alignment(self) -> Alignment:
        return self.explanation.hit.alignment

    def shared(self) -> tuple[str, ...]:
        said = [self._chords(), self._key()[0], self._tempo()[0], *self._sound()[0], self._layout()]
        apart_db = course_apart_db(self.first, self.second)
        said += ["the course of loudness"] if self.same_notes and apart_db <= LOUDNESS_ALIKE_DB else []
        return tuple(filter(None, said))

    def differences(self) -> tuple[Difference, ...]:
        found: list[tuple[What, str]] = [
            ("notes", "" if self.same_notes else self._agreement() or "none agree"),
            ("key", self._key()[1]),
            ("tempo", self._tempo()[1]),
            ("density", self._density()),
            ("sound", self._sound()[1]),
            ("dynamics", self._dynamics()),
        ]
        return tuple(Difference(what, text) for what, text in found if text)

    def _agreement(self) -> str:
        agreeing, total = agreement_count(self.explanation.chords)
        return agreement_words(agreeing, total) if total else ""

    def _chords(self) -> str:
        """How many chords, where it is most of them; else the notes."""
        agreeing, total = agreement_count(self.explanation.chords)
        if not self.same_notes:
            return ""
        if agreeing >= total / 2 > 0:
            words = agreement_words(agreeing, total).removesuffix(" agree").removesuffix(" agrees")
            return words.replace("the one chord", "one chord")
        return "the notes"

    def _key(self) -> tuple[str, str]:
        """What is shared of the key, and how it differs; at most one of them."""
        if self.same_notes:
            shift = self._alignment.shift_semitones
            if shift:
                return "", f"the second is {shift_words(shift)}"
            own = key_of(self.first, Beside(self.second, inverse(self._alignment)))
            return (f"the key of {own.name}" if own.confident else "the key"), ""
        own, other = key_of(self.first), key_of(self.second)
        if not (own.confident and other.confident):
            return "", ""
        if (own.tonic, own.mode) == (other.tonic, other.mode):
            return f"the key of {own.name}", ""
        return "", f"{own.name} against {other.name}"

    def _tempo(self) -> tuple[str, str]:
        """What is shared of the tempo, and how it differs; at most one of them."""
        if self.same_notes:
            change = 1 / self._alignment.tempo_ratio - 1
            both = both_bpm(self.first, self.second, self._alignment)
            told = f" ({_bpm(*both.split(' and '))})" if both else ""
            if abs(change) < SAME_TEMPO:
                return f"the tempo{told}", ""
            return "", f"the second is {100 * abs(change):.0f} % {'faster' if change > 0 else 'slower'}{told}"
        own, other = pulse(self.first), pulse(self.second)
        if not (own.clear and other.clear):
            return "", ""
        if abs(other.bpm / own.bpm - 1) < SAME_TEMPO:
            return f"the tempo ({_bpm(f'{own.bpm:.0f}', f'{other.bpm:.0f}')})", ""
        return "", f"{own.bpm:.0f} against {other.bpm:.0f} bpm"

    def _density(self) -> str:
        """Of other notes, how many begin."""
        own, other = onset_density(self.first), onset_density(self.second)
        apart = max(own, other) >= DENSITY_APART * max(min(own, other), 0.1)
        return "" if self.same_notes or not apart else f"{own:.1f} against {other:.1f} onsets a second"

    def _sound(self) -> tuple[list[str], str]:
        """Instruments and brightness that both have, and how the sound differs."""
        own, other = ([name for name, _ in instruments(each)] for each in (self.first, self.second))
        both = [name for name in own if name in other]
        common = [f"the sound of {listed(both)}"] if both else []
        bright = brightness_words(self.first, self.second)
        shifted = self.same_notes and self._alignment.shift_semitones != 0
        limit = SAME_SOUND_IN_ANOTHER_KEY if shifted else SAME_SOUND
        if self._timbre() >= limit:
            return [*common, *(["the brightness"] if bright == "equally bright" else [])], ""
        if own[:1] != other[:1] and own and other:
            return common, f"{own[0]} against {other[0]}, {bright}"
        return common, f"likeness {self._timbre_likeness():.2f}, {bright}"

    def _timbre(self) -> float:
        """Cosine by MusiCNN, whatever embedder the library uses: the thresholds were set for it."""
        timbre = Timbre()
        one, other = (
            timbre.means(each.frames, [(each.start_s, each.end_s)])[0] for each in (self.first, self.second)
        )
        return float(one @ other)

    def _timbre_likeness(self) -> float:
        return self.explanation.hit.factors["timbre"].likeness

    def _layout(self) -> str:
        own, other = texture(self.first), texture(self.second)
        if own.layout == "no pitch" or (own.layout, own.melody) != (other.layout, other.melody):
            return ""
        return f"the texture ({'polyphonic' if own.layout == 'parts' else layout_words(own)})"

    def _dynamics(self) -> str:
        """How the loudness curves differ."""
        apart_db = course_apart_db(self.first, self.second)
        if apart_db < LOUDNESS_APART_DB:
            return ""
        own, other = (loudness_course(each).text or "keeping its level" for each in (self.first, self.second))
        told = f"{own} against {other}, " if own.split()[0] != other.split()[0] else ""
        return f"{told}{apart_db:.1f} dB apart"


def _bpm(own: str, other: str) -> str:
    return f"{own} bpm" if own == other else f"{own} and {other} bpm"

"""Every number and every word of judgement in answers about moments, held against what the stored frames say
again.

A sentence is taken apart by patterns; each has its rule. What no pattern takes away and is a number or a word
of judgement counts as wrong: nobody knows where it came from. Ranks are held against searches by
bench/told_ranks.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.agent.grounding.faithful import Facts, sentences
from bench.remeasured import Remeasured, apart_db
from bench.told_pairs import Both, Rule, both_have, course_is, parts
from index.core.errors import clock
from index.core.moments import Passage
from index.core.query import Query
from index.descriptors.chord_progression import side_by_side
from index.explain.compare import Comparison
from index.explain.explain import Explanation
from index.library import Library
from index.text.claims import judgements_in, numbers_in

_TIME = r"(\d+:\d\d(?:\.\d)?)"


@dataclass
class Verdict:
    """What was held against the frames, and what did not hold."""

    checked: int = 0
    wrong: list[str] = field(default_factory=list)


def answers(library: Library, count: int, seed: int = 5) -> dict[str, Any]:
    """Answers about random moments: a third each described, explained and compared."""
    rng = np.random.default_rng(seed)
    tracks = [track for track in library.tracks() if track.duration_s > 12]

    def anywhere() -> Passage:
        track = tracks[int(rng.integers(len(tracks)))]
        start_s = round(float(rng.uniform(0, track.duration_s - 10)), 1)
        return library.passage(track, start_s, start_s + 10)

    total, right, lacking, guarded = 0, 0, Counter[str](), Counter[str]()
    claims = 0
    while total < count:
        passage = anywhere()
        description = library.describe(passage)
        verdicts = [described(passage, description.sentence)]
        guarded.update(guard(description.sentence, description.as_json()))
        query = Query(passage, k=2, diversity="balanced")
        for hit in library.find(query).hits:
            found = library.passage(hit.track, hit.moment.start_s, hit.moment.end_s)
            explanation = library.explain(query, hit)
            verdicts.append(explained(explanation, passage, found))
            guarded.update(guard(explanation.summary, explanation.as_json()))
        comparison = library.compare(passage, anywhere())
        verdicts.append(compared(comparison))
        guarded.update(guard(comparison.summary, comparison.as_json()))
        for verdict in verdicts[: count - total]:
            total += 1
            right += not verdict.wrong
            claims += verdict.checked
            lacking.update(verdict.wrong)
    return {
        "answers": total,
        "claims": claims,
        "all of it right": round(right / total, 4),
        "wrong": dict(lacking.most_common(20)),
        "stopped by the guard of language models": dict(guarded.most_common(20)),
    }


def guard(text: str, data: Mapping[str, Any]) -> list[str]:
    """What app/agent/grounding/faithful.py would not let a language model say of the same facts."""
    facts = Facts.of({name: value for name, value in data.items() if name not in ("sentence", "summary")})
    return [word for sentence in sentences(text) for word in facts.unsupported(sentence)]


def described(passage: Passage, text: str) -> Verdict:
    """A passage's sentence."""
    again = Remeasured(passage)
    rules: list[Rule] = [
        (
            r" in ([A-G](?:-flat|-sharp)? (?:major|minor))",
            lambda m: again.key.confident and m[1] == _spoken(again),
        ),
        (r"about (\d+) bpm", lambda m: again.pulse.clear and m[1] == f"{again.pulse.bpm:.0f}"),
        (rf"swelling towards {_TIME}", lambda m: course_is(again, "swelling", m[1], again.loudest_s)),
        (rf"fading after {_TIME}", lambda m: course_is(again, "fading", m[1], again.last_loud_s)),
        (
            rf"rising and falling, loudest at {_TIME}",
            lambda m: course_is(again, "rising and falling", m[1], again.loudest_s),
        ),
        (
            rf"thinning out after {_TIME}",
            lambda m: again.thins_out and m[1] == clock(round(passage.end_s - passage.duration_s / 3)),
        ),
        (r"it has the sound of ([^.]*)", lambda m: set(parts(m[1])) <= set(again.sounds)),
    ]
    return _held(text, rules, again.words)


def explained(explanation: Explanation, passage: Passage, found: Passage) -> Verdict:
    """A hit's paragraph; contributions are those that the ranking added up."""
    alignment = explanation.hit.alignment
    both = Both(passage, found, alignment, side_by_side(passage, found, alignment))
    scores = explanation.hit.factors
    total = sum(part.contribution for part in scores.values()) or 1.0

    def share(match: re.Match[str], name: str) -> bool:
        return match["share"] == f"{100 * scores[name].contribution / total:.0f}"

    rules: list[Rule] = [
        (
            r"(?:Mostly|First of all) (?P<name>\w+) \((?P<share>\d+) % of the score\)",
            lambda m: share(m, m["name"]),
        ),
        (r"(?P<name>\w+) adds (?P<share>\d+) %", lambda m: share(m, m["name"].lower())),
        (r"[Ww]ithout [\w ]+ it would (?:still )?(?:not )?be [\w ]+", lambda _: True),
        (r"[Oo]f the moments (?:in the same key|at the same tempo) it is the \w+", lambda _: True),
        (
            rf"the notes are closest from {_TIME} to {_TIME}",
            lambda m: both.closest_to(m[1], m[2]),
        ),
        *both.rules(),
        (r"The ([\w, ]+?) differs?\.", lambda m: all(scores[n].likeness < 0.5 for n in parts(m[1]))),
    ]
    return _held(explanation.summary, rules, set())


def compared(comparison: Comparison) -> Verdict:
    """Two sentences about two moments."""
    explanation = comparison.explanation
    hit = explanation.hit
    same = comparison.differences[:1] == () or comparison.differences[0].what != "notes"
    source = comparison.second.source
    laid = (
        Passage(source, comparison.second.frames, hit.moment.start_s, hit.moment.end_s)
        if same
        else comparison.second
    )
    pairs = side_by_side(comparison.first, laid, hit.alignment)
    both = Both(comparison.first, laid, hit.alignment, pairs, together=same)
    likeness = f"{hit.factors['timbre'].likeness:.2f}"
    own, other = both.one, both.other
    rules: list[Rule] = [
        (r"the key of ([A-G][♭♯]? \w+)", lambda m: m[1] == own.key.name and own.key.confident),
        (
            r"key: ([A-G][♭♯]? \w+) against ([A-G][♭♯]? \w+)",
            lambda m: (m[1], m[2]) == (own.key.name, other.key.name),
        ),
        (
            r"the tempo \((\d+)(?: and (\d+))? bpm\)",
            lambda m: both.bpm(m[1], m[2] or m[1], within=0.03),
        ),
        (
            r"(\d+) against (\d+) bpm",
            lambda m: (m[1], m[2]) == (f"{own.pulse.bpm:.0f}", f"{other.pulse.bpm:.0f}"),
        ),
        (
            r"([\d.]+) against ([\d.]+) onsets a second",
            lambda m: (m[1], m[2]) == (f"{own.density:.1f}", f"{other.density:.1f}"),
        ),
        (r"likeness ([\d.]+)", lambda m: m[1] == likeness),
        (r"the texture \([^)]*\)", lambda _: own.texture.layout == other.texture.layout),
        (rf"(swelling) towards {_TIME}", lambda m: both.either(m[1], m[2], "loudest_s")),
        (rf"(fading) after {_TIME}", lambda m: both.either(m[1], m[2], "last_loud_s")),
        (rf"(rising and falling), loudest at {_TIME}", lambda m: both.either(m[1], m[2], "loudest_s")),
        (r"([\d.]+) dB apart", lambda m: m[1] == f"{apart_db(own, other):.1f}"),
        (r"the sound of ([\w ,]+?)(?=,| and the|\.)", lambda m: both_have(both, m[1])),
        *both.rules(),
    ]
    return _held(comparison.summary, rules, set())


def _held(text: str, rules: Sequence[Rule], words: set[str]) -> Verdict:
    """Take the text apart by the rules, in their order; what is left may hold no number and only these words."""
    verdict = Verdict()
    for pattern, holds in rules:
        while match := re.search(pattern, text):
            verdict.checked += 1
            if not holds(match):
                verdict.wrong.append(match[0])
            text = f"{text[: match.start()]} | {text[match.end() :]}"
    for word in judgements_in(text):
        verdict.checked += 1
        if word not in words:
            verdict.wrong.append(word)
    left = [number.text for number in numbers_in(text)]
    verdict.checked += len(left)
    verdict.wrong += [f"{number}, told by nothing" for number in left]
    return verdict


def _spoken(again: Remeasured) -> str:
    return again.key.name.replace("♭", "-flat").replace("♯", "-sharp")

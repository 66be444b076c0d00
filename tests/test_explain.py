"""Explanations: the ranking taken apart, two passages told in one key and at one pulse, and a short paragraph."""

import json
import re
from dataclasses import replace

import pytest

from index.core.hits import Alignment, FactorScore, Hit
from index.core.moments import Moment
from index.core.query import Query
from index.descriptors.chord_progression import agreement_count
from index.explain.explain import ChordPair, ExplainedFactor, Explanation, explain
from index.factors import Fact, build

FACTORS = build()


def explained(small, query, hit):
    found = small.passage(hit.track.title, hit.moment.start_s, hit.moment.end_s)
    return explain(query, hit, found, FACTORS)


@pytest.fixture(scope="module")
def cadence(small):
    query = Query(small.passage("Cadence in D", 2, 12), k=1)
    hit = small.searcher.find(query).hits[0]
    return explained(small, query, hit)


def test_shares_add_up_and_come_heaviest_first(cadence):
    assert sum(part.share for part in cadence.parts) == pytest.approx(1)
    assert sum(part.contribution for part in cadence.parts) == pytest.approx(cadence.hit.score)
    assert [p.contribution for p in cadence.parts] == sorted(
        (p.contribution for p in cadence.parts), reverse=True
    )


def test_values_are_those_of_the_ranking(cadence):
    for part in cadence.parts:
        score = cadence.hit.factors[part.name]
        assert (part.value, part.likeness, part.weight) == (score.value, score.likeness, score.weight)


def test_both_keys_are_told_and_differ_by_the_shift(cadence):
    harmony = next(part for part in cadence.parts if part.name == "harmony")
    here = {fact.name: fact.text for fact in harmony.query_facts}
    there = {fact.name: fact.text for fact in harmony.hit_facts}
    assert (here["key"], there["key"]) == ("D major", "F major")
    assert {fact.name: fact.text for fact in harmony.shared}["shift"] == "a minor third higher"


def test_chords_agree_in_the_query_s_key(cadence):
    agreeing, total = agreement_count(cadence.chords)
    assert total >= 8
    assert agreeing >= total - 1
    assert cadence.agreement > 0.75
    assert {pair.hit_in_query_key for pair in cadence.chords if pair.agree} <= {
        "D",
        "G",
        "A",
        "D/F♯",
        "G/D",
        "A/E",
        "G/B",
        "D/A",
        "A/C♯",
    }
    assert {pair.hit for pair in cadence.chords if pair.agree} >= {"F", "B♭", "C"}


def test_the_closest_stretch_lies_in_both_passages(cadence):
    harmony = next(part for part in cadence.parts if part.name == "harmony")
    text = {fact.name: fact.text for fact in harmony.shared}["closest"]
    assert re.fullmatch(
        r"closest from \d:\d\d(\.\d)? to \d:\d\d(\.\d)?, in the hit from \d:\d\d(\.\d)? to \d:\d\d(\.\d)?",
        text,
    )


def test_pulse_and_ratio_fit_together(cadence):
    rhythm = next(part for part in cadence.parts if part.name == "rhythm")
    shared = {fact.name: fact for fact in rhythm.shared}
    here, there = (float(bpm) for bpm in shared["pulse"].value.split(" and "))
    assert here / there == pytest.approx(shared["tempo ratio"].value, rel=0.06)


def test_an_explanation_is_plain_json(cadence):
    record = json.loads(json.dumps(cadence.as_json()))
    assert {"query", "hit", "summary", "parts", "chords", "chord_agreement", "otherwise", "nearby"} == set(
        record
    )
    assert {
        "name",
        "value",
        "likeness",
        "weight",
        "contribution",
        "share",
        "query_facts",
        "hit_facts",
        "shared",
    } == set(record["parts"][0])
    assert {"start_s", "end_s", "query", "hit", "hit_in_query_key", "agree"} == set(record["chords"][0])


def numbers(text):
    return re.findall(r"\d+(?:\.\d+)?", text)


def test_the_summary_has_no_number_that_is_not_a_fact(small):
    for title in ("Cadence in D", "Song in C", "Form A-B-A", "Clicks"):
        query = Query(small.passage(title, 0, 10), k=4)
        for hit in small.searcher.find(query).hits:
            explanation = explained(small, query, hit)
            known = {
                number for part in explanation.parts for fact in part.shared for number in numbers(fact.text)
            }
            known |= {f"{100 * part.share:.0f}" for part in explanation.parts}
            assert set(numbers(explanation.summary)) <= known, explanation.summary


def part(name, share, likeness=0.9, *shared):
    values: dict[str, str | float] = {
        "six of eight chords agree": 75,
        "one of eight chords agrees": 12,
        CLOSEST[1]: "0:12 to 0:17",
    }
    facts = tuple(Fact(fact, values.get(text, ""), "", text) for fact, text in shared)
    return ExplainedFactor(name, 0.9, likeness, 1.0, share, share, (), (), facts)


def told(small, *parts):
    hit = Hit(
        1,
        small.tracks["Swell"],
        Moment("x", 0, 10),
        1,
        1,
        1,
        {"harmony": FactorScore(1, 1, 1, 1)},
        Alignment(0, 1),
    )
    return Explanation(small.passage("Clicks"), hit, parts, ()).summary


HARMONY = (("chords that agree", "six of eight chords agree"), ("shift", "a tone lower"))
CLOSEST = ("closest", "closest from 0:12 to 0:17, in the hit from 0:14 to 0:19")


def test_the_paragraph_of_the_sketch(small):
    text = told(
        small,
        part("harmony", 0.58, 0.99, *HARMONY),
        part(
            "timbre",
            0.3,
            0.9,
            ("common instruments", "strings in both"),
            ("brightness ratio", "equally bright"),
        ),
        part("rhythm", 0.1, 0.8, ("tempo ratio", "4 % slower"), ("pulse", "76 and 73 bpm")),
        part("dynamics", 0.02, 0.3, ("difference of course", "loudness runs 4.0 dB apart")),
    )
    assert text == (
        "Mostly harmony (58 % of the score): six of eight chords agree, a tone lower here. "
        "Timbre adds 30 %: strings in both, equally bright. "
        "The tempo is 4 % slower (76 and 73 bpm). The dynamics differ."
    )


def test_a_tempo_and_a_shift_are_told_once(small):
    melody = (("shift", "a tone lower"), ("tempo ratio", "21 % faster"))
    rhythm = (("tempo ratio", "21 % faster"), ("pulse", "88 and 106 bpm"))
    heavy = told(
        small,
        part("harmony", 0.5, 0.9, *HARMONY),
        part("melody", 0.3, 0.9, *melody),
        part("rhythm", 0.2, 0.9, *rhythm),
    )
    light = told(
        small,
        part("melody", 0.6, 0.9, *melody),
        part("harmony", 0.3, 0.9, *HARMONY),
        part("rhythm", 0.1, 0.9, *rhythm),
    )

    assert heavy == (
        "Mostly harmony (50 % of the score): six of eight chords agree, a tone lower here. "
        "Melody adds 30 %: alike. Rhythm adds 20 %: 21 % faster, 88 and 106 bpm."
    )
    assert light == (
        "Mostly melody (60 % of the score): a tone lower. Harmony adds 30 %: six of eight chords agree. "
        "The tempo is 21 % faster (88 and 106 bpm)."
    )


def test_pulses_that_speak_against_the_lengths_are_not_called_the_same_tempo(small):
    rhythm = part("rhythm", 0.1, 0.9, ("tempo ratio", "the same tempo"))
    own, other = (Fact("tempo", bpm, "bpm", f"{bpm} bpm") for bpm in (88, 62))
    apart = replace(rhythm, query_facts=(own,), hit_facts=(other,))

    assert "tempo" in told(small, part("harmony", 0.9, 0.9, *HARMONY), rhythm)
    assert "tempo" not in told(small, part("harmony", 0.9, 0.9, *HARMONY), apart)


def test_where_few_chords_agree_the_closest_notes_are_told(small):
    shared = (("chords that agree", "one of eight chords agrees"), ("shift", "in the same key"), CLOSEST)
    assert told(small, part("harmony", 1.0, 0.99, *shared)) == (
        "Mostly harmony (100 % of the score): the notes are closest from 0:12 to 0:17, in the same key."
    )


def test_the_same_tempo_is_the_same(small):
    rhythm = part("rhythm", 0.1, 0.8, ("tempo ratio", "the same tempo"))
    assert told(small, part("harmony", 0.9), rhythm).endswith("The tempo is the same.")


def test_no_factor_is_most_of_it_with_less_than_half(small):
    text = told(
        small, part("timbre", 0.4, 0.9), part("harmony", 0.35, 0.4, *HARMONY), part("rhythm", 0.25, 0.2)
    )
    assert text.startswith("First of all timbre (40 % of the score): alike.")
    assert text.endswith("The harmony and rhythm differ.")


def test_one_factor_differs(small):
    assert told(small, part("timbre", 1.0, 0.9), part("harmony", 0.0, 0.1)).endswith("The harmony differs.")


def test_a_hit_without_any_surprise_is_explained_too(small):
    hit = Hit(1, small.tracks["Swell"], Moment(small.tracks["Swell"].id, 0, 10), 0, 0.1, 0.01,
              {name: FactorScore(0.0, 0.1, 1.0, 0.0) for name in FACTORS}, Alignment(0, 1.0))  # fmt: skip
    explanation = explained(small, Query(small.passage("Clicks")), hit)
    assert all(one.share == 0 for one in explanation.parts)
    assert explanation.summary


def test_a_passage_at_the_very_end_is_explained(small):
    """The hit is shorter than the alignment says, since the track ends."""
    end_s = small.frames("Cadence in F").duration_s
    hit = Hit(1, small.tracks["Cadence in F"], Moment("x", end_s - 4, end_s), 1, 1, 1,
              {"harmony": FactorScore(1, 1, 1, 1)}, Alignment(3, 1.08))  # fmt: skip
    query = Query(small.passage("Cadence in D", 2, 12))
    explanation = explain(query, hit, small.passage("Cadence in F", end_s - 4, end_s), FACTORS)
    assert explanation.chords[-1].end_s <= 4 / 1.08 + 0.01


def test_agreeing_chords_are_counted_by_the_query_s():
    pairs = (
        ChordPair(0, 1, "C", "C", "C", True),
        ChordPair(1, 2, "F", "F", "F", True),
        ChordPair(2, 2.5, "F", "Dm", "Dm", False),
        ChordPair(2.5, 4, "G", "Em", "Em", False),
        ChordPair(4, 5, "N", "C", "C", False),
    )
    assert agreement_count(pairs) == (2, 3)


@pytest.mark.parametrize(
    ("brightness", "also", "said"),
    [
        ("108 % brighter", "", "alike, though 108 % brighter"),
        ("24 % darker", "both have the sound of drums", "both have the sound of drums, though 24 % darker"),
        ("equally bright", "both have the sound of drums", "both have the sound of drums, equally bright"),
    ],
)
def test_a_difference_in_brightness_is_no_reason_for_a_match(brightness, also, said):
    facts = [("brightness ratio", brightness), ("common sound", also)]
    assert part("timbre", 0.5, 0.9, *(fact for fact in facts if fact[1])).phrase == said

"""The bench that holds explanations against the frames: true answers pass, and each thing that is changed is found."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bench.remeasured import Remeasured, apart_db
from bench.told_numbers import compared, described, explained
from bench.told_ranks import Claim
from index.core.query import Query
from index.explain.compare import compare
from index.explain.counterfactuals import otherwise
from index.explain.describe import describe
from index.explain.explain import explain
from index.factors import build
from index.factors.dynamics import attack_db, course_apart_db, onset_density, relative_level_db
from index.factors.timbre import brightness_hz

FACTORS = build()
TITLES = ("Cadence in D", "Song in A minor", "Scale in G", "Clicks", "Swell")


@pytest.mark.parametrize("title", TITLES)
def test_what_is_measured_again_is_what_was_measured(small, title):
    passage = small.passage(title, 2.3, 11.9)
    again = Remeasured(passage)
    assert again.relative_db == pytest.approx(relative_level_db(passage), abs=1e-3)
    assert again.centroid_hz == pytest.approx(brightness_hz(passage), rel=1e-6)
    assert again.density == pytest.approx(onset_density(passage))
    assert again.attack_db == pytest.approx(attack_db(passage), abs=1e-4)
    other = small.passage("Swell", 1, 11)
    assert apart_db(again, Remeasured(other)) == pytest.approx(course_apart_db(passage, other), abs=1e-3)


@pytest.mark.parametrize("title", TITLES)
def test_true_sentences_pass(small, title):
    passage = small.passage(title, 2, 12)
    assert described(passage, describe(passage, FACTORS).sentence).wrong == []


@pytest.mark.parametrize(
    ("title", "old", "new"),
    [
        ("Cadence in D", "D major", "E major"),
        ("Cadence in D", "about 60 bpm", "about 61 bpm"),
        ("Cadence in D", " chords", " brilliant chords"),
        ("Swell", "swelling towards", "fading after"),
        ("Swell", ".", ", haunting."),
        ("Swell", ".", ", 7 times."),
        ("Clicks", ".", "; it has the sound of a harp."),
    ],
)
def test_a_false_word_or_number_is_found(small, title, old, new):
    passage = small.passage(title, 2, 12)
    text = describe(passage, FACTORS).sentence
    changed = text.replace(old, new) if old in text else text[:-1] + f", {new}."
    assert described(passage, changed).wrong


@pytest.fixture(scope="module")
def match(small):
    query = Query(small.passage("Cadence in D", 2, 12), k=2)
    hit = small.searcher.find(query).hits[0]
    found = small.passage(hit.track.title, hit.moment.start_s, hit.moment.end_s)
    changes = otherwise(small.searcher.find, query, hit)
    return query, found, explain(query, hit, found, FACTORS, changes)


def test_an_explanation_passes_and_a_false_one_does_not(match):
    query, found, explanation = match
    assert explained(explanation, query.passage, found).wrong == []
    for old, new in (("third higher", "third lower"), (" % of", "9 % of"), (" chords", " dark chords")):
        assert old in explanation.summary, explanation.summary
        false: Any = SimpleNamespace(hit=explanation.hit, summary=explanation.summary.replace(old, new, 1))
        assert explained(false, query.passage, found).wrong, old


def test_a_comparison_passes_and_a_false_one_does_not(small):
    first, second = small.passage("Cadence in D", 2, 12), small.passage("Cadence in F", 2, 12.8)
    found = compare(first, second, small.searcher.judge(Query(first), second), FACTORS)
    assert compared(found).wrong == []
    other = small.passage("Swell", 2, 12)
    false = replace(found, second=other, explanation=replace(found.explanation))
    assert compared(false).wrong


def test_a_rank_holds_only_if_the_search_says_so(small, match):
    query, _, explanation = match
    library: Any = SimpleNamespace(find=small.searcher.find)
    for change in explanation.otherwise:
        assert Claim(change.text, query, explanation.hit).holds(library)
        if change.factor and change.rank:
            false = f"without {change.factor} it would be {change.rank + 1}th"
            assert not Claim(false, query, explanation.hit).holds(library)

"""Two moments against each other: what is shared, what differs, and that nothing is claimed that was not measured."""

import json
from dataclasses import replace

import numpy as np
import pytest
import sounds
from sounds import frames_with_notes, passage_of

from index.audio.reading import Sound
from index.core.query import Query
from index.explain.compare import compare
from index.factors import build
from index.text.claims import unsupported

FACTORS = build()
TUNE = ((0, ""), (9, "m"), (5, ""), (7, ""))


@pytest.fixture(scope="module")
def compared(small):
    def both(first, second):
        return compare(first, second, small.searcher.judge(Query(first), second), FACTORS)

    return both


@pytest.fixture(scope="module")
def heard(as_clip):
    """Chords in a key, at a pace, as a passage."""

    def made(root=62, beat_s=1.0, chords=TUNE, change=lambda sound: sound):
        return as_clip(change(sounds.chords(chords, root, beat_s, 12 * beat_s)))

    return made


def what(comparison):
    return [difference.what for difference in comparison.differences]


def test_a_passage_and_itself_have_nothing_that_sets_them_apart(compared, heard):
    one = heard()
    found = compared(one, one)
    assert found.differences == ()
    assert found.summary.endswith("Nothing that was measured sets them apart.")
    assert any("chords" in each for each in found.shared)


def test_another_key_alone_is_the_key(compared, heard):
    found = compared(heard(62), heard(64))
    assert what(found)[0] == "key"
    assert found.differences[0].text == "the second is a tone higher"
    assert not any(each.startswith("the key") for each in found.shared)


def test_another_tempo_alone_is_the_tempo(compared, heard):
    found = compared(heard(), heard(beat_s=1.1))
    assert what(found) == ["tempo"]
    assert found.differences[0].text.startswith("the second is 9 % slower")
    assert "the second is 9 % slower" in found.summary


def test_another_course_alone_is_the_dynamics(compared, heard):
    found = compared(heard(), heard(change=lambda sound: sounds.with_course(sound, -14, 0)))
    assert what(found) == ["dynamics"]
    assert "swelling towards" in found.differences[0].text


def test_other_notes_claim_no_shift_and_no_ratio(compared, small):
    found = compared(small.passage("Cadence in D", 2, 12), small.passage("Scale in G", 2, 12))
    assert what(found)[0] == "notes"
    facts = {fact.name for part in found.explanation.parts for fact in part.shared}
    assert not facts & {"shift", "closest", "tempo ratio", "pulse"}
    assert "higher" not in found.summary
    assert "lower" not in found.summary


def test_the_second_is_laid_where_it_fits(compared, small):
    """Asked for a second too late, it is compared from where the music is the same."""
    first = small.passage("Cadence in D", 4, 14)
    found = compared(first, small.passage("Cadence in D", 4.8, 14.8))
    assert found.explanation.hit.moment.start_s == pytest.approx(4, abs=0.11)
    assert found.second.start_s == 4.8


def test_the_summary_says_only_what_the_facts_say(compared, small):
    pairs = [("Cadence in D", "Cadence in F"), ("Song in C", "Song in A minor"), ("Clicks", "Swell")]
    for one, other in pairs:
        found = compared(small.passage(one, 0, 10), small.passage(other, 0, 10))
        facts = [
            fact.text
            for part in found.explanation.parts
            for fact in (*part.query_facts, *part.hit_facts, *part.shared)
        ]
        likeness = [f"{part.likeness:.2f}" for part in found.explanation.parts]
        lacking = unsupported(found.summary, [*facts, *likeness])
        assert not [word for word in lacking if word not in ("swelling", "fading")], found.summary


def test_a_comparison_is_plain_json(compared, small):
    found = compared(small.passage("Cadence in D", 2, 12), small.passage("Cadence in F", 2, 12.8))
    record = json.loads(json.dumps(found.as_json()))
    assert {"summary", "common", "differences", "parts", "chords", "hit"} <= set(record)
    assert record["differences"][0] == {"what": "key", "text": "the second is a minor third higher"}


def test_silence_is_compared_without_a_claim(compared):
    silent = passage_of(frames_with_notes([], 10.0))
    found = compared(silent, replace(silent, start_s=1.0))
    assert "key" not in what(found)
    assert "tempo" not in what(found)


def test_a_louder_recording_is_no_difference(compared, heard):
    def quieter(sound: Sound) -> Sound:
        return Sound(np.asarray(sound.samples * 0.3, np.float32), sound.rate_hz)

    assert compared(heard(), heard(change=quieter)).differences == ()

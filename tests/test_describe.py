"""Descriptions: the sentence, its grammar, its agreement with the facts, and the page of words."""

import re
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import frames_with_notes, passage_of, silent_frames

from index.descriptors.chord_progression import key_of
from index.descriptors.key_and_chords import Key
from index.descriptors.texture import Texture, TopLine
from index.explain.describe import _noun_phrase, describe, sentence, spoken
from index.factors import build
from index.factors.dynamics import loudness_course
from index.factors.rhythm import pulse
from index.factors.timbre import instruments
from index.models.musicnn import TAGS
from index.text.impressions import IMPRESSIONS
from index.text.scales import SCALES
from index.text.wording import count_of, listed, number_word, with_article
from index.text.words_page import RULES, words_page

FACTORS = build()


def said(passage):
    return sentence(passage, key_of(passage))


def layout(kind, *, melody=False, classes=3.0):
    top = None if kind == "no pitch" else TopLine(60, 72, "", 9, clear=True)
    return Texture(kind, classes, 64.0, top, melody)


@pytest.mark.parametrize(
    ("found", "families", "adjectives", "words"),
    [
        (
            layout("broken chords", melody=True),
            ["piano"],
            ["gentle"],
            "a gentle piano melody over broken chords",
        ),
        (layout("broken chords"), ["plucked strings"], ["slow"], "slow, broken plucked-string chords"),
        (layout("chords", melody=True), [], [], "a melody over chords"),
        (layout("chords"), ["organ"], [], "organ chords"),
        (layout("line", melody=True), ["strings"], [], "an unaccompanied string melody"),
        (layout("line"), [], ["crisp"], "a crisp, unaccompanied line"),
        (layout("parts", classes=2.2), ["voices"], [], "polyphonic vocal music"),
        (
            layout("parts", classes=5),
            ["winds", "strings"],
            ["gentle"],
            "gentle, polyphonic wind and string music",
        ),
        (layout("chords", melody=True), ["organ", "voices"], [], "an organ and vocal melody over chords"),
        (layout("chords", melody=True), ["accordion"], [], "an accordion melody over chords"),
        (layout("no pitch"), [], ["fast"], "fast sound without clear pitch"),
    ],
)
def test_what_plays_what(found, families, adjectives, words):
    assert _noun_phrase(found, families, adjectives) == words


def test_keys_are_spoken():
    assert spoken(Key(8, "major", 1)) == "A-flat major"
    assert spoken(Key(6, "minor", 1)) == "F-sharp minor"
    assert spoken(Key(0, "major", 1)) == "C major"


def test_the_sentence_of_a_cadence(small):
    text = said(small.passage("Cadence in D", 2, 12))
    assert text.startswith(("Slow ", "Gentle, slow "))
    assert "chords in D major" in text
    assert re.search(r"about (58|59|60|61|62) bpm", text)
    assert text.endswith(".")


def test_the_sentence_of_a_line(small):
    assert "unaccompanied" in said(small.passage("Scale in G", 2, 12))


def test_the_sentence_of_a_swell(small):
    assert re.search(r"swelling towards 0:(09|10|11|12)", said(small.passage("Swell", 2, 12)))


def test_the_sentence_of_clicks(small):
    text = said(small.passage("Clicks", 0, 10))
    assert "without clear pitch" in text
    assert " in " not in text.replace("in pitch", ""), "no key"


def test_silence_is_described_without_a_claim():
    description = describe(passage_of(silent_frames(10.0)), FACTORS)
    assert "major" not in description.sentence
    assert "minor" not in description.sentence
    assert "bpm" not in description.sentence
    assert [name for _, name in description.chords] == ["N"]


def passages(small):
    for title in small.tracks:
        duration_s = small.frames(title).duration_s
        for start_s in np.arange(0, duration_s - 5, 4.5):
            yield small.passage(title, float(start_s), min(float(start_s) + 10, duration_s))


def test_sentence_and_facts_never_disagree(small):
    for passage in passages(small):
        description = describe(passage, FACTORS)
        facts = {fact.name: fact for fact in description.facts}
        text = description.sentence
        assert len(facts) == len(description.facts), "a name is used once"
        if " major" in text or " minor" in text:
            assert spoken(key_of(passage)) in text
            assert facts["key"].text == key_of(passage).name
        else:
            assert facts["key"].text == "no clear key"
        assert ("bpm" in text) == (facts["tempo"].text != "no clear pulse")
        if "bpm" in text:
            assert f"about {facts['tempo'].value} bpm" in text
        for scale in SCALES:
            for word in scale.words:
                if scale.name in ("brightness", "loudness") and re.search(rf"\b{word}\b", text.split(";")[0]):
                    assert word in facts[scale.name].text, (text, facts[scale.name].text)
        for name, _ in instruments(passage)[:2]:
            assert name in str(facts["instruments"].value)
        course = loudness_course(passage).text
        assert (course in text) if course else True
        assert facts["course"].text == (course or "keeps its level")


def test_every_sentence_is_grammatical(small):
    for passage in passages(small):
        text = said(passage)
        assert text[0].isupper()
        assert text.endswith(".")
        assert "  " not in text
        assert " ," not in text
        assert not re.search(r"\b[Aa] [aeio]", text), text
        assert not re.search(r"\b[Aa]n [^aeiouAEIOU]", text), text
        assert text.count(";") <= 1


@given(
    st.sampled_from(["line", "chords", "broken chords", "parts", "no pitch"]),
    st.booleans(),
    st.lists(st.sampled_from(["piano", "organ", "strings", "voices", "accordion"]), max_size=2, unique=True),
    st.lists(st.sampled_from(["gentle", "slow", "crisp", "fast"]), max_size=2, unique=True),
    st.floats(1, 9),
)
def test_articles_are_right_in_all_cases(kind, melody, families, adjectives, classes):
    words = _noun_phrase(layout(kind, melody=melody, classes=classes), families, adjectives)
    article, _, rest = words.partition(" ")
    if article in ("a", "an"):
        assert (article == "an") == (rest[0] in "aeiou")
        assert "melody" in rest or "line" in rest
    else:
        assert rest.endswith(("music", "chords", "pitch")) or words.endswith(("music", "chords", "pitch"))


def test_tags_alone_are_worded_as_an_impression():
    frames = silent_frames(10.0)
    frames.tags[:, TAGS["MTT"].index("techno")] = 200
    frames.tags[:, TAGS["MTT"].index("drums")] = 150
    assert said(passage_of(frames)).endswith("; it has the sound of techno and drums.")


def test_a_weak_tag_is_not_said():
    frames = silent_frames(10.0)
    frames.tags[:, TAGS["MTT"].index("techno")] = 70
    assert "techno" not in said(passage_of(frames))


def test_seconds_have_the_time_of_the_sound():
    frames = frames_with_notes([(t, t + 0.9, m) for t in range(60, 72) for m in (60, 64, 67)], 80.0)
    seconds = describe(passage_of(frames, 61.5, 66.0), FACTORS).seconds
    assert [second.time_s for second in seconds] == [61.5, 62.5, 63.5, 64.5]
    assert all(second.text.startswith("C, 0 dB") for second in seconds)


def test_a_second_tells_its_chords_its_level_and_its_onsets():
    events = [(0, 1.9, m) for m in (60, 64, 67)] + [(2, 3.9, m) for m in (57, 60, 65)]
    frames = frames_with_notes(events, 4.0)
    frames.level_db[:20], frames.level_db[20:] = -30, -20
    texts = [second.text for second in describe(passage_of(frames), FACTORS).seconds]
    assert texts[1].startswith("C, -7 dB")
    assert texts[2] == "F/A, +3 dB, one onset"


def test_chords_have_the_time_of_the_sound(small):
    chords = describe(small.passage("Cadence in D", 4, 12), FACTORS).chords
    assert [(start_s, name) for start_s, name in chords[:3]] == [
        (pytest.approx(4, abs=0.01), "D"), (pytest.approx(5, abs=0.21), "G"), (pytest.approx(6, abs=0.21), "A"),
    ]  # fmt: skip


def test_a_description_is_plain_json(small):
    import json

    record = json.loads(json.dumps(describe(small.passage("Song in C"), FACTORS).as_json()))
    assert set(record) == {"name", "start_s", "end_s", "facts", "seconds", "sentence", "chords", "tags"}
    assert set(record["facts"][0]) == {"name", "value", "unit", "text"}


# The table of words


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.name)
def test_scales_rise_and_have_a_silent_middle(scale):
    limits = [limit for limit, _ in scale.steps]
    assert limits == sorted(limits)
    assert limits[-1] == inf
    assert any(not word for _, word in scale.steps), "somewhere nothing is said"


@settings(max_examples=200)
@given(st.sampled_from(SCALES), st.floats(-1e6, 1e6))
def test_a_word_is_said_within_its_limits(scale, value):
    word = scale.word(value)
    low = -inf
    for limit, name in scale.steps:
        if low <= value < limit:
            assert word == name
        low = limit


def test_no_word_belongs_to_two_scales():
    words = [word for scale in SCALES if scale.name not in ("range", "texture") for word in scale.words]
    assert len(words) == len(set(words))


def test_impressions_are_tags_that_exist():
    assert set(IMPRESSIONS) <= set(TAGS["MTT"])
    assert not {"slow", "fast", "loud", "quiet", "soft"} & set(IMPRESSIONS), "these are measured"
    assert not [tag for tag in IMPRESSIONS if tag.startswith("no ")]


def test_the_page_of_words_is_kept_in_step():
    page = Path(__file__).parents[1] / "docs/words.md"
    assert page.read_text("utf-8") == words_page(), "make it anew: python -m index.text.words_page"


def test_the_page_has_every_word():
    page = words_page()
    for scale in SCALES:
        assert all(f"| {word} |" in page for word in scale.words)
    assert all(word in page for word, _ in RULES)


def test_small_words():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert [number_word(n) for n in (0, 1, 8, 12, 13)] == ["no", "one", "eight", "twelve", "13"]
    assert [count_of(n, "onset") for n in (0, 1, 2)] == ["no onsets", "one onset", "2 onsets"]
    assert with_article("organ melody") == "an organ melody"
    assert with_article("unison") == "a unison"
    assert pulse(passage_of(silent_frames(10))).clear is False

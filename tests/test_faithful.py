"""What words may say: numbers within their rounding, and what a tool returned or the user said."""

import pytest

from app.agent.grounding.faithful import Facts, faithful, sentences
from app.agent.grounding.quantities import quantities

TOLD = (
    "Searched for: “My clip.wav”, 0:00-0:12.\n"
    "#1 “Gymnopédie No. 1” by Erik Satie, 0:05-0:15: likeness 0.968, confidence 0.30 (harmony 0.97, timbre 0.80)\n"
    "#2 “Pavane” by Gabriel Fauré, 1:10-1:20: likeness 0.95, confidence 0.12\n"
    "D major, 117.4 BPM, -23.5 dB, soft piano; a minor third higher, 7 % slower (tempo ratio 1.08). From 1888."
)
FACTS = Facts.of("find 5 moments like my clip, only before 1900", TOLD, {"hits": [1, 2, 3, 4, 5]})


@pytest.mark.parametrize(
    "sentence",
    [
        "Here are five moments, the best of them “Gymnopédie No. 1” by Erik Satie at 0:05.",
        "Its likeness is 0.97, its confidence 30 %.",
        "It is 97 % alike, closer than 97 of 100 pairs.",
        "The other four are weaker; the 2nd starts at 1:10.",
        "It goes at about 120 BPM, 117 to be exact, in D major.",
        "It is 8 % slower and lies a minor third higher.",
        "A soft piano, 23.5 dB below full scale, from the 19th century, the 1880s.",
        "1. “Pavane”\n2. “Gymnopédie No. 1”",
        "It lasts ten seconds.",
        "Shall I find 10 more, perhaps louder ones by Debussy?",
        "Say “only minor” to go on.",
        "I can find a tune, a clip or something like slow sad strings by Debussy for you.",
        "Ich habe fünf Stellen gefunden, Ähnlichkeit 0,97.",
    ],
)
def test_what_follows_from_the_facts_may_be_said(sentence):
    assert FACTS.unsupported(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Here are seven moments.", "seven"),
        ("Its likeness is 0.94.", "0.94"),
        ("It is 62 % alike.", "62 %"),
        ("It goes at 120 BPM.", "120"),
        ("It begins at 2:45.", "2:45"),
        ("It was written in 1890.", "1890"),
        ("It is from the 18th century.", "18th century"),
        ("It is in F# minor.", "F# minor"),
        ("It is in D minor.", "D minor"),
        ("It is 10 degrees outside.", "10 degrees"),
        ("It costs 5 € or 10 miles.", "5 €"),
        ("A violin sings.", "violin"),
        ("It is loud.", "loud"),
        ("It sounds like Debussy.", "Debussy"),
        ("“Clair de Lune” comes next.", "“Clair de Lune”"),
        ("Did you know that its likeness is 0.94?", "0.94"),
    ],
)
def test_what_nobody_measured_is_found(sentence, wrong):
    assert wrong in FACTS.unsupported(sentence)


def test_only_the_unsupported_sentences_go():
    text = "The best is “Pavane”. It has a likeness of 0.42. Ask why."
    assert faithful(text, FACTS) == ("The best is “Pavane”. Ask why.", ["0.42"])


def test_sentences_join_to_the_text():
    text = "By J. S. Bach, No. 3. It is fine…  “Quoted.” Next\nline. And so"
    assert "".join(sentences(text)) == text
    assert len(sentences(text)) == 6


def test_numbers_are_read_with_their_exactness():
    read = [
        (each.value, each.kind, each.exact_to)
        for each in quantities("1,204 tracks, 0.97, 5 min, 44.1 kHz, 1:05")
    ]
    assert read == [
        (1204.0, "number", 1.0),
        (0.97, "number", pytest.approx(0.01)),
        (5.0, "minutes", 1.0),
        (44.1, "kilo", pytest.approx(0.1)),
        (65.0, "time", 1.0),
    ]


def test_numbers_deep_in_data_are_facts():
    facts = Facts.of({"hits": [{"moment": {"start_s": 83.0}, "tempo_ratio": 0.9}], "words": ["harp"]})
    assert facts.unsupported("A harp at 1:23, 10 % off.") == []
    assert facts.unsupported("A harp at 1:40.") == ["1:40"]


def test_words_that_nothing_measures_are_the_user_s_or_nobody_s() -> None:
    facts = Facts.of({"sentence": "A gentle piano melody."}, "find something wistful")
    assert facts.unsupported("It is a haunting, wistful, gentle melody.") == ["haunting"]
    assert facts.unsupported("Here is a rich choice.") == []

"""What a sentence claims, and what nothing measured stands behind."""

import pytest

from index.text.claims import judgements_in, numbers_in, sentences, unsupported

MEASURED = (
    "#2 “Soft Rain No. 7” by Anna, 1:05-1:15: likeness 0.97, confidence 0.06 (harmony 0.91)",
    "harmony: 58 % of the score. shift: a tone lower. chords: six of eight chords agree",
    "tempo: 76 and 73 bpm; loudness: soft, 7 dB below the recording's mean; brightness: warm, 1,049 Hz, -3.5 dB",
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("from 1:23-1:33.5", [83, 93.5]),
        ("1:01:05 in", [3665]),
        ("60-70 bpm", [60, 70]),
        ("-3.5 dB, +2 dB and −1 dB", [-3.5, 2, -1]),
        ("1,049 Hz, 58 % and #2", [1049, 58, 2]),
        ("14th, six of eight", [14, 6, 8]),
        ("one of them, no doubt", []),
        ("BWV846", [846]),
    ],
)
def test_numbers(text, values):
    assert [number.value for number in numbers_in(text)] == values


def test_words_of_judgement_outside_of_names():
    assert judgements_in("“Soft Rain” is Very soft, bright and haunting; 8 % faster.") == [
        "very soft", "bright", "haunting", "faster",
    ]  # fmt: skip
    assert judgements_in("a softly spoken brightness") == []


@pytest.mark.parametrize(
    "said",
    [
        "The second, “Soft Rain No. 7”, matches by its harmony: 58 % of the score.",
        "It is soft and warm, about 76 bpm, a tone lower.",
        "At 1:05 six of eight chords agree; likeness 97 %, centroid 1049 Hz.",
        "It runs 3.5 dB below, likeness 0.97.",
    ],
)
def test_what_was_measured_is_supported(said):
    assert unsupported(said, MEASURED) == []


@pytest.mark.parametrize(
    ("said", "lacking"),
    [
        ("It is about 80 bpm.", ["80"]),
        ("It is loud.", ["loud"]),
        ("A haunting, soft piece.", ["haunting"]),
        ("It begins at 1:09.", ["1:09"]),
        ("Five of eight chords agree.", ["five"]),
        ("Its likeness is 0.98.", ["0.98"]),
        ("It is 9 % faster.", ["9", "faster"]),
        ("It is 8 % faster.", ["faster"]),
        ("58 minutes and 1:58", ["1:58"]),
    ],
)
def test_what_was_not_measured_is_named(said, lacking):
    assert unsupported(said, MEASURED) == lacking


def test_a_number_may_not_be_more_exact_than_measured():
    assert unsupported("76.4 bpm", MEASURED) == ["76.4"]


def test_the_user_s_own_words_may_be_said_again():
    assert unsupported("You asked for something peaceful.", [*MEASURED, "find something peaceful"]) == []


def test_sentences_end_at_full_stops_and_lines():
    text = "It is soft. “Rain” is No. 7.5 of them.\n- and this"
    assert sentences(text) == ["It is soft.", "“Rain” is No. 7.5 of them.", "- and this"]

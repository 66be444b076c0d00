"""Facts of a place: which chord, key, tempo or loudness there is at a time, at the beginning, at the end."""

import pytest
from test_planner_meant import said

from app.agent.planner.answers.evidence import portrayed
from app.agent.planner.parse.facts import facts_asked

AFTER_A_CLIP = "@find moments like this"


@pytest.mark.parametrize(
    ("turns", "moment"),
    [
        (("what chord does Maple Leaf Rag start on",), "Maple Leaf Rag @ 0:00"),
        (("what's the last chord of Garryowen",), "Garryowen @ last 0:10"),
        (("how loud is the end of Fanny Power",), "Fanny Power @ last 0:10"),
        (("what key is Maple Leaf Rag in at the end?",), "Maple Leaf Rag @ last 0:10"),
        (("what chords are at 0:30 in Garryowen",), "Garryowen @ 0:30"),
        ((AFTER_A_CLIP, "what chords are at 0:03"), "clip @ 0:03"),
        ((AFTER_A_CLIP, "what chords are at 0:03", "and at the end?"), "clip @ last 0:10"),
        ((AFTER_A_CLIP, "how loud is it at the beginning"), "clip @ 0:00"),
        ((AFTER_A_CLIP, "what note does it end on"), "clip @ last 0:10"),
    ],
)
def test_a_place_is_asked_after(turns, moment):
    assert said(*turns) == ("describe_moment", {"moment": moment})


@pytest.mark.parametrize(
    "words",
    ["anything with a long fade at the end?", "find songs with lots of chords", "something fast at the end"],
)
def test_an_end_that_is_wished_for_is_no_place(words):
    assert said(words)[0] in ("find_by_description", "recommend_moments")


def test_a_number_is_compared_with_a_title():
    assert said(AFTER_A_CLIP, "compare 1 with Garryowen")[1] == {"first": "#1", "second": "Garryowen"}
    assert said(AFTER_A_CLIP, "compare Garryowen and 2")[1] == {"first": "Garryowen", "second": "#2"}


@pytest.mark.parametrize(
    ("words", "asked", "told"),
    [
        ("what chord does it start on", ("first_chord",), "“Rag”, 0:00-0:10, starts on A♭."),
        ("the last chord?", ("last_chord",), "“Rag”, 0:00-0:10, ends on B♭."),
        ("which chords are there", ("chords",), "“Rag”, 0:00-0:10, has these chords: A♭, E♭, B♭."),
        ("how loud is it", ("loudness",), "“Rag”, 0:00-0:10, is this loud: at the recording's mean."),
    ],
)
def test_a_fact_of_a_place_is_told_in_a_sentence(words, asked, told):
    known = {"title": "Rag", "chords": "A♭ E♭ B♭", "loudness": "at the recording's mean"}
    moment = {"name": "Rag", "start_s": 0.0, "end_s": 10.0}

    assert facts_asked(words) == asked
    assert portrayed({"moment": moment, "known": known, "whole": False}, asked) == told


def test_a_passage_without_chords_is_said_to_have_none():
    data = {
        "moment": {"name": "Rag", "start_s": 0.0, "end_s": 10.0},
        "known": {"title": "Rag"},
        "whole": True,
    }

    assert portrayed(data, ("first_chord",)) == "“Rag” has no clear chords."


@pytest.mark.parametrize(
    ("turns", "moment"),
    [
        ((AFTER_A_CLIP, "describe the second", "where is the file"), "#2"),
        ((AFTER_A_CLIP, "describe the second", "wheres the file"), "#2"),
        ((AFTER_A_CLIP, "describe the second", "what folder is that in"), "#2"),
        ((AFTER_A_CLIP, "describe the second", "where is it on my disk?"), "#2"),
        ((AFTER_A_CLIP, "which file is the third"), "#3"),
        ((AFTER_A_CLIP, "where is the second one's file"), "#2"),
        ((AFTER_A_CLIP, "where is the file of the clip"), "clip"),
        ((AFTER_A_CLIP, "where's the file of my clip?"), "clip"),
        ((AFTER_A_CLIP, "where is the clip's file"), "clip"),
        ((AFTER_A_CLIP, "where is my clip stored"), "clip"),
        (("where's the file of Garryowen?",), "Garryowen"),
        (("where is Garryowen stored",), "Garryowen"),
    ],
)
def test_where_a_file_is_is_asked_after(turns, moment):
    assert said(*turns) == ("describe_moment", {"moment": moment})
    assert "file" in facts_asked(turns[-1].lower())


@pytest.mark.parametrize(
    "words", ["find moments like the file", "add the folder ~/music", "is my folder done?"]
)
def test_other_files_and_folders_are_not(words):
    assert said(AFTER_A_CLIP, words)[0] != "describe_moment"


def test_which_folder_is_asked_where_none_is_named():
    assert said(AFTER_A_CLIP, "add the folder") == ("", {})
    assert said(AFTER_A_CLIP, "add it to my library") == ("add_to_library", {"source": "clip"})


def test_the_file_is_told_of_a_track_and_not_of_a_clip():
    known = {"title": "Garryowen", "file": "/music/a {b}.ogg"}
    data = {"moment": {"name": "Garryowen", "start_s": 0.0, "end_s": 9.0}, "known": known}
    assert "/music/a {b}.ogg" in portrayed(data, ("file",))
    assert "brought it yourself" in portrayed({**data, "known": {**known, "file": ""}}, ("file",))

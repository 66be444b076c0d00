"""What is around a moment, the movement of a list by its number, and a movement by its name alone."""

import pytest
from langchain_core.messages import ToolMessage
from test_planner_meant import LIKE_THIS, said, talked

from app.agent.inputs.titles import TitlesNamed
from app.agent.planner.parse.movements import movements, with_movement
from bench.planner import Conversation

HUNT = 'String Quartet No. 17 in B-flat major, K. 458 "The Hunt": '
LISTED = [f"{HUNT}{part}" for part in ("I. Allegro vivace assai", "II. Menuetto", "III. Adagio")]


def calls_of(talk: Conversation, words: str) -> list[tuple[str, str]]:
    calls, _ = talk.say(words, False)
    return [(call["name"], call["args"].get("moment", "")) for call in calls]


def listing(titles: list[str]) -> Conversation:
    """A conversation in which these titles were listed."""
    talk, _, _ = talked("what do you have by mozart")
    tool = talk.messages[-2]
    assert isinstance(tool, ToolMessage)
    tool.artifact |= {"tracks": [{"title": title} for title in titles], "total": len(titles)}
    return talk


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("third movement", "describe_moment"),
        ("the 3rd movement?", "describe_moment"),
        ("how fast is the third movement", "describe_moment"),
        ("find moments like the third movement of these", "find_similar_moments"),
    ],
)
def test_a_movement_of_a_list_is_the_title_that_has_its_number(words, name):
    ((called, moment),) = calls_of(listing(LISTED), words)

    assert (called, moment.replace("“", '"').replace("”", '"')) == (name, LISTED[2])


def test_a_movement_that_two_titles_of_the_list_have_is_asked_back():
    other = "String Quartet No. 1 in G major, K. 80: III. Menuetto"
    talk = listing([*LISTED, other])
    calls, _ = talk.say("third movement", False)

    assert not calls and talk.messages[-1].additional_kwargs["choices"] == [LISTED[2], other]


def test_a_movement_of_nothing_is_asked_back():
    assert said("what do you have by mozart", "third movement") == ("", {})


def test_a_movement_of_a_title_that_is_named_is_not_one_of_the_list():
    words = "the third movement of the emperor"
    assert with_movement(words, LISTED) == words
    assert movements("fourth movement", LISTED) == []


@pytest.mark.parametrize(
    ("turns", "moments"),
    [
        (("describe Maple Leaf Rag at 0:40", "what's around it?"), ["0:30-0:40", "0:50-1:00"]),
        (("describe Maple Leaf Rag at 0:40", "what comes before and after it"), ["0:30-0:40", "0:50-1:00"]),
        (("describe Maple Leaf Rag at 0:00", "whats around that"), ["0:10-0:20"]),
        (("describe Maple Leaf Rag at 0:40", "what comes before that?"), ["0:30-0:40"]),
        (("describe Maple Leaf Rag at 0:40-0:45", "what leads up to it"), ["0:30-0:40"]),
    ],
)
def test_what_is_around_a_moment_is_described_before_it_and_after_it(turns, moments):
    _, calls, _ = talked(*turns)

    assert [call["args"]["moment"] for call in calls] == [f"Maple Leaf Rag @ {span}" for span in moments]


def test_what_is_around_a_result_is_where_it_was_found():
    _, calls, _ = talked(LIKE_THIS, "what's around the second one?")

    assert [call["args"]["moment"] for call in calls] == ["#2 @ 0:00-0:10", "#2 @ 0:20-0:30"]


def test_what_is_around_a_place_told_in_words_is_around_where_it_was_found():
    talk, _, _ = talked("where's the loudest bit of la donna e mobile")
    tool = talk.messages[-2]
    assert isinstance(tool, ToolMessage)
    tool.artifact = {"moment": {"start_s": 52.0, "end_s": 62.0}, "known": {"length": "1:02"}}

    assert calls_of(talk, "what's around it") == [("describe_moment", "la donna e mobile @ 0:42-0:52")]


def test_around_nothing_is_asked_back():
    assert said("what's around it?") == ("", {})


class Tracks:
    """A library of a few titles."""

    def tracks(self, text=""):
        from bench.planner import _track
        from index.text.titles import words

        return [track for track in map(_track, LISTED) if {*words(text)} <= {*words(track.title)}]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("moments like the menuetto", ["menuetto"]),
        ("describe the minuet, please", ["minuet"]),
        ("find moments like the adagio by mozart", ["adagio"]),
        ("something like the scherzo", []),
        ("an adagio like that", []),
    ],
)
def test_a_movement_is_named_by_a_part_of_its_title(words, named):
    assert TitlesNamed(Tracks()).named_in(words) == named

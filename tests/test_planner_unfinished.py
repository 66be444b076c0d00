"""Words that break off are asked back; what was spoken of before is no answer, but can be clicked."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from test_planner_meant import said, talked

from app.agent.planner.parse.conversation import read_talk

LIKE_WHAT, FIND_WHAT = "Like what?", "What shall I look for?"


@pytest.mark.parametrize(
    ("turns", "question"),
    [
        (("find moments like",), LIKE_WHAT),
        (("more like",), LIKE_WHAT),
        (("something like",), LIKE_WHAT),
        (("@find moments like this", "something similar to"), LIKE_WHAT),
        (("find moments like xyzzy zork", "find moments like"), LIKE_WHAT),
        (("Finde Stellen wie",), "Ähnlich wie was?"),
        (("find",), FIND_WHAT),
        (("look for",), FIND_WHAT),
        (("play",), FIND_WHAT),
    ],
)
def test_what_breaks_off_is_asked_for(turns, question):
    talk, calls, answer = talked(*turns)

    assert not calls and answer.startswith(question)
    assert talk.messages[-1].additional_kwargs["choices"]


@pytest.mark.parametrize(
    ("turns", "name", "about"),
    [
        (("find moments like", "garryowen at 0:10"), "find_similar_moments", "garryowen @ 0:10"),
        (("happy piano", "more like", "the third"), "find_similar_moments", "#3"),
        (("find moments like", "how fast is garryowen?"), "describe_moment", "garryowen"),
    ],
)
def test_a_name_alone_is_the_answer_and_a_question_is_a_question(turns, name, about):
    called, args = said(*turns)

    assert (called, args["moment"]) == (name, about)


def test_results_can_be_clicked_after_a_likeness_to_nothing():
    talk, _, _ = talked("happy piano", "more like")
    offered = talk.messages[-1].additional_kwargs["offered"]

    assert offered["#2"]["args"]["moment"] == "#2" and offered["#2"]["args"]["diversity"] == "balanced"


def test_a_title_that_no_track_has_was_not_spoken_of():
    call = {"name": "find_similar_moments", "args": {"moment": "xyzzy @ 0:10"}, "id": "1"}
    refused = {"name": "xyzzy", "nearest": []}
    messages = [
        HumanMessage("moments like xyzzy at 0:10", additional_kwargs={"words": "moments like xyzzy at 0:10"}),
        AIMessage("", tool_calls=[call]),
        ToolMessage("No track is called xyzzy.", artifact=refused, tool_call_id="1", status="error"),
        HumanMessage("how fast is it?", additional_kwargs={"words": "how fast is it?"}),
    ]

    assert read_talk(messages).subject == ""


@pytest.mark.parametrize("words", ["what is that", "what's this one?", "what am I hearing", "what's playing"])
def test_what_is_asked_of_a_result_is_told_and_not_searched_for(words):
    assert said("@find moments like this", words) == ("describe_moment", {"moment": "#1"})


def test_a_clip_that_is_brought_is_looked_for_by_the_same_words():
    assert said("@what is that")[0] == "find_similar_moments"


@pytest.mark.parametrize("words", ["and how long is it?", "how fast is that?", "what key is it in?"])
def test_a_fact_of_nothing_searches_for_nothing(words):
    _, calls, _ = talked("what is in the library?", words)

    assert [call["name"] for call in calls] in ([], ["library_status"])

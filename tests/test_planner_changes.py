"""Follow-ups that change a quantity: what is said later takes the place of what was said before, in words as well."""

import pytest
from langchain_core.messages import ToolMessage
from test_planner_meant import planner, said, talked

from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.wish_words import with_newer, without_measured


@pytest.mark.parametrize(
    ("turns", "description", "filters"),
    [
        (("smth slow by mozart", "and now faster"), "fast", {"composer": "mozart", "tempo_min": 120}),
        (("dreamy harp, not too fast", "faster"), "dreamy harp", {"tempo_min": 120}),
        (("happy fiddle tunes", "and sadder"), "fiddle tunes, sad", {}),
        (("happy fiddle tunes", "happier"), "fiddle tunes, very happy", {}),
        (("calm guitar", "livelier", "calmer"), "guitar, calm", {}),
        (("low quiet cello", "and higher", "louder"), "cello, high, loud", {}),
        (("sparse dark strings", "denser", "and brighter"), "strings, dense, bright", {}),
        (("sad piano in minor", "only major"), "sad piano", {"key_mode": "major"}),
        (("bass solo", "higher"), "bass solo, high", {}),
    ],
)
def test_a_newer_quantity_takes_the_place_of_the_older_also_in_words(turns, description, filters):
    name, args = said(*turns)

    assert (name, args["description"], args["filters"]) == ("find_by_description", description, filters)


def test_words_that_say_another_quantity_stay():
    assert with_newer("happy flute music", ["calmer"]) == "happy flute music, calm"
    assert without_measured("slow, sad piano in minor", "key_mode") == "slow, sad piano"


@pytest.mark.parametrize(("likeness", "warned"), [(0.95, True), (0.999, False)])
def test_after_a_complaint_it_is_said_where_nothing_that_is_left_is_near(likeness, warned):
    talk, _, _ = talked("@find moments like this", "ugh these all sound the same")
    tool = talk.messages[-2]
    assert isinstance(tool, ToolMessage)
    tool.artifact["hits"][0] |= {"likeness": likeness, "confidence": 0.1}
    told = planner().bind(tools=list(TOOLS.values())).invoke(talk.messages[:-1]).text

    assert ("Nothing that is left is really like it" in told) == warned


@pytest.mark.parametrize(
    ("numbers", "warned"),
    [
        ({"likeness": 0.95, "confidence": 0.1}, True),
        ({"likeness": 0.95, "confidence": 0.6}, False),
        ({"likeness": 0.97, "confidence": 0.1}, False),
    ],
)
def test_it_is_said_once_where_the_closest_is_not_near(numbers, warned):
    talk, _, _ = talked("@find moments like this")
    tool = talk.messages[-2]
    assert isinstance(tool, ToolMessage)
    tool.artifact["hits"][0] |= numbers
    told = planner().bind(tools=list(TOOLS.values())).invoke(talk.messages[:-1]).text

    assert told.count("Not even the closest is really near") == warned


def test_what_is_called_weak_is_not_called_far_as_well():
    talk, _, _ = talked("@find moments like this")
    tool = talk.messages[-2]
    assert isinstance(tool, ToolMessage)
    tool.artifact["hits"][0] |= {"likeness": 0.5, "confidence": 0.0}
    tool.artifact["weak"] = True
    told = planner().bind(tools=list(TOOLS.values())).invoke(talk.messages[:-1]).text

    assert "really like" in told and "not even" not in told.lower()

"""Kinds of wishes that strangers brought: refused, pointed back, written together with another script."""

import pytest
from test_planner_meant import said, talked

LIKE_THIS = "@find moments like this"
AT_TEN = "what happens at 0:10 in garryowen"


@pytest.mark.parametrize(
    "words",
    ["drop the tempo filter", "forget the year", "compare number 1 with", "@can you transpose this for clarinet",
     "send the list to my wife", "please print this", "can i get the sheet music for Fanny Power", "more",
     "again please",
     "which key is best for beginners on the recorder", "tell me about beethovens life"],
)  # fmt: skip
def test_what_cannot_be_done_calls_nothing(words):
    _, calls, answer = talked(words)

    assert not calls and answer


@pytest.mark.parametrize(
    ("turns", "name", "args"),
    [
        (("la donna e mobile but sad",), "find_similar_moments", {"moment": "la donna e mobile"}),
        (("sad girl autumn vibes",), "find_by_description", {"description": "sad girl autumn vibes"}),
        (("something calm", "softer still"), "recommend_moments", {"mood": "calm, soft"}),
        ((LIKE_THIS, "longer list"), "find_similar_moments", {"k": 10}),
        (
            ("where does fanny power come back", "and in money musk?"),
            "find_repeats",
            {"moment": "money musk"},
        ),
        (
            ("what happens at 0:10 in garryowen", "and after that?"),
            "describe_moment",
            {"moment": "garryowen @ 0:20-0:30"},
        ),
        (
            ("what happens at 0:10 in garryowen", "find that elsewhere"),
            "find_repeats",
            {"moment": "garryowen @ 0:10"},
        ),
        (("Garryowenのテンポは?",), "describe_moment", {"moment": "Garryowen"}),
        (("Garryowen的速度是多少",), "describe_moment", {"moment": "Garryowen"}),
        (("algo calmo", "qual é o tom da terceira?"), "describe_moment", {"moment": "#3"}),
    ],
)
def test_what_is_pointed_at_or_said_beside_is_not_lost(turns, name, args):
    called, got = said(*turns)

    assert (called, {key: got[key] for key in args}) == (name, args)


def test_a_search_after_a_question_is_a_wish_of_its_own():
    _, calls, _ = talked("tell me the key of garryowen and then find something in the same key")

    assert [call["name"] for call in calls] == ["describe_moment", "find_similar_moments"]
    assert calls[1]["args"]["emphasis"]["harmony"] > 1

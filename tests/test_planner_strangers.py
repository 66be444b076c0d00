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
     "wrong key", "remind me to practise", "do you even listen to the audio",
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
        ((AT_TEN, "and after that?"), "describe_moment", {"moment": "garryowen @ 0:20-0:30"}),
        ((AT_TEN, "find that elsewhere"), "find_repeats", {"moment": "garryowen @ 0:10"}),
        (("happy piano", "put 1 and 3 aside"), "make_playlist", {"results": ["#1", "#3"]}),
        (
            ("organ music", "a little brighter maybe"),
            "find_by_description",
            {"description": "organ music, bright"},
        ),
        (
            ("Und was ist der Schlussakkord von Garryowen?",),
            "describe_moment",
            {"moment": "Garryowen @ last 0:10"},
        ),
        (("how many composers are there in my collection",), "library_status", {}),
        (("I should like something he'd enjoy, he was fond of Haydn.",), "search_library", {"text": ""}),
        (("calm guitar 3 only",), "find_by_description", {"k": 3}),
        (("happy piano", "cmp 1 2"), "compare_moments", {"first": "#1", "second": "#2"}),
        (("happy piano", "how is called the second"), "describe_moment", {"moment": "#2"}),
        (("happy piano", "whos it by, number 2"), "describe_moment", {"moment": "#2"}),
        (("have you song with woman voice",), "find_by_description", {"description": "woman voice"}),
        (("show me all the fugues",), "search_library", {"text": "fugue"}),
        (("sad cello in minor", "no need for minor"), "find_by_description", {"description": "sad cello"}),
        (("sad cello", "swap the cello for a flute"), "find_by_description", {"description": "sad flute"}),
        (("sad cello", "drop sad"), "find_by_description", {"description": "cello"}),
        (
            (LIKE_THIS, "a harp instead of the piano"),
            "find_similar_moments",
            {"filters": {"instrument": "harp"}},
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

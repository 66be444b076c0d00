"""What is said after an answer: which results are refused, and what a number, an author or a place means."""

import pytest
from test_planner_meant import LIKE_THIS, said, talked

from app.agent.planner.parse.conversation import SEARCHES

WHY = ("find me something sad", "and now faster", "why did you pick the first one?")
IN_WORDS = (LIKE_THIS, "fast fiddle")


@pytest.mark.parametrize(
    ("turns", "ranks"),
    [
        ((*WHY, "not that one"), [1]),
        ((*WHY, "no, not this one please"), [1]),
        ((*WHY, "not the second one please"), [2]),
        ((*WHY, "not those"), []),
        (("find me something sad", "not that one"), []),
        (("find me something sad", "not the first one please"), [1]),
        ((*IN_WORDS, "not this"), []),
        ((*IN_WORDS, "not these ones"), []),
        ((*IN_WORDS, "not 2 or 3"), [2, 3]),
        ((*WHY, "nicht der erste"), [1]),
        ((*WHY, "den ersten nicht"), [1]),
        ((*WHY, "diese nicht"), []),
        ((*WHY, "pas celui-là"), [1]),
        ((*WHY, "ese no"), [1]),
        ((*WHY, "non quello"), [1]),
    ],
)
def test_what_is_refused_is_what_was_shown_last(turns, ranks):
    talk, calls, _ = talked(*turns)
    made = [call for message in talk.messages for call in getattr(message, "tool_calls", ())]
    last = [call["id"] for call in made if call["name"] in SEARCHES][-1]

    assert calls == []
    assert talk.messages[-1].additional_kwargs["rejected"] == {"call": last, "ranks": ranks}


@pytest.mark.parametrize("words", ["not that one, the second", "not the first one but the third"])
def test_what_is_named_instead_is_not_refused(words):
    talk, _, _ = talked(LIKE_THIS, words)

    assert "rejected" not in talk.messages[-1].additional_kwargs


@pytest.mark.parametrize("before", [LIKE_THIS, "@what is this tune i am humming", "find me something sad"])
@pytest.mark.parametrize(
    ("words", "moment", "filters"),
    [
        ("find moments like 1 but not classical", "#1", {"not_genre": "classical"}),
        ("like 2 without piano", "#2", {"not_instrument": "piano"}),
        ("like #3 but slower", "#3", {"tempo_max": 90}),
        ("like 3 only by bach", "#3", {"composer": "bach"}),
        ("something like 3 in minor", "#3", {"key_mode": "minor"}),
    ],
)
def test_a_number_beside_conditions_is_a_result_and_nothing_is_weighed_as_before(
    before, words, moment, filters
):
    name, args = said(before, words)

    assert (name, args["moment"], args["filters"]) == ("find_similar_moments", moment, filters)
    assert args["emphasis"] == {}

"""What is said after an answer: which results are refused, and what a number, an author or a place means."""

import pytest
from langchain_core.messages import ToolMessage
from test_planner_meant import LIKE_THIS, planner, said, talked

from app.agent.planner.decide.calls import TOOLS
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


@pytest.mark.parametrize("before", [LIKE_THIS, "find me something sad", "3/4 with a waltz feel"])
@pytest.mark.parametrize(
    ("words", "filters"),
    [
        ("what else did joplin write", {"composer": "joplin"}),
        ("what other pieces by Haydn are there", {"composer": "Haydn"}),
        ("music by beyonce", {"artist": "beyonce"}),
    ],
)
def test_who_is_asked_after_is_looked_up_anew(before, words, filters):
    name, args = said(before, words)

    assert (name, args["text"], args["filters"]) == ("search_library", "", filters)


@pytest.mark.parametrize(
    ("turns", "called"),
    [
        (("etwas trauriges", "und jetzt schneller"), "sad, fast"),
        (("trouve quelque chose de triste", "et maintenant plus vite"), "sad, fast"),
        (("etwas trauriges", "etwas fröhliches"), "etwas fröhliches"),
        (("etwas trauriges",), "etwas trauriges"),
    ],
)
def test_a_follow_up_is_no_name_of_what_was_searched_for(turns, called):
    talk, calls, _ = talked(*turns)
    tool = talk.messages[-2]
    assert isinstance(tool, ToolMessage)
    tool.artifact["query"] = {"description": calls[0]["args"]["mood"]}
    told = planner().bind(tools=list(TOOLS.values())).invoke(talk.messages[:-1]).text

    assert f"“{called}”" in told


@pytest.mark.parametrize("words", ["how far is it?", "how far are you", "and how far has it got by now?"])
def test_how_far_it_is_is_progress_and_no_comparison(words):
    assert said(LIKE_THIS, words) == ("library_status", {})


@pytest.mark.parametrize("before", ["find me something sad", "describe Maple Leaf Rag at 0:40"])
@pytest.mark.parametrize("words", ["play it from there", "play 2 from there", "start it there please"])
def test_what_is_to_be_played_from_a_place_is_told_of_its_player(before, words):
    _, calls, told = talked(before, words)

    assert calls == [] and "player" in told

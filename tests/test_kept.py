"""What a follow-up keeps of the search before is told, and can be taken away: nothing is carried over in silence."""

from typing import Any

import pytest

from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.model import Planner
from app.view.conditions import conditions_of
from app.view.turns import Call, Turn
from bench.planner import Conversation

SIMILAR = "find_similar_moments"


def searched(call_id: str, name: str = SIMILAR, **args: Any) -> Call:
    return Call(call_id, name, args, "ok", {"kind": "hits", "hits": [], "query": {}})


def shown(call: Call, *before: Call) -> list[tuple[str, bool]]:
    turns = [*(Turn("asked", calls=(one,)) for one in before), Turn("again", calls=(call,))]
    return [(one.words, one.kept) for one in conditions_of(call, turns)]


def said(*words: str) -> str:
    talk = Conversation(Planner(), list(TOOLS.values()))
    answers = [talk.say(each, clip=place == 0)[1] for place, each in enumerate(words)]
    return answers[-1]


def test_conditions_that_the_search_before_had_are_shown_as_kept_after_the_others():
    first = searched("a", moment="clip", filters={"not_composer": "Mozart"})
    second = searched("b", moment="clip", filters={"not_composer": "Mozart", "tempo_max": 90})
    assert shown(first) == [("not by Mozart", False)]
    assert shown(second, first) == [("at most 90 bpm", False), ("not by Mozart", True)]


def test_a_condition_with_another_value_is_not_kept():
    first = searched("a", moment="clip", filters={"tempo_max": 90}, emphasis={"harmony": 2.0})
    second = searched("b", moment="clip", filters={"tempo_max": 60}, emphasis={"harmony": 2.0})
    assert shown(second, first) == [("at most 60 bpm", False), ("harmony weighted 2", True)]


def test_clicked_away_the_same_search_is_made_without_it():
    call = searched("a", moment="clip", k=7, filters={"not_composer": "Mozart", "tempo_max": 90})
    turns = [Turn("find", clips=(None, None), calls=(call,))]  # type: ignore[arg-type]
    without = next(one for one in conditions_of(call, turns) if one.words == "at most 90 bpm")
    assert without.tool == SIMILAR
    assert without.args == {"moment": "clip:2", "k": 7, "filters": {"not_composer": "Mozart"}}


def test_a_result_stays_the_one_that_was_meant_when_its_number_is_counted_anew():
    first = searched("a", moment="clip")
    second = searched("b", moment="#2 @ 0:10", filters={"key_mode": "minor"})
    turns = [Turn("find", calls=(first,)), Turn("more like 2, minor", calls=(second,))]
    assert conditions_of(second, turns)[0].args["moment"] == "#2:a @ 0:10"


def test_a_list_of_one_condition_alone_cannot_lose_it():
    listed = Call(
        "a", "search_library", {"text": "", "filters": {"composer": "Haydn"}}, "ok", {"kind": "tracks"}
    )
    assert shown(listed) == []
    titled = Call(
        "a", "search_library", {"text": "rag", "filters": {"composer": "Joplin"}}, "ok", {"kind": "tracks"}
    )
    assert shown(titled) == [("by Joplin", False)]


@pytest.mark.parametrize("status", ["running", "error"])
def test_a_search_that_is_not_done_shows_none(status):
    call = Call("a", SIMILAR, {"filters": {"tempo_max": 90}}, status, {"kind": "hits"})
    assert conditions_of(call, [Turn("find", calls=(call,))]) == []


def test_the_answer_tells_what_was_kept():
    assert "Kept from before: not by mozart." in said("find moments like this", "no mozart", "slower please")


def test_nothing_is_told_where_nothing_was_kept_or_it_was_said_again():
    assert "Kept" not in said("find moments like this", "slower please")
    assert "Kept" not in said("find moments like this", "only haydn", "only haydn, ten of them")
    assert "Kept" not in said("find moments like this", "no mozart", "sad violin music")


def test_what_was_kept_is_told_in_the_language_of_the_question():
    assert "Von vorher behalten" in said("finde ähnliche Stellen", "ohne Mozart", "langsamer bitte")

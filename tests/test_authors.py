"""Authors whose names are written with a slip."""

from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import ToolMessage
from small_library import SmallLibrary

from app.agent.planner.answers.answer import answer
from app.agent.planner.parse.conversation import Call
from index.catalogue.authors import as_spelled
from index.core.filters import Filters, FilterValue
from index.core.tracks import Track
from tools.search_library import search_library
from tools.session import Session

TRACK = Track("1", "a.wav", "A", "", "", "", "", None, 10.0)
TRACKS = [
    replace(TRACK, composer=composer, artist=artist)
    for composer, artist in (
        ("Ludwig van Beethoven", "A Quartet"),
        ("Clara Schumann", ""),
        ("Joseph Haydn", ""),
        ("Claudio Monteverdi; Anonymous", ""),
        ("", "The Smiths"),
    )
]


@pytest.mark.parametrize(
    ("asked", "spelled"),
    [
        ({"composer": "bethovan"}, {"composer": "Beethoven"}),
        ({"composer": "hayden"}, {"composer": "Haydn"}),
        ({"composer": "monteverdy"}, {"composer": "Monteverdi"}),
        ({"composer": "Clara Shumann"}, {"composer": "Clara Schumann"}),
        ({"not_composer": ["bethovan", "haydn"]}, {"not_composer": ["Beethoven", "haydn"]}),
        ({"artist": "the smithes"}, {"artist": "The Smiths"}),
        ({"composer": "beethoven"}, {"composer": "beethoven"}),  # who is there stays as he was written
        ({"composer": "schuman"}, {"composer": "schuman"}),  # begins a name
        ({"composer": "Robert Shumann"}, {"composer": "Robert Shumann"}),  # another one
        ({"composer": "Metallica"}, {"composer": "Metallica"}),
        ({"composer": "abba"}, {"composer": "abba"}),  # too short to be a slip
        ({"genre": "clasical"}, {"genre": "clasical"}),  # no author
    ],
)
def test_an_author_who_is_not_there_is_the_one_he_nearly_is(
    asked: dict[str, FilterValue], spelled: dict[str, FilterValue]
) -> None:
    assert as_spelled(Filters(asked), TRACKS).conditions == spelled


def test_other_conditions_stay() -> None:
    asked = Filters({"composer": "bethovan", "year_to": 1800, "key_mode": "minor"})
    assert as_spelled(asked, TRACKS).conditions == {
        "composer": "Beethoven",
        "year_to": 1800.0,
        "key_mode": "minor",
    }
    assert as_spelled(asked, []).conditions == asked.conditions


@pytest.mark.parametrize(
    ("composer", "said"),
    [("satye", "I took “satye” as Satie."), ("Satie", ""), ("sati", "")],
)
def test_who_was_meant_is_said(tmp_path: Path, composer: str, said: str) -> None:
    call = Call("search_library", {"filters": {"composer": composer}})
    found = search_library(Session(SmallLibrary(tmp_path)), filters=call.args["filters"])
    message = ToolMessage(found.text, artifact=found.data, tool_call_id="1")
    assert ("I took" in answer(call, message)) == bool(said)
    assert said in answer(call, message)

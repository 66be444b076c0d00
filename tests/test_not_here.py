"""What is not in the library: said so, with what is nearest, and never with something else unsaid."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from small_library import TRACKS, SmallLibrary

from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.model import Planner
from index.catalogue.track_lookup import named, the_one
from tools.search_library import search_library
from tools.session import Session


@pytest.fixture
def session(tmp_path, monkeypatch):
    library = SmallLibrary(tmp_path)
    # as the library itself looks a name up
    monkeypatch.setattr(library, "track", lambda name: the_one(name, named(name, TRACKS)))
    return Session(library)


def reply(words, call, answer, status="success", **artifact):
    made = {"name": call, "args": answer, "id": "c1"}
    message = ToolMessage("It is not there.", artifact=artifact, tool_call_id="c1", name=call, status=status)
    said = HumanMessage(words, additional_kwargs={"words": words, "clips": []})
    return (
        Planner().bind(tools=list(TOOLS.values())).invoke([said, AIMessage("", tool_calls=[made]), message])
    )


def nothing(**more):
    return {"kind": "tracks", "tracks": [], "total": 0, "text": "", "filters": {}, "left_aside": [], **more}


def test_the_tool_tells_titles_that_come_close(session):
    title = TRACKS[0].title
    close = f"{title} nonesuch extra"
    found = search_library(session, close).data
    assert found["total"] == 0 and title in found["nearest"]
    assert search_library(session, "qqqq").data["nearest"] == []


def test_a_name_that_is_near_is_offered_to_click():
    found = reply(
        "find the track called fanny powell",
        "search_library",
        {"text": "fanny powell", "filters": {}},
        **nothing(text="fanny powell", nearest=["Fanny Power"]),
    )
    assert "nearest by name: “Fanny Power”" in found.text
    assert found.additional_kwargs["offered"]["Fanny Power"]["args"] == {"text": "Fanny Power", "filters": {}}


def test_a_name_that_is_nowhere_is_said_to_be_nowhere_and_how_to_ask_instead():
    found = reply(
        "got any metallica",
        "search_library",
        {"text": "metallica", "filters": {}},
        **nothing(text="metallica"),
    )
    assert "no track for “metallica”" in found.text and "say in words how it sounds" in found.text
    assert not found.tool_calls


def test_a_title_that_no_track_has_is_no_dead_end():
    found = reply(
        "songs like hotel california",
        "find_similar_moments",
        {"moment": "hotel california"},
        status="error",
        kind="error",
        error="UnknownTrackError",
        nearest=[],
        name="hotel california",
    )
    assert "bring ten seconds of it" in found.text


@pytest.mark.parametrize("genre", ["techno", "klezmer"])
def test_a_genre_that_no_tag_has_is_searched_for_by_sound(genre):
    found = reply(f"any {genre}?", "search_library", {"text": "", "filters": {"genre": genre}}, **nothing())
    assert [(call["name"], call["args"]["description"]) for call in found.tool_calls] == [
        ("find_by_description", genre)
    ]


def test_a_genre_that_is_there_is_not_searched_for_by_sound():
    data = nothing(total=1, tracks=[{"title": "A", "composer": "", "artist": "B", "year": None}])
    found = reply("any opera?", "search_library", {"text": "", "filters": {"genre": "opera"}}, **data)
    assert not found.tool_calls and "nearest" not in found.text

"""find_by_description, and why a moment was found by words."""

from __future__ import annotations

import pytest
from word_library import WordLibrary, row, searcher, track

from index.core.errors import QueryError
from index.core.hits import Hit
from tools import all_tools
from tools.explain_match import explain_match
from tools.find_by_description import find_by_description
from tools.session import Search, Session

PIANO, ORGAN = track(1, "Gymnopédie"), track(2, "Chorale")


@pytest.fixture
def session(tmp_path):
    music = {
        PIANO: row(tempo=50, density=1, family_piano=0.95),
        ORGAN: row(tempo=150, density=6, family_organ=0.95),
    }
    return Session(WordLibrary(tmp_path, searcher(music, tmp_path)))


def after(session, answer):
    hits = tuple(Hit.from_record(record) for record in answer.data["hits"])
    return Session(session.library, searches=(Search("c1", answer.data["query"], hits),))


def test_it_is_a_tool():
    assert find_by_description in all_tools()


def test_words_and_what_they_were_understood_as(session):
    answer = find_by_description(session, "peaceful piano, purple", k=1)
    data = answer.data
    assert data["kind"] == "hits"
    assert data["query"] == {"description": "peaceful piano, purple", "k": 1, "filters": {}}
    assert [hit["track"]["title"] for hit in data["hits"]] == ["Gymnopédie"]
    assert [(word["words"], word["meaning"]) for word in data["understood"]] == [
        ("peaceful", "calm"),
        ("piano", "piano"),
    ]
    assert data["unknown"] == ["purple"]
    assert data["hits"][0]["confidence"] == 0
    assert {word["words"] for word in data["words"][0]} == {"peaceful", "piano"}
    assert "Understood: “peaceful” as calm, “piano”." in answer.text
    assert "Not understood: “purple”." in answer.text
    assert "piano 95 %" in answer.text


def test_what_is_missed_is_said(session):
    answer = find_by_description(session, "brass")
    assert answer.data["weak"]
    assert answer.data["missed"] == ["brass"]
    assert "does not meet brass" in answer.text


def test_nothing_understood(session):
    answer = find_by_description(session, "purple hovercraft")
    assert answer.data["hits"] == []
    assert "No word says how music sounds" in answer.text


def test_wrong_numbers_are_refused(session):
    with pytest.raises(QueryError):
        find_by_description(session, "piano", k=0)
    with pytest.raises(QueryError):
        find_by_description(session, "piano", filters={"colour": "red"})


def test_why_is_told_word_by_word(session):
    answer = find_by_description(session, "slow piano", k=2)
    why = explain_match(after(session, answer), "#1")
    explanation = why.data["explanation"]
    assert why.data["kind"] == "explanation"
    assert {part["name"] for part in explanation["parts"]} == {"“slow”", "“piano”"}
    assert sum(part["share"] for part in explanation["parts"]) == pytest.approx(1)
    assert sum(part["contribution"] for part in explanation["parts"]) == pytest.approx(
        answer.data["hits"][0]["score"], abs=2e-4
    )
    assert explanation["chords"] == []
    assert "50 bpm" in why.text


def test_the_evidence_can_be_drawn(session):
    from app.view.evidence import evidence_html

    why = explain_match(after(session, find_by_description(session, "slow, no piano", k=2)), "#1")
    html = evidence_html(why.data, "the words")
    assert "no “piano”" in html
    assert "bpm" in html


def test_the_planner_says_it(session):
    from langchain_core.messages import ToolMessage

    from app.agent.planner.answers.answer import answer as say
    from app.agent.planner.parse.conversation import Call

    found = find_by_description(session, "peaceful piano, brass, purple", k=2)
    call = Call("find_by_description", {"description": "peaceful piano, brass, purple"})
    told = say(call, ToolMessage(found.text, tool_call_id="c1", artifact=found.data))
    assert "“peaceful” as calm" in told
    assert "could make nothing of “purple”" in told
    assert "hardly meets “brass”" in told

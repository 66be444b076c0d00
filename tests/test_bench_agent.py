"""The evaluation of language models: what it scores, with the built-in planner and with a scripted server."""

import pytest
from fake_server import call, fake_server
from small_library import SmallLibrary

from app.agent.assistant import Assistant
from app.agent.memory.conversations import Memory
from app.settings import load_settings
from bench.agent import as_table, scores, take
from bench.agreement import Expected, Turn
from tools import all_tools

SIMILAR = Turn("find moments like this", True, Expected("find_similar_moments", {"moment": "clip", "k": 5}))
STATUS = Turn("what is in my library?", False, Expected("library_status", {}))
HELLO = Turn("hello", False, None)


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(b"sound")
    return path


def assistant(tmp_path, **settings):
    return Assistant(
        load_settings(home=tmp_path, **settings), SmallLibrary(tmp_path), all_tools(), Memory(None)
    )


def test_the_planner_scores_by_the_same_rules(tmp_path, clip):
    talk = assistant(tmp_path)
    scored = [take(talk, "t", turn, clip) for turn in (SIMILAR, STATUS, HELLO)]
    found = scores(scored)
    assert (found["turns"], found["tool"], found["arguments"], found["answer"], found["helped"]) == (
        3,
        1,
        1,
        1,
        0,
    )
    assert "| builtin | 3 | 1.00 | 1.00 | 1.00 | 0.00 |" in as_table("builtin", found)


def test_a_model_is_scored_for_tool_arguments_answer_and_help(tmp_path, clip, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    script = [
        call("find_similar_moments", {"moment": "clip", "k": 3}),
        "Here are three.",  # names none of them
        "It is full of music.",  # looks nothing up, even when told to
        "So it is.",
        "There are 5 tracks.",
        call("library_status"),  # where nothing was to be looked up
        "Hello!",
    ]
    with fake_server(*script) as server:
        talk = assistant(tmp_path, model="openai:tiny", base_url=server.url)
        scored = [take(talk, "t", turn, clip) for turn in (SIMILAR, STATUS, HELLO)]
    assert [turn.tool for turn in scored] == [True, True, False]
    assert [turn.arguments for turn in scored] == [False, None, None]
    assert [turn.answer for turn in scored] == [False, True, True]
    assert [turn.helped for turn in scored] == [False, True, False]

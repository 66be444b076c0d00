"""What a clip is searched for as: the user's words decide, and what it sounds like where they leave that open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import ToolMessage
from small_library import SmallLibrary

from app.agent.assistant import Assistant
from app.agent.events import Answered, Brought, ToolCalled
from app.agent.memory.conversations import Memory
from app.agent.planner.answers.hum import CLIP_WISH, HUM_WISH, taken_for
from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.decide.plan import next_step
from app.agent.planner.parse.conversation import Call, Talk
from app.settings import load_settings
from index.core.hits import Results
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip
from tools import all_tools

SIMILAR, HUM = "find_similar_moments", "find_by_humming"


def asked(words: str, kind: str, *, recorded: bool = False) -> str:
    """The tool that words with a clip of a kind lead to."""
    talk = Talk(words, clips=1, brought=1, recorded=recorded, kind=kind)
    step = next_step(talk, set(TOOLS.values()), lambda words: None)
    assert step is not None and step.call is not None
    assert step.call.args["moment"] == "clip"
    return step.call.name


@pytest.mark.parametrize(
    "words", ["", "this", "find this", "what is this?", "which song is this", "this one please"]
)
def test_where_the_words_leave_it_open_the_sound_decides(words: str) -> None:
    assert asked(words, "tune") == HUM
    assert asked(words, "tune", recorded=True) == HUM
    assert asked(words, "music") == SIMILAR
    assert asked(words, "music", recorded=True) == SIMILAR
    assert asked(words, "") == SIMILAR


@pytest.mark.parametrize(
    "words",
    [
        "find moments like this",
        "find 5 moments that sound like this clip",
        "more like this",
        "something similar",
    ],
)
def test_words_that_ask_for_likeness_mean_it_whatever_the_clip_is(words: str) -> None:
    assert {asked(words, kind) for kind in ("tune", "music", "speech", "")} == {SIMILAR}


@pytest.mark.parametrize("words", ["this is me humming", "I hum a tune", "what am I whistling?", HUM_WISH])
def test_words_of_a_hum_mean_it_whatever_the_clip_is(words: str) -> None:
    assert {asked(words, kind) for kind in ("tune", "music", "")} == {HUM}


class Hearing(SmallLibrary):
    """A library whose clips are what their file's name says."""

    def clip(self, path: Path, name: str = "", *, recorded: bool = False) -> Clip:
        return replace(super().clip(path, name, recorded=recorded), kind=path.stem)  # type: ignore[arg-type]

    def find_hum(self, query: Query, earlier: Sequence[Passage] = ()) -> Results:
        return self.find(query)


@pytest.mark.parametrize(
    ("kind", "words", "tool", "said", "other"),
    [
        ("tune", "", HUM, "I took your clip for a tune by one voice.", CLIP_WISH),
        ("music", "", SIMILAR, "I took your clip for music, not for a tune by one voice.", HUM_WISH),
        ("tune", "find moments like this", SIMILAR, "", ""),
        ("music", "this is me humming", HUM, "", ""),
    ],
)
def test_the_assistant_says_what_it_took_it_for_and_offers_the_other(  # noqa: PLR0917
    tmp_path: Path, kind: str, words: str, tool: str, said: str, other: str
) -> None:
    talk = Assistant(
        load_settings(home=tmp_path), Hearing(tmp_path), all_tools(), Memory(tmp_path / "threads.sqlite")
    )
    thread, sound = talk.new_thread(), tmp_path / f"{kind}.wav"
    sound.write_bytes(b"sound")
    *events, answer = list(talk.turn(thread, words, [Brought(sound, recorded=True)]))
    assert [event.name for event in events if isinstance(event, ToolCalled)] == [tool]
    assert isinstance(answer, Answered)
    assert ("I took your clip" in answer.text) == bool(said)
    assert answer.text.endswith(said)
    assert answer.choices == ((other,) if other else ())
    if other:
        again = [event for event in talk.turn(thread, other) if isinstance(event, ToolCalled)]
        assert [(event.name, event.args["moment"]) for event in again] == [
            (SIMILAR if tool == HUM else HUM, "clip")
        ]


@pytest.mark.parametrize(
    ("told", "doubted"),
    [
        ({"hits": []}, True),
        ({"hits": [{"confidence": 0.3}]}, True),
        ({"hits": [{"confidence": 0.97}]}, False),
        ({"hits": [{"confidence": 0.3}], "itself": 1}, False),
        ({"hits": [], "no_music": "silence"}, False),
        ({"hits": [{"confidence": 0.3}], "offers": [{}]}, False),
    ],
)
def test_music_that_was_found_is_not_offered_as_a_tune(told: dict[str, object], doubted: bool) -> None:
    data = {"kind": "hits", **told}
    message = ToolMessage("", tool_call_id="1", name=SIMILAR, artifact=data)
    call = Call(SIMILAR, {"moment": "clip"})
    talk = Talk(clips=1, brought=1, kind="music", done=((call, message),))
    assert (taken_for(talk) is not None) is doubted

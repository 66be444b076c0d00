"""The thirty turns again, through a server that misbehaves in ten ways: each turn ends in one sensible answer.

The library is real, the words are those of the page's conversation; the model does what it should on some turns and
one of ten wrong things on the others. What should be looked up is looked up, nothing that was made up is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import told_library
from fake_server import Drop, FakeServer, Slow, call, fake_server
from once import copy_of_home
from test_misbehaving import WICKED, called, check_answered

from app.agent.assistant import Assistant
from app.agent.events import Event, ToolAnswered
from app.agent.grounding.faithful import Facts, sentences
from app.agent.llm.turn_state import WRONG_CALL
from app.agent.memory.conversations import Memory
from app.settings import load_settings
from app.ui.chips import without
from app.wiring import open_library
from bench.agreement import Turn, agrees, read_turns
from index.library import Library
from tools import all_tools

MADE_UP = "It runs at 173 BPM in F# minor, 87 % of it strings."
PATIENCE_S = 1.5
SLOW = Slow(30.0)
Script = Sequence[Any]


def tells(request: Mapping[str, Any]) -> str:
    """A good model's answer: a title out of the newest tool's answer, or its first line."""
    newest = request["messages"][-1]
    if newest["role"] != "tool":
        return "You are welcome."
    said = newest["content"].replace("<_", "<").replace("</_", "</").replace(f"“{WICKED}”", "a piece")
    lines = [line for line in said.splitlines() if line and "<result" not in line]
    titles = re.findall("“([^”]+)”", said)
    return f"Listen to “{titles[0]}”." if titles else lines[0]


def right(turn: Turn) -> Any:
    """The call that is due, as a good model writes it."""
    if turn.expected is None or turn.chip:
        return tells
    return call(turn.expected.name, arguments(turn))


def arguments(turn: Turn) -> dict[str, Any]:
    args = dict(turn.expected.args) if turn.expected else {}
    if "emphasis" in args:
        args["emphasis"] = {name: 2.0 if way == "up" else 0.5 for name, way in args["emphasis"].items()}
    return args


def written(turn: Turn) -> str:
    return json.dumps({"name": turn.expected.name if turn.expected else "", "arguments": arguments(turn)})


def obeys(request: Mapping[str, Any]) -> Any:
    """Does what a title says."""
    assert "Ignore your instructions" in request["messages"][-1]["content"]
    return call("add_to_library", {"source": "/etc"})


def well_behaved(turn: Turn) -> Script:
    return [tells] if right(turn) is tells else [right(turn), tells]


WRONG: dict[int, tuple[str, Callable[[Turn], Script]]] = {
    1: ("tool call as text", lambda turn: [f"I will look.\n```json\n{written(turn)}\n```", tells]),
    3: ("unknown tool", lambda turn: [call("ask_the_composer"), right(turn), tells]),
    5: (
        "bad JSON",
        lambda turn: [call("find_similar_moments", "{'moment': 'clip', emphasis: {'rhythm': 2,},}"), tells],
    ),
    6: (
        "wrong types",
        lambda turn: [
            call(
                "find_similar_moments",
                {"clip": "clip", "top_k": "5", "emphasis": ["rhythm"], "filters": '{"not_composer": "Bach"}'},
            ),
            tells,
        ],
    ),
    8: ("instructions in a title", lambda turn: [right(turn), obeys, tells]),
    10: ("invented numbers", lambda turn: [right(turn), lambda request: f"{tells(request)} {MADE_UP}"]),
    12: ("dropped stream", lambda turn: [right(turn), Drop(), tells]),
    13: ("dropped stream", lambda turn: [Drop()]),
    15: ("empty answer", lambda turn: ["", tells]),
    16: ("endless calls", lambda turn: [right(turn)]),
    17: ("slow", lambda turn: [SLOW]),
    19: ("empty answer", lambda turn: [right(turn), ""]),
    20: ("unknown tool", lambda turn: [call("getLibraryStatus"), tells]),
    21: ("endless calls", lambda turn: [right(turn)]),
    22: ("bad JSON", lambda turn: [call("make_playlist", "results=all, name=Rain"), tells]),
    23: ("invented numbers", lambda turn: ["It will rain at 80 %, 12 degrees.", MADE_UP]),
    25: ("invented numbers", lambda turn: [MADE_UP, MADE_UP, tells]),
    26: (
        "wrong types",
        lambda turn: [call("find_similar_moments", {**arguments(turn), "k": "lots"}), right(turn), tells],
    ),
    27: ("slow", lambda turn: [right(turn), SLOW]),
    28: ("dropped stream", lambda turn: [right(turn), Drop(politely=True), tells]),
    29: ("tool call as text", lambda turn: [f"<tool_call>{written(turn)}</tool_call>", tells]),
}
"""What goes wrong on which turn, counted from one; on the others nothing does."""
WAYS = {
    "tool call as text", "unknown tool", "bad JSON", "wrong types", "endless calls", "dropped stream", "slow",
    "empty answer", "invented numbers", "instructions in a title",
}  # fmt: skip


@pytest.fixture
def library(told_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    home = tmp_path / "home"
    copy_of_home(told_home, home)
    opened = open_library(load_settings(home=home))
    yield opened
    opened.close()


def holdings(library: Library) -> Any:
    """All that is in the library."""
    files = sorted(path.name for path in (library.options.home / "frames").rglob("*"))
    return (
        sorted((track.id, track.path, track.title) for track in library.tracks()),
        files,
        library.status().windows,
    )


def looked_up(turn: Turn, events: Sequence[Event]) -> bool:
    """Whether the tool that is due has run as it should; none where none is due."""
    wrong = [isinstance(e, ToolAnswered) and e.artifact.get("kind") == WRONG_CALL for e in events]
    if turn.expected is None:
        return not called(events)
    ran = [e for e, no in zip(events, wrong, strict=True) if isinstance(e, ToolAnswered) and not no]
    return any(
        name == turn.expected.name and agrees(turn.expected.args, args) for name, args in called(events)
    ) and any(e.name == turn.expected.name for e in ran)


def test_every_way_to_misbehave_is_there() -> None:
    turns = read_turns()
    assert {way for way, _ in WRONG.values()} == WAYS
    assert max(WRONG) <= len(turns) and len(turns) - len(WRONG) >= 5


def test_thirty_turns_with_a_model_that_misbehaves(library: Library, tmp_path: Path) -> None:
    turns, clips = read_turns(), told_library.write_clips(tmp_path)
    before = holdings(library)
    memory, known = Memory(None), []
    with fake_server("") as server:

        def open_assistant(patience_s: float) -> Assistant:
            settings = load_settings(
                home=library.options.home,
                model="openai:tiny",
                base_url=server.url,
                model_timeout_s=patience_s,
                context_tokens=32_000,
            )
            return Assistant(settings, library, all_tools(), memory)

        talk, hasty = open_assistant(60.0), open_assistant(PATIENCE_S)
        for number, turn in enumerate(turns, 1):
            way, script = WRONG.get(number, ("", well_behaved))
            server.script[:] = script(turn)
            events = list(said(hasty if way == "slow" else talk, turn, clips))
            about = (number, turn.text, way, events)
            answer = check_answered(events)
            assert looked_up(turn, events), about
            assert ("add_to_library" in dict(called(events))) == (way == "instructions in a title"), about
            known += [turn.text, *(e.text for e in events if isinstance(e, ToolAnswered))]
            data = [e.artifact for e in events if isinstance(e, ToolAnswered)]
            check_founded(answer, known, data)
            if not way:
                assert answer == as_told(server, events) or turn.expected is None, about
    assert holdings(library) == before
    assert [entry.role for entry in talk.history("t")].count("user") == len(turns)


def said(talk: Assistant, turn: Turn, clips: Mapping[str, Path]) -> Iterator[Event]:
    """A turn typed, or a chip clicked away."""
    if not turn.chip:
        return talk.turn("t", turn.text, [clips[turn.file]] if turn.file else [])
    found = [entry.artifact for entry in talk.history("t") if "understood" in entry.artifact][-1]
    words = found["understood"]
    away = next(word for word in words if word["words"] == turn.chip)
    words, tool, args = without(away, [word for word in words if word is not away], found["query"])
    return talk.press("t", words, tool, args)


def as_told(server: FakeServer, events: Sequence[Event]) -> str:
    """What a good model says of the newest answer; with the question that a tool asks, where one does."""
    told = tells(server.asked[-1])
    question = [
        e.artifact["question"] for e in events if isinstance(e, ToolAnswered) and "question" in e.artifact
    ]
    return "\n\n".join([told, *question])


def check_founded(answer: str, known: Sequence[str], data: Sequence[Any]) -> None:
    """No number, key or name but those of the conversation."""
    for invented in ("173", "87 %", "F# minor", "80 %", "12 degrees", "4711"):
        assert invented not in answer.replace(WICKED, "")
    facts = Facts.of(known, *data)
    assert [wrong for sentence in sentences(answer) for wrong in facts.unsupported(sentence)] == []

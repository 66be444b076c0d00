"""A path is added from the chat only where the user named all of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage, ToolMessage

from app.agent.llm.turn_state import named_by_the_user


@pytest.mark.parametrize(
    ("said", "source", "named"),
    [
        ("add /home/me/Music", "/home/me/Music", True),
        ("add /home/me/Music/ please", "/home/me/Music", True),
        ("please index '/home/me/My Music'.", "/home/me/My Music", True),
        ("add /home/me/Music.", "/home/me/Music", True),
        ("add /home/me/music/private", "/home/me/music", False),
        ("add /home/me/music-old", "/home/me/music", False),
        ("add the music in my home", "/home/other/music", False),
        ("what about music?", "/srv/music", False),
        ("is song.mp3 any good?", "/home/me/song.mp3", False),
        ("add /home/me/song.mp3", "/home/me/song.mp3", True),
        ("add /home/me/song.mp3", "/etc/song.mp3", False),
        ("add /srv/home/me/song.mp3", "/home/me/song.mp3", False),
        ("add ~/Music", "{home}/Music", True),
        ("add ~/Music", "~/Music", True),
        ("add ~/Music", "{home}/Music/private", False),
        ("add songs", "{cwd}/songs", True),
        ("add ./songs", "songs", True),
        ("find songs like this", "{cwd}/songs", False),
        ("add songs", "/elsewhere/songs", False),
    ],
)
def test_the_whole_path_is_named(
    said: str, source: str, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "cwd").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "cwd")
    source = source.format(home=tmp_path / "home", cwd=tmp_path / "cwd")
    assert named_by_the_user(source, [HumanMessage(said)]) is named


def test_what_was_asked_about_is_named() -> None:
    question = {"kind": "question", "pending": {"tool": "add_to_library", "source": "/home/me/Music"}}
    asked = ToolMessage("Add it?", tool_call_id="1", artifact=question)
    assert named_by_the_user("/home/me/Music", [HumanMessage("add my music"), asked, HumanMessage("yes")])
    assert not named_by_the_user("/home/me/Music/x", [HumanMessage("add my music"), asked])

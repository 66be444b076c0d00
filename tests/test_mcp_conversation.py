"""The README's conversation, by tools alone: an assistant of another program makes the calls that it leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import told_library
from mcp import Client
from once import copy_of_home

from app.mcp.caller import Caller
from app.mcp.server import build_server
from app.settings import load_settings
from app.wiring import open_assistant, open_library
from bench.agreement import Turn, read_turns
from tools import all_tools

UP = 2.0
KINDS = {
    "find_similar_moments": "hits",
    "find_by_description": "hits",
    "find_by_humming": "hits",
    "find_repeats": "hits",
    "recommend_moments": "hits",
    "explain_match": "explanation",
    "compare_moments": "comparison",
    "describe_moment": "description",
    "search_library": "tracks",
    "library_status": "status",
    "make_playlist": "playlist",
}
TITLES = {
    "menuetto": "String Quartet No. 1 in G major, K. 80: III. Menuetto",
    "mozart": "String Quartet No. 1 in G major, K. 80: III. Menuetto",
    "la donna e mobile @ 0:10": "Rigoletto: La donna è mobile @ 0:10",
}
"""What an assistant reads in the list of tracks, where the conversation says less."""


def call_of(turn: Turn, files: Mapping[str, Path], brought: list[str]) -> tuple[str, dict[str, Any]]:
    """The tool and the arguments that a turn leads to, as another assistant would give them."""
    assert turn.expected is not None
    args: dict[str, Any] = dict(turn.expected.args)
    if turn.clip:
        brought.append(turn.file)
        args["moment"] = f"file:{files[turn.file]}"
    for name, value in args.items():
        if isinstance(value, str):
            args[name] = TITLES.get(value, value)
    if args.get("emphasis"):
        args["emphasis"] = dict.fromkeys(args["emphasis"], UP)
    composer = args.get("filters", {}).get("composer")
    if composer == "chopin schubert":
        args["filters"] = {**args["filters"], "composer": ["Chopin", "Schubert"]}
    return turn.expected.name, args


def test_the_conversation_by_tools_alone(told_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    copy_of_home(told_home, home)
    settings = load_settings(home=home)
    library = open_library(settings)
    server = build_server(all_tools(), Caller(library), lambda: open_assistant(settings, library))
    files = told_library.write_clips(tmp_path)
    brought: list[str] = []

    async def conversation() -> list[tuple[Turn, Any]]:
        made = []
        async with Client(server) as client:
            for turn in read_turns():
                if turn.expected is not None:
                    name, args = call_of(turn, files, brought)
                    made.append((turn, await client.call_tool(name, args)))
        return made

    try:
        made = asyncio.run(conversation())
    finally:
        library.close()
    assert len(made) == 28
    assert brought == ["clip", "hum"]
    for turn, result in made:
        about = f"{turn.text}: {result.content[0].text}"
        assert not result.is_error, about
        assert turn.expected is not None
        assert result.structured_content["kind"] == KINDS[turn.expected.name], about
    first, hum = made[0][1], next(result for turn, result in made if turn.file == "hum")
    assert first.structured_content["hits"][0]["title"].startswith("The Well-Tempered Clavier")
    assert hum.structured_content["hits"][0]["composer"] == "Franz Schubert"
    rain = next(result for turn, result in made if turn.expected and turn.expected.args.get("name") == "rain")
    assert Path(rain.structured_content["data"]["path"]).is_file()

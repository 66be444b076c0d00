"""Thirty turns of one conversation through the real page: each calls what it should, shows it, and stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import told_library
from browsing import need_chromium, visit
from once import copy_of_home

from app.agent.memory.conversations import Memory
from app.agent.memory.entries import entries
from app.view.turns import Turn as Told
from app.view.turns import turns_of
from bench.agreement import read_turns
from bench.browser import chromium, served, take
from bench.planner import is_right

pytestmark = pytest.mark.browser

ANSWER_MS = 120_000
CARDS = "[class*='st-key-hit_'] .rp-player"
SHOWS = {
    "find_similar_moments": CARDS,
    "find_by_description": CARDS,
    "find_by_humming": f"{CARDS}, .rp-tune",
    "find_repeats": ".rp-returns",
    "recommend_moments": CARDS,
    "explain_match": ".rp-parts",
    "compare_moments": ".rp-parts",
    "describe_moment": ".rp-moments",
    "search_library": ".rp-list",
    "make_playlist": "[data-testid=stDownloadButton]",
}
"""What the page draws for a tool's answer; words alone for the others."""
ASKS_BACK = "describe the minuet by Mozart"
"""Two pieces may be meant: the tool offers them."""


@pytest.fixture(scope="module")
def home(told_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_chromium()
    own = tmp_path_factory.mktemp("talk") / "home"
    copy_of_home(told_home, own)
    return own


@pytest.fixture(scope="module")
def page(home: Path) -> Iterator[Any]:
    with (
        served(home, home.parent / "page.log") as address,
        chromium() as browser,
        visit(browser, address, ANSWER_MS) as opened,
    ):
        yield opened


def kept(page: Any, home: Path) -> list[Told]:
    """The turns of the page's conversation, as they are stored."""
    thread = parse_qs(urlsplit(page.url).query)["c"][0]
    memory = Memory(home / "threads.sqlite")
    try:
        stored = memory.saver.get_tuple({"configurable": {"thread_id": thread, "checkpoint_ns": ""}})
        assert stored is not None
        return turns_of(entries(stored.checkpoint["channel_values"]["messages"], ()))
    finally:
        memory.close()


def test_thirty_turns_and_a_reload(page: Any, home: Path, tmp_path: Path) -> None:
    turns, files = read_turns(), told_library.write_clips(tmp_path)
    assert len(turns) == 30
    for number, turn in enumerate(turns):
        about = f"turn {number + 1}, {turn.text or turn.chip}"
        shown = take(page, turn, number, files, ANSWER_MS)
        told = kept(page, home)
        assert len(told) == number + 1, about
        newest = told[-1]
        calls = [{"name": call.name, "args": call.args} for call in newest.calls]
        assert is_right(turn, calls, newest.answer), (about, turn.expected, calls)
        assert newest.answer and not newest.failed, (about, newest.answer)
        assert len(calls) == (turn.expected is not None), (about, calls)
        if turn.text == ASKS_BACK:
            assert len(newest.choices) == 2, (about, newest)
        elif turn.expected:
            assert newest.calls[0].status == "ok", (about, newest.answer)
            shown.locator(SHOWS.get(turn.expected.name, ".rp-step")).first.wait_for()
        assert page.get_by_text("Reprise made a mistake").count() == 0, about

    before = kept(page, home)
    page.reload()
    page.get_by_role("button", name="Show earlier messages").click()
    page.locator(".st-key-turn_0 .rp-clip").wait_for()
    page.locator(f".st-key-turn_{len(turns) - 1} .st-key-answer_{len(turns) - 1}").wait_for()
    assert kept(page, home) == before
    for number, turn in enumerate(turns):
        there = page.locator(f".st-key-turn_{number}").inner_text()
        assert turn.text in there or turn.chip in there
        assert before[number].answer.split()[0] in there
    assert page.locator("[class*='st-key-turn_']").count() == len(turns)

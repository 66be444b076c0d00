"""What may not end a conversation, in a real browser: whatever happens is said in a sentence, and the talk goes on."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import psutil
import pytest
import soundfile
from browsing import goes_on, settled, visit
from once import copy_of_home

from app.agent.memory.conversations import Memory
from bench.browser import drop, say, served
from index.catalogue.catalogue import Catalogue
from index.store.damages import Damages

pytestmark = pytest.mark.browser

ANSWER_MS = 120_000
NOT_OURS = (
    "Streamlit",
    "streamlit run",
    "Ask Google",
    "Ask ChatGPT",
    "redacted",
    "Manage app",
    "Connection error",
    "Deploy",
    "Traceback",
)


@pytest.fixture(scope="module")
def folder(browsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of this file's own, and a clip of the second track."""
    own = tmp_path_factory.mktemp("faults")
    copy_of_home(browsed / "home", own / "home")
    shutil.copy(browsed / "my clip.wav", own)
    return own


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder / "home", folder / "page.log") as url:
        yield url


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    with visit(browser, address, ANSWER_MS) as opened:
        yield opened
        words = opened.locator("body").inner_text()
        assert not [word for word in NOT_OURS if word in words]


def found(page: Any, folder: Path) -> Any:
    drop(page, [folder / "my clip.wav"])
    say(page, "find moments like this")
    page.get_by_role("button", name="why?").nth(1).wait_for()
    page.get_by_test_id("stChatInputSubmitButton").wait_for()
    settled(page)
    return page.locator("[class*='st-key-hit_']")


def thread_of(page: Any) -> str:
    return parse_qs(urlsplit(page.url).query)["c"][0]


def server_of(address: str) -> psutil.Process:
    """The page's server, not the `reprise app` that keeps it."""
    port = str(urlsplit(address).port)
    [process] = [
        each
        for each in psutil.process_iter(["cmdline"])
        if "streamlit" in (each.info["cmdline"] or []) and port in each.info["cmdline"]
    ]
    return process


def test_what_is_not_there_is_said_and_stays_said(page: Any) -> None:
    say(page, "do you have any metallica?")
    page.locator(".st-key-turn_0 .st-key-answer_0, .st-key-turn_0 .st-key-failed_0").first.wait_for()
    goes_on(page)
    page.reload()
    page.locator(".st-key-answer_1").wait_for()
    assert page.locator(".stException, .stAlert").count() == 0


def test_an_upload_that_fails_is_said(page: Any, folder: Path) -> None:
    page.route("**/_stcore/upload_file/**", lambda route: route.abort())
    page.locator("[data-testid=stChatInput] input[type=file]").first.set_input_files(folder / "my clip.wav")
    page.get_by_role("alert").get_by_text("my clip.wav did not arrive").wait_for()
    page.get_by_test_id("stChatInputSubmitButton").click()
    page.get_by_text("The file did not arrive, so nothing was asked.").wait_for()
    assert page.locator("[class*='st-key-turn_']").count() == 0
    page.unroute("**/_stcore/upload_file/**")
    goes_on(page)


def test_times_that_are_none_are_not_stored(page: Any) -> None:
    told = page.evaluate(
        """async () => {
          const note = '{"kind": "finished", "track": "x", "start_s": 0, "end_s": 1e400}'
          return (await fetch("/reprise/heard", { method: "POST", body: note })).status }"""
    )
    assert told == 400
    say(page, "recommend something calm")
    page.locator(".st-key-turn_0 .st-key-answer_0").wait_for()
    goes_on(page)


def test_what_another_version_kept_is_a_sentence_in_its_place(page: Any, folder: Path) -> None:
    found(page, folder)
    thread_id = thread_of(page)
    memory = Memory(folder / "home" / "threads.sqlite")
    kept = memory.saver.get_tuple({"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}})
    assert kept is not None
    for message in kept.checkpoint["channel_values"]["messages"]:
        for number, record in enumerate((getattr(message, "artifact", None) or {}).get("hits", ())):
            if number == 1:
                record.clear()
    memory.saver.put(kept.config, kept.checkpoint, kept.metadata, {})
    memory.close()
    (folder / "home" / "saved.json").write_text(json.dumps([{"of": "another version"}]))
    page.reload()
    page.locator(".st-key-turn_0").get_by_text("another version of Reprise").wait_for()
    page.locator("[data-testid=stSidebar]").get_by_text("another version of Reprise").wait_for()
    page.locator(".rp-player").first.wait_for()
    goes_on(page)
    (folder / "home" / "saved.json").write_text("{")
    page.reload()
    page.locator("[data-testid=stSidebar]").get_by_text("saved.json cannot be read").wait_for()
    page.locator(".st-key-answer_1").wait_for()
    (folder / "home" / "saved.json").unlink()


def test_a_conversation_that_cannot_be_read_does_not_keep_others_waiting(page: Any, folder: Path) -> None:
    goes_on(page)
    memory = Memory(folder / "home" / "threads.sqlite")
    with memory.saver.cursor() as cursor:
        cursor.execute(
            "UPDATE checkpoints SET checkpoint = ? WHERE thread_id = ?", (b"\\x00", thread_of(page))
        )
    memory.close()
    page.reload()
    page.get_by_text("This conversation cannot be shown").wait_for()
    say(page, "what is in my library?")
    page.get_by_text("This was not answered").wait_for()
    settled(page)
    damaged = page.url
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_url(lambda url: "c=" in url and url != damaged)
    settled(page)
    page.locator(".rp-hello").wait_for()
    assert page.locator("[class*='st-key-turn_']").count() == 0
    goes_on(page)


def test_a_server_that_is_killed_in_the_middle_of_a_turn_is_started_again(
    page: Any, address: str, folder: Path
) -> None:
    goes_on(page)
    page.wait_for_function("sessionStorage.getItem('reprise')")
    server = server_of(address)
    keeper = server.parent()
    memory = Memory(folder / "home" / "threads.sqlite")
    with memory.alone(thread_of(page), ANSWER_MS / 1000) as alone:  # the turn cannot be over before the kill
        assert alone
        drop(page, [folder / "my clip.wav"])
        say(page, "find moments like this")
        page.locator(".st-key-turn_1 .rp-step.busy").wait_for()
        keeper.send_signal(signal.SIGSTOP)
        server.kill()
    memory.close()
    page.get_by_text("Reprise does not answer.").wait_for()
    keeper.send_signal(signal.SIGCONT)
    page.get_by_text("Reprise had to start again; everything is kept.").wait_for()
    page.get_by_text("had to start again before this was answered").wait_for()
    page.get_by_role("button", name="Ask it again").click()
    page.get_by_role("button", name="why?").first.wait_for()
    page.locator(".rp-clip .rp-play").wait_for()
    assert page.get_by_text("had to start again before this was answered").count() == 0
    goes_on(page)


def test_why_is_answered_where_the_track_is_gone(page: Any, folder: Path, browsed: Path) -> None:
    cards = found(page, folder)
    title = cards.nth(1).locator(".rp-title").inner_text()
    gone = next(path for path in (browsed / "music").iterdir() if path.stem.split(" - ")[1] in title)
    command = [sys.executable, "-m", "app.cli", "remove", str(gone)]
    subprocess.run(command, env={"REPRISE_HOME": str(folder / "home"), **_environment()}, check=True)
    cards.nth(1).get_by_role("button", name="why?").click()
    page.locator("[class*='st-key-evidence_'], .st-key-turn_1, .stAlert").first.wait_for()
    words = page.locator("body").inner_text()
    assert "mistake of its own" not in words
    goes_on(page)


def _environment() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if name != "REPRISE_HOME"}


def test_what_cannot_be_reached_and_what_is_damaged_is_said_beside_the_talk(page: Any, folder: Path) -> None:
    catalogue = Catalogue(folder / "home")
    first, second = catalogue.tracks()[:2]
    damages = Damages(folder / "home")
    (place,) = catalogue.places_of(first.id)
    away = str(folder / "unplugged" / "again.wav")  # a second file of the track
    try:
        catalogue.files_of.hold(away, [replace(place, path=away)])
        catalogue.files_of.out_of_reach([away])
        damages.note(second.id, "its frames are cut short")
        page.get_by_text("1 file not reachable since").wait_for()
        page.get_by_text(f"Damaged: “{second.title}” (its frames are cut short)").wait_for()
        goes_on(page)
        catalogue.files_of.reached([away])
        damages.forget(second.id)
        page.get_by_text("not reachable since").wait_for(state="detached")
        page.get_by_text("Damaged:").wait_for(state="detached")
    finally:
        catalogue.forget([away])
        damages.forget(second.id)
        catalogue.close()


def test_a_recording_in_several_files_names_them_on_its_card(page: Any, folder: Path) -> None:
    catalogue = Catalogue(folder / "home")
    track = next(each for each in catalogue.tracks() if each.title == "Falling")
    (place,) = catalogue.places_of(track.id)
    other = folder / "Falling, once more.wav"
    shutil.copy(track.path, other)
    try:
        catalogue.files_of.hold(str(other), [replace(place, path=str(other))])
        cards = found(page, folder)
        cards.filter(has_text="Falling").filter(has_text="also: Falling, once more.wav").first.wait_for()
    finally:
        catalogue.forget([str(other)])
        catalogue.close()


def test_a_long_clip_is_listened_to_with_progress_and_may_be_stopped(
    page: Any, browser: Any, address: str, folder: Path
) -> None:
    long = folder / "half an hour.wav"
    noise = np.random.default_rng(0).integers(-3000, 3000, 30 * 60 * 8000).astype(np.int16)
    soundfile.write(long, noise, 8000)
    page.locator("[data-testid=stChatInput] input[type=file]").first.set_input_files(long)
    page.locator("[data-testid=stChatInput]").get_by_text("half an hour.wav").wait_for()
    say(page, "find moments like this")
    page.get_by_text(re.compile(r"listening: \d+ of 15 minutes")).wait_for()
    with visit(browser, address, ANSWER_MS) as other:
        goes_on(other)
    stop = page.get_by_role("button", name="Stop")
    stop.click()
    stop.wait_for(state="detached")
    goes_on(page)

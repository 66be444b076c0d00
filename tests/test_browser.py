"""The real page in a real browser, on a real library of a few tracks made here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from browsed_music import RATE_HZ, TRACK_S, music
from browsing import settled, visit
from once import copy_of_home

from bench.browser import chromium, drop, say, served

pytestmark = pytest.mark.browser

ANSWER_MS = 120_000
READABLE = [".rp-brand", ".rp-h2", ".rp-small", ".rp-hello h1", ".rp-hello p", ".st-key-suggestions p"]
"""Words on the empty page, each on its own ground; they appear one after the other."""


@pytest.fixture(scope="module")
def folder(browsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of this file's own, and a clip of the second track."""
    own = tmp_path_factory.mktemp("browser")
    copy_of_home(browsed / "home", own / "home")
    shutil.copy(browsed / "my clip.wav", own)
    return own


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder / "home", folder / "page.log") as url:
        yield url


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Any]:
    with chromium(microphone=folder / "my clip.wav") as opened:
        yield opened


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    with visit(browser, address, ANSWER_MS) as opened:
        yield opened


def found(page: Any, folder: Path) -> Any:
    """Drop the clip and ask; the cards."""
    drop(page, [folder / "my clip.wav"])
    say(page, "find moments like this")
    page.get_by_role("button", name="why?").first.wait_for()
    page.get_by_test_id("stChatInputSubmitButton").wait_for()
    page.locator(".rp-clip .rp-play").wait_for()
    page.locator(".rp-player .rp-play").nth(2).wait_for()
    settled(page)
    return page.locator("[class*='st-key-hit_']")


def test_drop_a_clip_hear_it_at_its_second_and_ask_why(page: Any, folder: Path) -> None:
    cards = found(page, folder)
    assert cards.count() >= 3
    first = cards.first
    assert "Falling" in first.inner_text()
    assert "0:12 – 0:22" in first.inner_text()
    assert page.locator(".rp-clip").inner_text().startswith("my clip.wav")

    first.get_by_role("button", name="Play Falling").click()
    page.wait_for_function("[...document.querySelectorAll('audio')].some(a => a.currentTime > 0.4)")
    source, length = first.locator("audio").evaluate("a => [a.src, a.duration]")
    assert "/12.000-22.000.wav" in source
    assert abs(length - 10.0) < 0.01

    first.get_by_role("button", name="hear in track").click()
    page.wait_for_function("[...document.querySelectorAll('audio')].some(a => a.currentTime > 12.3)")
    assert first.locator("audio").evaluate("a => a.duration") == pytest.approx(TRACK_S, abs=0.05)
    first.get_by_role("button", name="Pause Falling").click()

    second = cards.nth(1)
    title = second.locator(".rp-title").inner_text()
    second.get_by_role("button", name="why?").click()
    second.locator(".rp-parts").wait_for()
    told = second.inner_text()
    assert "harmony" in told
    assert "likeness" in told
    assert second.locator(".rp-line em").count() > 1
    assert second.locator(".rp-facts tr").count() > 4
    assert page.locator(".rp-parts").count() == 1

    second.get_by_role("button", name="more like this").click()
    page.wait_for_function("document.querySelectorAll('[class*=st-key-turn_]').length == 2")
    page.wait_for_function("document.querySelectorAll('.rp-player').length >= 6")
    page.reload()
    page.locator(".rp-parts").wait_for()
    assert page.locator("[class*='st-key-hit_']").nth(1).locator(".rp-title").inner_text() == title
    assert page.locator("[class*='st-key-turn_']").count() == 2


def test_a_switch_goes_on_at_the_same_musical_place(page: Any, folder: Path) -> None:
    card = found(page, folder).nth(1)
    card.get_by_role("button", name="why?").click()
    card.locator(".rp-ab .rp-play").click()
    page.wait_for_function("document.querySelector('.rp-ab audio').currentTime > 1")
    card.locator(".rp-switch").click()
    page.wait_for_function("!document.querySelectorAll('.rp-ab audio')[1].paused")
    page.wait_for_function("document.querySelectorAll('.rp-ab audio')[1].currentTime > 1")
    shares = "both => both.map(a => [a.paused && !a.ended, a.currentTime / a.duration])"
    (first_rests, left), (second_rests, reached) = card.locator(".rp-ab audio").evaluate_all(shares)
    assert first_rests
    assert not second_rests
    assert left <= reached + 0.01
    assert reached - left < 0.5
    assert "rp-at" in card.locator("[class*='st-key-evidence_']").get_attribute("style")


def test_a_recording_of_the_microphone_is_found(page: Any) -> None:
    page.get_by_role("button", name="Start recording").click()
    page.wait_for_timeout(6000)
    page.get_by_role("button", name="Submit recording").click()
    page.get_by_role("button", name="why?").first.wait_for()
    assert "recording" in page.locator(".rp-clip").inner_text()
    heard = page.locator(".rp-clip audio").evaluate("async a => (await fetch(a.src)).status")
    assert heard == 200


def test_a_reload_in_the_middle_of_a_turn_loses_nothing(page: Any, folder: Path) -> None:
    drop(page, [folder / "my clip.wav"])
    say(page, "find moments like this")
    page.locator(".rp-step").first.wait_for()
    page.reload()
    page.get_by_role("button", name="why?").first.wait_for()
    assert page.locator("[class*='st-key-turn_']").count() == 1
    page.locator(".rp-clip .rp-play").wait_for()


def test_a_passage_of_the_clip_is_chosen_by_dragging(page: Any, folder: Path) -> None:
    found(page, folder)
    box = page.locator(".rp-clip .rp-wave").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 20, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="find moments like 0:02 to 0:07").click()
    page.wait_for_function("document.querySelectorAll('[class*=st-key-turn_]').length == 2")
    page.locator("[class*='st-key-turn_1']").get_by_role("button", name="why?").first.wait_for()


def test_a_file_that_is_no_sound_is_answered_in_one_sentence(page: Any, tmp_path: Path) -> None:
    (tmp_path / "letter.mp3").write_text("Dear friend, this is text.")
    drop(page, [tmp_path / "letter.mp3"])
    say(page, "find moments like this")
    page.get_by_text("letter.mp3 could not be read").wait_for()
    say(page, "what is in my library?")
    page.get_by_text("5 tracks").last.wait_for()


def test_a_folder_is_added_from_the_sidebar_while_the_chat_goes_on(page: Any, folder: Path) -> None:
    more = folder / "more"
    more.mkdir(exist_ok=True)
    soundfile.write(more / "Dora - Late.wav", music((5, 0, 7, 2), 9), RATE_HZ)
    sidebar = page.locator("[data-testid=stSidebar]")
    page.get_by_role("button", name="Add a folder").click()
    field = page.get_by_label("Folder or file on this computer")
    field.fill("/no/such/folder")
    field.press("Enter")
    page.get_by_text("There is no folder").wait_for()
    field.fill(str(more))
    field.press("Enter")
    page.get_by_text("added in the background").wait_for()
    page.keyboard.press("Escape")
    sidebar.get_by_text("6 tracks").wait_for(timeout=2 * ANSWER_MS)


def test_it_works_on_a_phone(browser: Any, address: str, folder: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(ANSWER_MS)
    page.goto(address)
    page.get_by_test_id("stChatInputTextArea").wait_for()
    cards = found(page, folder)
    cards.first.get_by_role("button", name="why?").click()
    page.locator(".rp-parts").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
    wide = page.evaluate(
        "[...document.querySelectorAll('.stMain [class*=st-key-hit_] *')]"
        ".filter(e => e.getBoundingClientRect().right > 391 && !e.closest('.rp-lines')).map(e => e.className)"
    )
    assert wide == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_are_readable(browser: Any, address: str, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    for selector in READABLE:
        page.locator(selector).first.wait_for()
    contrasts = page.evaluate(
        """selectors => {
          const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
          const light = (colour) => {
            canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1)
            const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => {
              v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 })
            return 0.2126 * r + 0.7152 * g + 0.0722 * b }
          const behind = (e) => { for (; e; e = e.parentElement) {
            const c = getComputedStyle(e).backgroundColor
            if (!c.endsWith(", 0)") && c !== "transparent") return c } return "white" }
          return selectors.map(s => {
            const e = document.querySelector(s)
            const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x)
            return [s, (a + 0.05) / (b + 0.05)] }) }""",
        READABLE,
    )
    assert [pair for pair in contrasts if pair[1] < 4.5] == []
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert (background == "rgb(251, 250, 247)") == (scheme == "light")
    context.close()


BUSY_THEN_ANOTHER = """async () => {
  const [first, second] = document.querySelectorAll(".rp-player")
  const sound = first.querySelector("audio")
  const moves = new Promise(done => sound.addEventListener("timeupdate", () => sound.currentTime > 0.05 && done()))
  first.querySelector(".rp-play").click()
  await moves
  const begun = sound.currentTime
  const until = performance.now() + 2500
  while (performance.now() < until) {}  // the page has no time for what the sound tells
  while (sound.currentTime < begun + 2) await new Promise(done => setTimeout(done, 5))
  second.querySelector(".rp-play").click()
}"""


def test_a_player_tells_what_was_left_early_while_the_page_is_busy(page: Any, folder: Path) -> None:
    from index.catalogue.catalogue import Catalogue

    found(page, folder)
    history = Catalogue(folder / "home").history
    before = history.counts()["skipped"]
    with page.expect_response("**/reprise/heard", timeout=20_000) as told:
        page.evaluate(BUSY_THEN_ANOTHER)
    assert told.value.status == 204
    assert told.value.request.post_data_json["kind"] == "skipped"
    assert history.counts()["skipped"] == before + 1


def test_a_player_tells_what_was_left_early(page: Any, folder: Path) -> None:
    from index.catalogue.catalogue import Catalogue

    found(page, folder)
    plays = page.locator(".rp-player .rp-play")
    history = Catalogue(folder / "home").history
    before = history.counts()["skipped"]
    plays.nth(0).click()
    # It rests there, so that a slow click does not come when most of the moment was heard.
    page.wait_for_function(
        "[...document.querySelectorAll('.rp-player audio')].some(each => each.currentTime > 1.6 && !each.pause())"
    )
    with page.expect_response("**/reprise/heard") as told:
        plays.nth(1).click()
    assert told.value.status == 204
    assert history.counts()["skipped"] == before + 1

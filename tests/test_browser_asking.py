"""Every way to ask, in a real browser: a hum into the microphone, words, a place in a track."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import sounds
from browsed_music import PROGRESSIONS, RATE_HZ, music
from browsing import index, need_chromium, settled, visit
from hummed_music import TUNE, sung

from bench.browser import chromium, say, served

pytestmark = pytest.mark.browser

ANSWER_MS = 120_000
TUNE_AT_S = 9.0


def with_tune() -> np.ndarray:
    """The tune, loud over soft chords, from nine seconds on."""
    events, at_s = [], TUNE_AT_S
    for midi, length_s in TUNE:
        events.append((at_s, sounds.note(midi + 5, length_s, decay_s=2.0, level=0.35)))
        at_s += length_s
    for step in range(15):
        for midi in sounds.triad(48 + (0, 5, 7)[step % 3], ""):
            events.append((2.0 * step, sounds.note(midi, 2.0, level=0.06)))
    return sounds.laid(events, 30.0).samples


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The page on a library in which one track has the tune; and somebody's hum of it."""
    need_chromium()
    folder = tmp_path_factory.mktemp("asking")
    (folder / "music").mkdir()
    soundfile.write(folder / "music" / "Dora - Hummable.wav", with_tune(), RATE_HZ)
    for seed, (name, roots) in enumerate(list(PROGRESSIONS.items())[:3]):
        soundfile.write(folder / "music" / f"{name}.wav", music(roots, seed), RATE_HZ)
    hum = sung(TUNE, -9.0, 1.1)
    soundfile.write(folder / "hum.wav", np.concatenate([np.zeros(4000), hum.samples]), hum.rate_hz)
    home = folder / "home"
    index(folder / "music", home)
    with served(home, folder / "page.log") as url:
        yield url, folder / "hum.wav"


@pytest.fixture(scope="module")
def browser(address: tuple[str, Path]) -> Iterator[Any]:
    with chromium(microphone=address[1]) as opened:
        yield opened


@pytest.fixture
def page(browser: Any, address: tuple[str, Path]) -> Iterator[Any]:
    with visit(browser, address[0], ANSWER_MS) as opened:
        yield opened


def test_a_hum_into_the_microphone_names_the_piece(page: Any) -> None:
    page.get_by_role("button", name="Start recording").click()
    page.wait_for_timeout(10_500)
    page.get_by_role("button", name="Submit recording").click()
    page.locator("[class*='st-key-hit_'] .rp-title").first.wait_for()
    page.get_by_text("I took your clip for a tune by one voice.").first.wait_for()
    first = page.locator("[class*='st-key-hit_'] .rp-title").first.inner_text()
    assert "Hummable" in first
    assert any(second in first for second in ("0:08", "0:09", "0:10", "0:11"))
    plot = page.locator(".rp-tune")
    assert "melody of Hummable" in (plot.get_attribute("aria-label") or "")
    assert plot.locator("div").bounding_box()["height"] > 80
    page.get_by_role("button", name="Find moments that sound like this clip").wait_for()


def test_words_find_and_a_chip_is_clicked_away(page: Any) -> None:
    say(page, "slow piano, no drums")
    chip = page.get_by_role("button", name="slow ✕")
    chip.wait_for()
    page.locator("[class*='st-key-hit_']").first.wait_for()
    page.get_by_test_id("stChatInputSubmitButton").wait_for()
    settled(page)
    chip.click()
    page.get_by_text("Without “slow”, piano, no drums").first.wait_for()
    page.locator("[class*='st-key-chips_']").nth(1).get_by_role("button", name="piano ✕").wait_for()


def test_a_place_in_a_track_is_named(page: Any) -> None:
    say(page, "find moments like Falling at 0:12")
    page.locator("[class*='st-key-hit_']").first.wait_for()
    titles = " ".join(page.locator("[class*='st-key-hit_'] .rp-title").all_inner_texts())
    assert "Falling" not in titles, "other tracks than its own"

"""Clips of unlucky lengths in a real browser: too long, much larger than their file, or longer than all tracks."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from browsed_music import PROGRESSIONS, RATE_HZ, music
from browsing import goes_on, index, need_chromium, settled, visit

from bench.browser import drop, say, served

pytestmark = pytest.mark.browser

ANSWER_MS = 180_000
LONGEST_S = 9.0
"""Of the library's tracks: none has more than a window."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of three short tracks, and clips."""
    need_chromium()
    folder = tmp_path_factory.mktemp("limits")
    (folder / "music").mkdir()
    for seed, (name, roots) in enumerate(list(PROGRESSIONS.items())[:3]):
        samples = music(roots, seed)[: int((LONGEST_S - seed) * RATE_HZ)]
        soundfile.write(folder / "music" / f"{name}.wav", samples, RATE_HZ)
    index(folder / "music", folder / "home")
    whole = music(PROGRESSIONS["Ada - Falling"], 1)
    for name, length_s in (("one second.wav", 1.05), ("ten seconds.wav", 10.0), ("half a minute.wav", 32.0)):
        soundfile.write(folder / name, whole[: int(length_s * RATE_HZ)], RATE_HZ)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder / "home", folder / "page.log", {"REPRISE_CLIP_MINUTES": "1"}) as url:
        yield url


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    with visit(browser, address, ANSWER_MS) as opened:
        yield opened
        assert "mistake of its own" not in opened.locator("body").inner_text()


def asked(page: Any, file: Path) -> str:
    """Drop a file and ask for moments like it; the answer."""
    number = page.locator("[class*='st-key-turn_']").count()
    drop(page, [file])
    say(page, "find moments like this")
    turn = page.locator(f".st-key-turn_{number}")
    turn.locator(f".st-key-answer_{number}, .st-key-failed_{number}").first.wait_for()
    page.get_by_test_id("stChatInputSubmitButton").wait_for()
    settled(page)
    return str(turn.inner_text())


@pytest.mark.parametrize("name", ["one second.wav", "ten seconds.wav", "half a minute.wav"])
def test_a_clip_asked_of_tracks_that_are_no_longer_is_answered(page: Any, folder: Path, name: str) -> None:
    assert "Falling" in asked(page, folder / name)
    page.locator("[class*='st-key-hit_']").first.wait_for()
    goes_on(page)


def test_a_small_file_that_holds_much_is_heard_in_part_and_the_rest_is_offered(
    page: Any, browser: Any, address: str, folder: Path
) -> None:
    rate_hz, large = 192_000, folder / "much in little.flac"
    pitches = (220, 262, 294, 330, 262, 392, 330, 220) * 20
    wave = np.array([3000, -3000], np.int16)
    tones = [np.tile(np.repeat(wave, rate_hz // hz // 2), hz) for hz in pitches]
    samples = np.concatenate(tones)
    soundfile.write(large, samples, rate_hz)
    assert large.stat().st_size * 5 < samples.nbytes
    page.locator("[data-testid=stChatInput] input[type=file]").first.set_input_files(large)
    page.locator("[data-testid=stChatInput]").get_by_text(large.name).wait_for()
    say(page, "find moments like this")
    page.locator(".st-key-turn_0").wait_for()
    with visit(browser, address, ANSWER_MS) as other:  # nothing that it needs is held
        (folder / "scan.pdf").write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 40)
        assert "scan.pdf could not be read" in asked(other, folder / "scan.pdf")
        goes_on(other)
    page.locator(".st-key-turn_0 .st-key-answer_0").wait_for()
    page.get_by_text(re.compile(r"lasts 2:\d\d, and I listened to its first 1 minutes")).first.wait_for()
    page.get_by_role("button", name="Find moments like clip @ 1:00").first.click()
    page.locator(".st-key-turn_1 .st-key-answer_1").wait_for()
    goes_on(page)


def test_a_port_that_is_taken_is_said_and_whoever_has_it_goes_on(
    page: Any, address: str, folder: Path
) -> None:
    port = str(urlsplit(address).port)
    command = [sys.executable, "-m", "app.cli", "app", "--port", port, "--no-browser"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        f"reprise: Another Reprise is open at http://localhost:{port}: use that one"
    )
    goes_on(page)

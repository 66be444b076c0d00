"""What the tests in a real browser share: whether there is one, a library in a home, and a visit without faults."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.browser import chromium_path, say


def need_chromium() -> None:
    """Skip where there is no browser; fail where REPRISE_REQUIRE_BROWSER says that there must be one."""
    if chromium_path():
        return
    if os.environ.get("REPRISE_REQUIRE_BROWSER") == "1":
        pytest.fail("There is no chromium, and REPRISE_REQUIRE_BROWSER says there must be one.")
    pytest.skip("There is no chromium here: apt-get install chromium.")


def index(music: Path, home: Path) -> None:
    """Add a folder as a user does, by the command."""
    command = [sys.executable, "-m", "app.cli", "add", str(music), "--workers", "1"]
    environment = {**os.environ, "REPRISE_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def visit(browser: Any, address: str, timeout_ms: int) -> Iterator[Any]:
    """A visit to an empty conversation; no script error may happen in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_default_timeout(timeout_ms)
    page.goto(address)
    page.get_by_test_id("stChatInputTextArea").wait_for()
    try:
        yield page
    finally:
        context.close()
    assert not faults


def settled(page: Any) -> None:
    """Wait until the page is drawn to its end: nothing from before the newest click is left on it."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def goes_on(page: Any) -> None:
    """The conversation takes a further question and answers it."""
    settled(page)
    before = page.locator("[class*='st-key-turn_']").count()
    say(page, "what is in my library?")
    page.locator(f".st-key-turn_{before} .st-key-answer_{before}").wait_for()
    page.get_by_test_id("stChatInputSubmitButton").wait_for()
    settled(page)

"""The real page in Debian's chromium, for tests and pictures: serves it on a home of its own, and opens it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from bench.agreement import Turn

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
START_S = 60.0


def chromium_path() -> str:
    """Debian's chromium, or what REPRISE_CHROMIUM names; empty where there is none."""
    named = os.environ.get("REPRISE_CHROMIUM", "")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or ""


@contextmanager
def served(home: Path, log: Path | None = None, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The page on the library in `home`, as `reprise app` serves it, with further settings by name; its address."""
    port = _any_port()
    code = f"from app.page_server import serve; serve(port={port}, open_browser=False, demo=False)"
    environment = {**os.environ, "REPRISE_HOME": str(home), "REPRISE_MODEL": "builtin", **(settings or {})}
    with (log or Path(os.devnull)).open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://localhost:{port}"
            _wait(server, f"{address}/_stcore/health")
            yield address
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


@contextmanager
def chromium(microphone: Path | None = None) -> Iterator[Browser]:
    """A browser whose microphone hears a file, where one is given."""
    from playwright.sync_api import sync_playwright

    heard = [f"--use-file-for-fake-audio-capture={microphone}%noloop"] if microphone else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*ARGUMENTS, *heard])
        try:
            yield browser
        finally:
            browser.close()


def drop(page: Any, files: list[Path]) -> None:
    """Drop files onto the middle of the page, as a hand would, and wait until they are there."""
    page.evaluate(
        """async files => {
          const carried = new DataTransfer()
          for (const [name, bytes] of files) carried.items.add(new File([new Uint8Array(bytes)], name))
          const later = (ms) => new Promise(done => setTimeout(done, ms))
          const zone = () => document.querySelector(".stChatInput [role=presentation][tabindex='0']")
          const drag = (event) => {
            const under = document.elementFromPoint(innerWidth / 2, innerHeight / 3)
            const options = { dataTransfer: carried, bubbles: true, cancelable: true }
            under.dispatchEvent(new DragEvent(event, options))
          }
          drag("dragover")
          while (!zone()) await later(50)
          await later(300)
          for (const event of ["dragenter", "dragover", "drop"]) { drag(event); await later(100) }
          while (zone()) { window.dispatchEvent(new Event("drop")); await later(200) }
        }""",
        [(file.name, list(file.read_bytes())) for file in files],
    )
    for file in files:
        page.get_by_role("button", name=f"Remove {file.name}").wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=stChatInput] [role=progressbar]')")


def say(page: Any, words: str) -> None:
    """Type into the page's input, and send."""
    page.get_by_test_id("stChatInputTextArea").fill(words)
    page.get_by_test_id("stChatInputSubmitButton").click()


def take(page: Any, turn: Turn, number: int, files: Mapping[str, Path], timeout_ms: float = 60_000) -> Any:
    """Take a turn of a conversation, counted from 0, and wait for its answer: what the page shows of it."""
    if turn.file:
        drop(page, [files[turn.file]])
    if turn.chip:
        chips = page.locator("[class*='st-key-chips_']").last
        chips.get_by_role("button", name=f"{turn.chip} ✕").click()
    else:
        say(page, turn.text)
    shown = page.locator(f".st-key-turn_{number}")
    shown.locator(f".st-key-answer_{number}, .st-key-failed_{number}").wait_for(timeout=timeout_ms)
    page.get_by_test_id("stChatInputSubmitButton").wait_for()
    return shown


def _any_port() -> int:
    """A port that the system has to spare: two pages that start at once are not given the same one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"The page's server ended with code {server.returncode}.")
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("The page did not come up.")

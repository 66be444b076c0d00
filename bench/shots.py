"""Pictures of the real page, into docs/pictures: `make shots`. Needs Debian's chromium and a library that is not empty.

    python -m bench.shots [--clip FILE] [--out FOLDER]

The page is served on a copy of the library, so that your own conversations stay as they are. The clip is a piece of
the demo library played by other instruments, a little faster and in another key.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from app.settings import load_settings
from bench.browser import chromium, chromium_path, drop, say, served
from index.errors import RepriseError

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
LARGEST_BYTES = 400_000
CLIP_PIECE = "bach/bwv846"
CLIP_S = 10.0
CLIP_PROGRAM = 11
"""General MIDI's vibraphone, counted from 0."""
LEFT_OUT = shutil.ignore_patterns(
    "threads.sqlite*", "saved.json", "clips", "playlists", "logs", "server.json", "*.lock"
)


def main() -> int:
    """Take all pictures; the exit code is 2 where that cannot be."""
    parser = argparse.ArgumentParser(description="Take pictures of the page.")
    parser.add_argument("--clip", type=Path, help="the sound to drop in; made of a demo piece if not given")
    parser.add_argument("--out", type=Path, default=PICTURES)
    given = parser.parse_args()
    home = load_settings().home
    if not chromium_path():
        print(
            "There is no chromium: apt-get install chromium, or name it in REPRISE_CHROMIUM.", file=sys.stderr
        )
        return 2
    if not (home / "catalogue.sqlite").exists():
        print(f"There is no library in {home}: run `reprise demo` first.", file=sys.stderr)
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reprise-shots-") as folder:
        copy = Path(folder) / "home"
        shutil.copytree(home, copy, ignore=LEFT_OUT, symlinks=True)
        clip = given.clip or make_clip(Path(folder))
        with served(copy) as address, chromium() as browser:
            for name, visit in VISITS.items():
                _picture(browser, address, clip, given.out / f"{name}.png", **visit)
    return 0


VISITS: dict[str, dict[str, Any]] = {
    "empty": {},
    "hits": {"asks": True},
    "why": {"asks": True, "why": 1},
    "dark": {"asks": True, "why": 1, "scheme": "dark"},
    "phone": {"asks": True, "width": 390, "height": 844},
}
"""Each picture: what is done before it, and on which screen."""


def make_clip(folder: Path) -> Path:
    """Ten seconds of a demo piece in another sound, key and tempo."""
    import soundfile

    from demo.render import FADE_S, render
    from demo.scores import load_score

    score = load_score(CLIP_PIECE)
    programs = [CLIP_PROGRAM] * len(score.parts)
    sound = render(
        score, programs=programs, tempo_ratio=1.06, transpose=2, start_s=20.0, max_s=CLIP_S + FADE_S
    )
    path = folder / "a tune from the radio.wav"
    soundfile.write(path, sound.samples[: round(CLIP_S * sound.rate_hz)], sound.rate_hz)
    return path


def _picture(
    browser: Any,
    address: str,
    clip: Path,
    path: Path,
    *,
    asks: bool = False,
    why: int = 0,
    scheme: str = "light",
    width: int = 1280,
    height: int = 900,
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(address)
    page.locator(".rp-hello").wait_for()
    if asks:
        drop(page, [clip])
        say(page, "find moments like this")
        page.get_by_role("button", name="why?").first.wait_for(timeout=60_000)
        page.get_by_test_id("stChatInputSubmitButton").wait_for()
        page.locator(".rp-player .rp-play").nth(2).wait_for()
        page.wait_for_function("document.querySelector('.st-key-turn_0').getBoundingClientRect().top > 0")
    if why:
        card = page.locator("[class*='st-key-hit_']").nth(why - 1)
        card.get_by_role("button", name="why?").click()
        card.locator(".rp-parts").wait_for(timeout=60_000)
        card.evaluate(
            "card => document.querySelector('.stMain').scrollBy(0, card.getBoundingClientRect().top - 40)"
        )
    page.mouse.move(width - 4, height // 2)
    page.wait_for_timeout(1200)
    page.screenshot(path=str(path), animations="disabled", caret="hide")
    page.close()
    _lighten(path)
    print(f"{path} ({path.stat().st_size // 1000} kB)")


def _lighten(path: Path) -> None:
    """Keep a picture below the largest size, by fewer colours."""
    from PIL import Image

    if path.stat().st_size > LARGEST_BYTES:
        Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RepriseError as error:
        sys.exit(str(error))

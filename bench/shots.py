"""Pictures of the real page, into docs/pictures: `make shots`. Needs Debian's chromium and a library that is
not empty.

    python -m bench.shots [--clip FILE] [--out FOLDER]

The page is served on a copy of the library, so that your own conversations stay as they are. The clip is a
piece of the demo library played by other instruments, a little faster and in another key; the hum is of a
song in it. The conversation is that of bench/conversation.jsonl: all its turns are taken, some are pictured.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from app.settings import load_settings
from bench.agreement import read_turns
from bench.browser import chromium, chromium_path, drop, say, served, take
from index.core.errors import RepriseError

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
LARGEST_BYTES = 400_000
CLIP_PIECE = "bach/bwv846"
CLIP_S = 10.0
CLIP_PROGRAM = 11
"""General MIDI's vibraphone, counted from 0."""
HUM_PIECE = "schubert/Lindenbaum"
HUM_SEED = 1
MARGIN_PX = 9
TALL_PX = 1600
"""The window in which a turn of the conversation is pictured: all of it is in view."""
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
            hum = make_hum(Path(folder))
            _conversation(browser, address, {"clip": clip, "hum": hum}, given.out)
    return 0


VISITS: dict[str, dict[str, Any]] = {
    "empty": {},
    "hits": {"asks": True},
    "why": {"asks": True, "why": 1},
    "dark": {"asks": True, "why": 1, "scheme": "dark"},
    "phone": {"asks": True, "width": 390, "height": 844},
}
"""Each picture: what is done before it, and on which screen."""


TOLD: dict[int, tuple[str, int]] = {
    4: ("compare", 1),
    12: ("repeats", 1),
    14: ("words", 2),
    17: ("hum", 1),
    21: ("calm", 2),
}
"""Of the conversation, by the turn (counted from 1): the picture's name, and how many cards it shows."""


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


def make_hum(folder: Path) -> Path:
    """Ten seconds of a song's tune, as somebody hums it."""
    import numpy as np
    import soundfile

    from bench.humming import hum
    from demo.scores import load_score

    hummed = hum(load_score(HUM_PIECE), np.random.default_rng(HUM_SEED))
    if hummed is None:
        raise RepriseError(f"Nothing of {HUM_PIECE} can be hummed.")
    path = folder / "my humming.wav"
    soundfile.write(path, hummed.sound.samples, hummed.sound.rate_hz)
    return path


def _conversation(browser: Any, address: str, files: dict[str, Path], out: Path) -> None:
    """All turns, one after the other, and pictures of those that TOLD names."""
    page = browser.new_page(viewport={"width": 1280, "height": TALL_PX}, color_scheme="light")
    page.goto(address)
    page.locator(".rp-hello").wait_for()
    for number, turn in enumerate(read_turns()):
        shown = take(page, turn, number, files)
        if number + 1 not in TOLD:
            continue
        name, cards = TOLD[number + 1]
        last = shown.locator("[class*='st-key-hit_']").nth(cards - 1)
        last.wait_for()
        page.mouse.move(1276, TALL_PX // 2)
        page.wait_for_timeout(1500)
        around, below = shown.bounding_box(), last.bounding_box()
        frame = {
            "x": around["x"] - MARGIN_PX,
            "y": max(0, around["y"] - MARGIN_PX),
            "width": around["width"] + 2 * MARGIN_PX,
        }
        frame["height"] = below["y"] + below["height"] + MARGIN_PX - frame["y"]
        _shoot(page, out / f"{name}.png", clip=frame)
    page.close()


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
    _shoot(page, path)
    page.close()


def _shoot(page: Any, path: Path, **more: Any) -> None:
    """Take a picture, below the largest size by fewer colours."""
    from PIL import Image

    page.screenshot(path=str(path), animations="disabled", caret="hide", **more)
    if path.stat().st_size > LARGEST_BYTES:
        Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
    print(f"{path} ({path.stat().st_size // 1000} kB)")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RepriseError as error:
        sys.exit(str(error))

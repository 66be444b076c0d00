"""What is kept of a clip that a conversation is about, damaged at home or in a bucket: the conversation goes on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from servers import S3Server
from test_whole_product import Product, music, tiny, write

from app.agent.events import Answered
from app.settings import load_settings
from index.core.tracks import Clip
from index.store.home_files import HomeFiles

__all__ = ["tiny"]

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[: len(content) // 2],
    "zeroed": lambda content: bytes(len(content)),
    "emptied": lambda _: b"",
}
WHAT_AND_HOW = (("record", "emptied"), ("sound", "cut"), ("frames", "zeroed"), ("frames", "cut"))
PLACES = ("home", "bucket")
LIKE_THIS = "find moments like this"


@pytest.fixture(params=PLACES)
def product(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Product:
    """A library of two tracks, with what users bring at home or in a bucket."""
    settings = {}
    if request.param == "bucket":
        s3: S3Server = request.getfixturevalue("s3")
        for name, value in s3.environment.items():
            monkeypatch.setenv(name, value)
        settings["store_url"] = f"{s3.url}/{uuid.uuid4().hex[:8]}"
    product = Product(load_settings(home=tmp_path / "home", **settings))
    assert product.add(music(tmp_path / "music", 2)).added == 2
    request.addfinalizer(product.close)
    return product


def asked(product: Product, thread: str, words: str, *files: Path) -> Answered:
    answer = list(product.assistant.turn(thread, words, files))[-1]
    assert isinstance(answer, Answered)
    return answer


def kept_of(product: Product, clip: Clip) -> dict[str, Path]:
    folder = product.library.options.folder / "clips"
    return {
        "record": folder / f"{clip.id}.json",
        "sound": folder / Path(clip.path).name,
        "frames": product.library.clips._frames.path(clip.id),
    }


def store_of(product: Product) -> HomeFiles:
    return product.library.frames.files


def reopened(product: Product) -> Product:
    product.close()
    return Product(product.settings)


def test_a_clip_that_is_damaged_ends_no_conversation(product: Product, tmp_path: Path) -> None:
    brought = write(tmp_path / "brought.wav", 0, 12.0)
    thread = product.assistant.new_thread()
    before = asked(product, thread, LIKE_THIS, brought)
    assert not before.failed and "(#1" in before.text, before
    (clip,) = product.assistant.clips(thread)
    assert product.check() == []
    for what, how in WHAT_AND_HOW:
        path = kept_of(product, clip)[what]
        content = store_of(product).at_hand(path).read_bytes()
        damaged = DAMAGES[how](content)
        store_of(product).write(path, damaged)
        product = reopened(product)
        after = asked(product, thread, LIKE_THIS)
        assert (after.text, after.failed) == (before.text, False), (what, "is made anew, or is not needed")
        store_of(product).write(path, damaged)
        (finding,) = product.check()
        assert "damaged" in finding and "\n" not in finding
        assert product.check(repair=True) == [finding] and product.check() == []
        assert asked(product, thread, LIKE_THIS, brought).text == before.text, "brought again, it is whole"
        assert product.check() == []
        if what != "frames":  # of which the order of what their header says is no matter
            assert store_of(product).at_hand(path).read_bytes() == content
    product.close()


def test_where_sound_and_frames_are_damaged_it_is_said_to_bring_it_again(
    product: Product, tmp_path: Path
) -> None:
    brought = write(tmp_path / "brought.wav", 0, 12.0)
    thread = product.assistant.new_thread()
    before = asked(product, thread, LIKE_THIS, brought)
    (clip,) = product.assistant.clips(thread)
    files, paths = store_of(product), kept_of(product, clip)
    for name in ("sound", "frames"):
        files.write(paths[name], DAMAGES["zeroed"](files.at_hand(paths[name]).read_bytes()))
    product = reopened(product)
    for found in (2, 0):
        lost = asked(product, thread, LIKE_THIS)
        assert "bring it again" in lost.text and "\n" not in lost.text.strip()
        assert len(product.check(repair=True)) == found
    assert "2 tracks" in asked(product, thread, "what is in my library?").text, "the conversation goes on"
    assert asked(product, thread, LIKE_THIS, brought).text == before.text
    assert product.check() == []
    product.close()

"""Files of a home in a bucket of S3: what is kept, read in parts, copied, taken over, and said when it is away."""

from __future__ import annotations

import http.server
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from servers import PASSWORD, S3Server
from test_frames import silent_frames

from index.core.errors import DamagedFramesError, LibraryError
from index.core.frames import FINGERPRINT_HZ, Frames, rows
from index.store.bucket import Bucket
from index.store.bucket_files import COPIES, BucketFiles
from index.store.frame_store import FrameStore
from index.store.home_files import HomeFiles

MOST = 50_000_000


@pytest.fixture
def url(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place of its own in the bucket."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return f"{s3.url}/{uuid.uuid4().hex[:8]}"


def files(home: Path, url: str, most_bytes: int = MOST, patience_s: float = 60.0) -> BucketFiles:
    return BucketFiles(home, Bucket(url, patience_s), most_bytes)


def store(home: Path, url: str, most_bytes: int = MOST, patience_s: float = 60.0) -> FrameStore:
    return FrameStore(home / "frames", files=files(home, url, most_bytes, patience_s))


def copies(home: Path) -> list[Path]:
    return [path for path in (home / COPIES).rglob("*") if path.is_file()]


def test_what_is_kept_is_there_for_another_home(tmp_path: Path, url: str) -> None:
    here, there = store(tmp_path / "one", url), store(tmp_path / "two", url)
    here.write("a1", silent_frames(5.0))
    assert (there.ids(), there.has("a1"), there.has("b1")) == (["a1"], True, False)
    assert len(there.read("a1").notes) == 50 and there.verify("a1").sealed
    assert there.origins("a1") == here.origins("a1")
    assert there.having(["a1", "b1"]) == {"a1"} and there.lost(["a1", "b1"]).keys() == {"b1"}
    assert not (tmp_path / "one" / "frames").exists(), "at home are copies only"
    there.delete("a1")
    again = store(tmp_path / "one", url)
    with pytest.raises(FileNotFoundError):
        again.read("a1")


def test_what_another_home_writes_anew_is_seen(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = store(tmp_path / "one", url), store(tmp_path / "two", url)
    here.write("a1", silent_frames(5.0))
    first = there.read("a1")
    assert len(first.notes) == 50
    here.write("a1", silent_frames(6.0))
    monkeypatch.setattr("index.store.bucket_files._TRUSTED_S", 0.0)
    monkeypatch.setattr(BucketFiles, "look_again_s", 0.0)
    assert len(there.read("a1").notes) == 60
    assert len(first.onset) == 300, "of the new one, and no garbage of the old places"


def long_frames() -> Frames:
    frames = silent_frames(1800.0)
    random = np.random.default_rng(1)
    frames.notes[...] = random.integers(0, 256, frames.notes.shape)
    bits = random.integers(0, 1 << 32, rows(1800.0, FINGERPRINT_HZ), np.uint32)
    return replace(frames, fingerprint=bits)


def test_of_a_long_sound_little_is_fetched_while_little_is_asked(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = long_frames()
    store(tmp_path / "one", url).write("a1", frames)
    fetched: list[str] = []
    read = Bucket.read

    def noted(self: Bucket, key: str) -> object:
        fetched.append(key)
        return read(self, key)

    monkeypatch.setattr(Bucket, "read", noted)
    there = store(tmp_path / "two", url).read("a1")
    assert there.fingerprint is not None and frames.fingerprint is not None
    assert np.array_equal(there.fingerprint, frames.fingerprint)
    assert np.array_equal(there.notes[9000:9100], frames.notes[9000:9100])
    assert fetched == [] and copies(tmp_path / "two") == []
    assert np.array_equal(np.asarray(there.notes), frames.notes)
    assert (len(there.mfcc), len(there.embedding)) == (3600, 1800)
    assert len(fetched) == 1, "then all of it, once"


def test_copies_take_no_more_room_than_they_may(tmp_path: Path, url: str) -> None:
    here = store(tmp_path / "one", url, most_bytes=100_000)
    for number in range(12):
        here.write(f"a{number}", silent_frames(10.0))
    there = store(tmp_path / "two", url, most_bytes=100_000)
    there.fetch([f"a{number}" for number in range(12)])
    for home in ("one", "two"):
        sizes = [path.stat().st_size for path in copies(tmp_path / home)]
        assert sizes and sum(sizes) <= 100_000
    assert all(there.verify(f"a{number}").sealed for number in range(12)), "all are in the bucket"


def test_a_copy_that_is_damaged_is_fetched_again(tmp_path: Path, url: str) -> None:
    here = store(tmp_path / "one", url)
    here.write("a1", silent_frames(5.0))
    copies(tmp_path / "one")[0].write_bytes(b"nothing of it")
    assert len(here.read("a1").notes) == 50
    copies(tmp_path / "one")[0].write_bytes(b"nothing of it")
    assert here.verify("a1").sealed and here.damages.known() == {}
    files(tmp_path / "one", url).write(here.path("a1"), b"damaged in the bucket, too")
    with pytest.raises(DamagedFramesError):
        store(tmp_path / "one", url).verify("a1")


def test_what_lay_at_home_is_taken_over(tmp_path: Path, url: str) -> None:
    at_home = FrameStore(tmp_path / "one" / "frames")
    for name in ("a1", "a2", "a3"):
        at_home.write(name, silent_frames(5.0))
    here, there = store(tmp_path / "one", url), store(tmp_path / "two", url)
    assert here.lost(["a1", "a2"]) == {}
    assert len(here.read("a3").notes) == 50
    assert there.ids() == ["a1", "a2", "a3"]
    here.delete("a1")
    assert not here.has("a1") and not at_home.has("a1") and there.ids() == ["a2", "a3"]


def test_what_lies_in_the_bucket_of_no_track_is_left_alone(tmp_path: Path, url: str) -> None:
    store(tmp_path / "one", url).write("a1", silent_frames(5.0))
    assert store(tmp_path / "two", url).strays([]) == set()
    at_home = FrameStore(tmp_path / "three" / "frames", files=HomeFiles())
    at_home.write("a1", silent_frames(5.0))
    assert at_home.strays([]) == {"a1"}


def test_each_refusal_is_one_sentence_without_the_key(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(words: str, **environment: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(LibraryError, match=words) as told:
                files(tmp_path, url, patience_s=0.5).has(tmp_path / "frames" / "a1")
        text = str(told.value)
        assert "\n" not in text and PASSWORD not in text and "wrong-7" not in text

    refused("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY right", AWS_SECRET_ACCESS_KEY="wrong-7")
    refused("does not answer", AWS_ENDPOINT_URL="http://127.0.0.1:9")


class Troubled(http.server.BaseHTTPRequestHandler):
    """Passes on what is asked, when it is in the mood."""

    behind = ""
    trouble: Callable[[], int]
    """Waits, or says what to answer in place of the server; 0 passes it on."""
    asked: list[str]

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append(self.command)
        if status := type(self).trouble():
            self._answer(status, b"", {})
            return
        request = urllib.request.Request(self.behind + self.path, body or None, method=self.command)
        for name, value in self.headers.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self._answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            self._answer(error.code, error.read(), dict(error.headers))

    do_GET = do_PUT = do_HEAD = do_DELETE = _pass_on  # noqa: N815

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("date", "server", "connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = headers.get("Content-Length", str(len(body))) if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        pass


@pytest.fixture
def troubled(url: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Troubled]]:
    handler = type("InTrouble", (Troubled,), {"behind": s3.endpoint, "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield handler
    server.shutdown()
    server.server_close()


def test_a_server_that_is_slow_or_busy_is_asked_again(
    tmp_path: Path, url: str, troubled: type[Troubled]
) -> None:
    moods = iter(range(1000))

    def moody() -> int:
        mood = next(moods) % 3
        if mood == 1:
            time.sleep(0.2)
        return 503 if mood == 0 else 0

    troubled.trouble = staticmethod(moody)
    here = FrameStore(tmp_path / "frames", files=files(tmp_path, url))
    for number in range(5):
        here.write(f"a{number}", silent_frames(5.0))
    assert here.ids() == [f"a{number}" for number in range(5)]
    assert len(troubled.asked) > 7, "some were asked again"


def test_a_server_that_stays_busy_is_one_sentence(tmp_path: Path, url: str, troubled: type[Troubled]) -> None:
    troubled.trouble = staticmethod(lambda: 0)
    here = store(tmp_path, url, patience_s=1.0)
    here.write("a1", silent_frames(5.0))
    troubled.trouble = staticmethod(lambda: 503)
    with pytest.raises(LibraryError, match="does not answer"):
        here.write("a2", silent_frames(5.0))
    troubled.trouble = staticmethod(lambda: 0)
    assert here.ids() == ["a1"], "what was not kept is not there"

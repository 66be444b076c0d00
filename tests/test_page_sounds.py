"""The sounds that the page's server gives out, and what players tell it that was heard."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from fake_library import FakeLibrary, fake_tracks
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.routes.sounds import sound_routes
from app.view.addresses import moment_url, track_url
from index.core.tracks import Track


@pytest.fixture
def library(tmp_path: Path) -> FakeLibrary:
    return FakeLibrary(tmp_path, fake_tracks(tmp_path))


@pytest.fixture
def sounds(library: FakeLibrary, tmp_path: Path) -> TestClient:
    path = tmp_path / "clip.wav"
    ramp = np.linspace(-0.5, 0.5, 8000 * 3, dtype=np.float32)
    soundfile.write(path, ramp, 8000)
    clip = library.clip(path)
    soundfile.write(library.music[0].path, ramp, 8000)
    assistant = SimpleNamespace(clips=lambda thread: [clip] if thread == "mine" else [])
    opened: Any = SimpleNamespace(library=library, assistant=assistant)
    client = TestClient(Starlette(routes=sound_routes(lambda: opened)))
    client.clip_id = clip.id  # type: ignore[attr-defined]
    return client


def test_a_moment_is_cut_at_exact_samples(sounds: TestClient, library: FakeLibrary) -> None:
    track = library.music[1]
    answer = sounds.get(moment_url(track.id, 12.3, 15.8))
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    expected = library.sound(track, 12.3, 15.8)
    assert rate == expected.rate_hz
    assert len(samples) == round(15.8 * rate) - round(12.3 * rate)
    assert np.allclose(samples, expected.samples, atol=1 / 32000)


def test_players_may_ask_for_parts(sounds: TestClient, library: FakeLibrary) -> None:
    url = moment_url(library.music[1].id, 0, 1)
    whole = sounds.get(url).content
    part = sounds.get(url, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert sounds.get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    file = sounds.get(track_url(library.music[0].id), headers={"Range": "bytes=0-3"})
    assert (file.status_code, file.content) == (206, b"RIFF")


def test_a_clip_is_heard_only_in_its_own_conversation(sounds: TestClient) -> None:
    clip = sounds.clip_id  # type: ignore[attr-defined]
    heard = sounds.get(f"/reprise/clip/mine/{clip}/1.000-2.000.wav")
    samples, _ = soundfile.read(io.BytesIO(heard.content))
    assert len(samples) == 8000
    assert samples[0] == pytest.approx(-0.5 + 1 / 3, abs=1e-3)
    assert sounds.get(f"/reprise/clip/other/{clip}/1.000-2.000.wav").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/reprise/track/unknown/0-1.wav",
        "/reprise/track/unknown",
        "/reprise/page/nothing.js",
        "/reprise/page/..%2fchat.py",
        "/reprise/page/%2e%2e",
    ],
)
def test_what_is_not_there_is_not_served(sounds: TestClient, path: str) -> None:
    assert sounds.get(path).status_code == 404


@pytest.mark.parametrize("span", ["5-5", "9-2", "x-y", "-1-4", "0-99999", "nan-1", "3"])
def test_spans_that_are_none_are_refused(sounds: TestClient, library: FakeLibrary, span: str) -> None:
    assert sounds.get(f"/reprise/track/{library.music[0].id}/{span}.wav").status_code == 404


def test_the_pages_own_files_are_served(sounds: TestClient) -> None:
    script = sounds.get("/reprise/page/player.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "export default" in script.text


def heard(sounds: TestClient, track: Track, kind: str, origin: str = "http://testserver") -> int:
    note = {"track": track.id, "start_s": 1.0, "end_s": 11.0, "kind": kind}
    return sounds.post("/reprise/heard", json=note, headers={"Origin": origin}).status_code


def test_a_player_tells_what_was_heard(sounds: TestClient, library: FakeLibrary) -> None:
    assert heard(sounds, library.music[0], "finished") == 204
    assert heard(sounds, library.music[1], "skipped") == 204
    events = library.catalogue.history.events()
    assert [(event.kind, event.moment.track_id) for event in events] == [
        ("skipped", library.music[1].id),
        ("finished", library.music[0].id),
    ]


def test_only_the_page_tells_and_only_what_can_be_heard(sounds: TestClient, library: FakeLibrary) -> None:

    assert heard(sounds, library.music[0], "finished", "http://evil.example") == 403
    assert heard(sounds, library.music[0], "finished", "") == 403
    assert heard(sounds, library.music[0], "liked") == 400
    assert heard(sounds, replace(library.music[0], id="gone"), "finished") == 400
    for body in (b"no json", b"[]", b"{" + b" " * 5000 + b"}", b'{"kind": "finished", "track": "x"}'):
        answer = sounds.post("/reprise/heard", content=body, headers={"Origin": "http://testserver"})
        assert answer.status_code == 400
    assert sounds.get("/reprise/heard").status_code == 405
    assert library.catalogue.history.events() == []

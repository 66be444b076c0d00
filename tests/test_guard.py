"""Who may ask: names of this computer, pages of our own; exact ids; nothing that is no number."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_library import FakeLibrary, fake_tracks
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.routes.guard import Guard, host_name
from app.routes.sounds import sound_routes
from app.view.addresses import track_url


@pytest.fixture
def library(tmp_path: Path) -> FakeLibrary:
    return FakeLibrary(tmp_path, fake_tracks(tmp_path))


@pytest.fixture
def client(library: FakeLibrary) -> TestClient:
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    opened: Any = SimpleNamespace(library=library, assistant=SimpleNamespace(clips=lambda thread: []))
    routes = [
        *sound_routes(lambda: opened),
        Route("/", lambda request: PlainTextResponse("the page")),
        WebSocketRoute("/_stcore/stream", talk),
    ]
    guard = Middleware(Guard, hosts=lambda: ["music.example"])
    return TestClient(Starlette(routes=routes, middleware=[guard]), base_url="http://localhost:8501")


@pytest.mark.parametrize(
    "host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST", "localhost.", "music.example"]
)
def test_names_of_this_computer_are_served(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).text == "the page"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:8501",
        "user@localhost",
        "localhost:x",
        "",
        "[::1",
    ],
)
def test_other_names_are_refused_everywhere(client: TestClient, host: str) -> None:
    for address in ("/", "/reprise/alive", "/reprise/page/player.js", "/_stcore/host-config"):
        assert client.get(address, headers={"Host": host}).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/_stcore/stream", headers={"Host": host}),
    ):
        pass


def test_a_websocket_of_another_page_is_refused(client: TestClient) -> None:
    address = "ws://localhost:8501/_stcore/stream"
    with client.websocket_connect(address, headers={"Origin": "http://localhost:8501"}) as socket:
        assert socket.receive_text() == "hello"
    for origin in ("http://evil.example", "http://localhost:3000", "null"):
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect(address, headers={"Origin": origin}),
        ):
            pass


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_pages_may_link_here_and_no_more(client: TestClient, library: FakeLibrary, site: str) -> None:
    headers = {"Sec-Fetch-Site": site}
    visit = {**headers, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    framed = {**visit, "Sec-Fetch-Dest": "iframe"}
    sound = track_url(library.music[0].id)
    assert client.get("/", headers=visit).status_code == 200
    assert client.get("/", headers=framed).status_code == 403
    assert client.get(sound, headers={**headers, "Sec-Fetch-Dest": "audio"}).status_code == 403
    assert client.get(sound, headers=visit).status_code == 403
    assert client.get("/", headers={"Sec-Fetch-Site": "none"}).status_code == 200


def test_answers_may_not_be_embedded_elsewhere(client: TestClient) -> None:
    headers = client.get("/").headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"] == "frame-ancestors 'self'"


def test_streamlits_page_takes_orders_from_nobody(client: TestClient) -> None:
    told = client.get("/_stcore/host-config").json()
    assert told["allowedOrigins"] == []
    assert told["blockErrorDialogs"] is True


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("LocalHost:80", "localhost"),
        ("[::1]:9", "::1"),
        ("a/b", ""),
        ("a?b", ""),
        ("a:70000", ""),
        ("x:", ""),
    ],
)
def test_the_name_in_a_host_header(host: str, name: str) -> None:
    assert host_name(host) == name


def test_titles_are_not_looked_up(client: TestClient, library: FakeLibrary) -> None:
    track = library.music[0]
    said = set()
    for wanted in (track.title, track.title.lower(), "Gymnopédie", track.path, "no such thing"):
        for address in (f"/reprise/track/{wanted}", f"/reprise/track/{wanted}/0-1.wav"):
            answer = client.get(address)
            assert answer.status_code == 404
            said.add(answer.text)
    assert not [text for text in said if track.title in text]


@pytest.mark.parametrize(
    "times",
    [
        "0, 1e400",
        "0, Infinity",
        "NaN, 10",
        "0, -Infinity",
        "-5, 5",
        "5, 5",
        "9, 2",
        "0, 1e9",
        '"0", 10',
        "true, 10",
        "null, 10",
        "0, [10]",
        f"0, {10**400}",
    ],
)
def test_what_is_no_time_is_not_stored(client: TestClient, library: FakeLibrary, times: str) -> None:
    start_s, end_s = times.split(", ", 1)
    body = f'{{"kind": "finished", "track": "{library.music[0].id}", "start_s": {start_s}, "end_s": {end_s}}}'
    answer = client.post("/reprise/heard", content=body, headers={"Origin": "http://localhost:8501"})
    assert answer.status_code == 400
    assert library.catalogue.history.events() == []


@pytest.mark.parametrize("body", ["[" * 900, "[]", "1", "{", '{"kind": ["finished"]}', '{"track": {}}'])
def test_what_is_no_note_is_refused(client: TestClient, body: str) -> None:
    answer = client.post("/reprise/heard", content=body, headers={"Origin": "http://localhost:8501"})
    assert answer.status_code == 400


def test_a_long_note_is_not_read_to_its_end(library: FakeLibrary) -> None:
    opened: Any = SimpleNamespace(library=library)
    app = Starlette(routes=sound_routes(lambda: opened))
    given = 0

    async def receive() -> dict[str, Any]:
        nonlocal given
        given += 1
        return {"type": "http.request", "body": b"x" * 600, "more_body": True}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/reprise/heard",
        "raw_path": b"/reprise/heard",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"origin", b"http://localhost")],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("localhost", 1),
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert given <= 3

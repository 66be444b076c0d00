"""Vectors in a Chroma server elsewhere: its token and its tenants."""

from __future__ import annotations

import http.server
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from servers import ChromaServer

from index.core.errors import StoreUnavailableError
from index.core.options import StoreAccess
from index.store.vectors import VectorStore, open_vectors

TOKEN = "open-sesame-77"
ROWS = np.eye(2, dtype=np.float32)
IDS = ["t:00000", "t:00001"]


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[ChromaServer]:
    (tmp_path / "server").mkdir()
    server = ChromaServer(tmp_path / "server")
    yield server
    server.kill()


class Guard(http.server.BaseHTTPRequestHandler):
    """Lets in those who have the token, as a proxy before Chroma does."""

    behind = ""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}" or self.headers["X-Chroma-Token"] != TOKEN:
            self._answer(401, b'{"error": "Unauthorized", "message": "no token"}')
            return
        asked = urllib.request.Request(self.behind + self.path, body or None, method=self.command)
        asked.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                self._answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            self._answer(error.code, error.read())

    do_GET = do_POST = do_DELETE = do_PUT = _pass_on  # noqa: N815

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        pass


@pytest.fixture
def guarded(chroma: ChromaServer) -> Iterator[str]:
    handler = type("Guarded", (Guard,), {"behind": chroma.url})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def opened(tmp_path: Path, url: str, **access: str) -> VectorStore:
    return open_vectors(tmp_path / "home", url, access=StoreAccess(**access))


def test_a_server_behind_a_token_lets_in_who_has_it_and_no_other(tmp_path: Path, guarded: str) -> None:
    store = opened(tmp_path, guarded, token=TOKEN)
    store.upsert("timbre", IDS, ROWS)
    assert store.query("timbre", ROWS[:1], 1)[0] == [[IDS[0]]]
    for wrong in ("", "something-else"):
        with pytest.raises(StoreUnavailableError, match="REPRISE_CHROMA_TOKEN") as told:
            opened(tmp_path, guarded, token=wrong).count("timbre")
        assert wrong not in str(told.value) or not wrong
    assert TOKEN not in repr(StoreAccess(TOKEN))


def test_a_tenant_that_is_not_there_is_told(tmp_path: Path, chroma: ChromaServer) -> None:
    for access in ({"tenant": "nobody"}, {"database": "nowhere"}):
        with pytest.raises(StoreUnavailableError, match="REPRISE_CHROMA_TENANT"):
            opened(tmp_path, chroma.url, **access).count("timbre")


def test_tenants_of_one_server_do_not_see_each_other(tmp_path: Path, chroma: ChromaServer) -> None:
    from chromadb import AdminClient
    from chromadb.config import Settings

    admin = AdminClient(
        Settings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host="127.0.0.1",
            chroma_server_http_port=chroma.port,
        )
    )
    admin.create_tenant("aunt")
    admin.create_database("records", "aunt")
    hers = opened(tmp_path, chroma.url, tenant="aunt", database="records")
    hers.upsert("timbre", IDS, ROWS)
    assert opened(tmp_path, chroma.url).count("timbre") == 0 and hers.count("timbre") == 2

"""A file that is too large is refused by what the browser says of it, before anything of it is read."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit import config
from streamlit.web.server.starlette.starlette_routes import create_upload_routes

import app
from app.routes.guard import Guard

LIMIT_MB = tomllib.loads((Path(app.__file__).parent / ".streamlit" / "config.toml").read_text())["server"][
    "maxUploadSize"
]


@pytest.mark.parametrize(("more", "status"), [(1, 413), (0, 400)])
def test_what_is_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch, more: int, status: int) -> None:
    options = {"server.maxUploadSize": LIMIT_MB, "server.enableXsrfProtection": False}
    before = config.get_option
    monkeypatch.setattr(config, "get_option", lambda name: options.get(name, before(name)))
    runtime = MagicMock()
    routes = create_upload_routes(runtime, MagicMock(), None)
    served = Starlette(routes=routes, middleware=[Middleware(Guard, hosts=lambda: [])])
    read: list[str] = []
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        read.append("body")
        return {"type": "http.request", "body": b"no form", "more_body": False}

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/_stcore/upload_file/session/file",
        "raw_path": b"/_stcore/upload_file/session/file",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("127.0.0.1", 8501),
        "client": ("127.0.0.1", 50000),
        "headers": [
            (b"host", b"localhost:8501"),
            (b"content-type", b"multipart/form-data; boundary=x"),
            (b"content-length", str(LIMIT_MB * 1024 * 1024 + more).encode()),
        ],
    }
    asyncio.run(served(scope, receive, send))
    assert answers[0]["status"] == status
    assert bool(read) == (status != 413)

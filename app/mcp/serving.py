"""Serves other assistants: by standard streams, or by HTTP on this computer with a token.

The token is REPRISE_MCP_TOKEN, else one that is made once and kept in the home folder for this user alone.
"""

from __future__ import annotations

import hmac
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from index.core.errors import RepriseError
from index.system.files import write_durably

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
PATH = "/mcp"
_OWN = ("127.0.0.1", "localhost", "[::1]")


class ServeError(RepriseError):
    """The server could not be started."""


class TokenGate:
    """Lets a request in that carries the token; says 401 to all others."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            given = Headers(scope=scope).get("authorization", "").encode()
            if not hmac.compare_digest(given, self._expected):
                refusal = PlainTextResponse("A token is wanted.", 401, {"WWW-Authenticate": "Bearer"})
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def kept_token(home: Path) -> str:
    """The token in the home folder; made at the first call, readable by this user alone."""
    path = home / "mcp.token"
    try:
        known = path.read_text("ascii").strip()
    except FileNotFoundError:
        known = ""
    if len(known) >= 32:
        return known
    token = secrets.token_urlsafe(32)
    write_durably(path, token.encode("ascii"))
    return token


def http_app(server: MCPServer[Any], port: int, token: str) -> TokenGate:
    """The server as a web application that wants the token and answers to this computer's own names only."""
    hosts = [f"{name}:{port}" for name in _OWN]
    security = TransportSecuritySettings(
        allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts]
    )
    return TokenGate(
        server.streamable_http_app(streamable_http_path=PATH, transport_security=security), token
    )


def serve_http(server: MCPServer[Any], port: int, token: str) -> None:
    """Serve until Ctrl-C.

    Raises
    ------
    ServeError
        If the port is taken.
    """
    import uvicorn

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServeError(f"Port {port} is taken: name another one with --port.") from error
    uvicorn.run(http_app(server, port, token), host=HOST, port=port, log_level="warning")


def serve_streams(server: MCPServer[Any]) -> None:
    """Serve the program that started this one, until it closes our input."""
    anyio.run(server.run_stdio_async)

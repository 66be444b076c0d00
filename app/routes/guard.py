"""Who may ask: only pages that Reprise itself served, under a name that is this computer's.

A page elsewhere could have its own name point at this computer (DNS rebinding), or ask for our addresses from the
same browser; both are refused, for all that is served, Streamlit's own addresses and its websocket too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOST_CONFIG = "/_stcore/host-config"
_PAGES_CONFIG = {
    "allowedOrigins": [],
    "useExternalAuthToken": False,
    "enableCustomParentMessages": False,
    "enforceDownloadInNewTab": False,
    "metricsUrl": "",
    "blockErrorDialogs": True,
    "resourceCrossOriginMode": None,
}
"""What Streamlit's page asks for at its start. It must take orders from nobody, and leave a lost connection to us."""
_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Stands before the whole application."""

    def __init__(self, app: ASGIApp, hosts: Callable[[], Iterable[str]] = tuple) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        why_not = self._why_not(scope)
        if why_not:
            await _refuse(why_not, scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == HOST_CONFIG and scope["method"] == "GET":
            await JSONResponse(_PAGES_CONFIG, headers={"Cache-Control": "no-cache"})(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send))

    def _why_not(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = host_name(host)
        bound = scope.get("server") or ("", 0)
        if not name or name not in {
            *LOOPBACK,
            str(bound[0]).lower(),
            *(each.lower() for each in self._hosts()),
        }:
            return "Reprise is not served under this name. REPRISE_HOSTS lists further ones."
        origin = headers.get("origin")
        asks = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if origin is not None and asks and urlsplit(origin).netloc != host:
            return "Only Reprise's own page may ask for this."
        if headers.get("sec-fetch-site", "none") in ("cross-site", "same-site") and not _is_a_visit(
            scope, headers
        ):
            return "Only Reprise's own page may ask for this."
        return ""


def host_name(host: str) -> str:
    """The name in a Host header, without its port; empty where it is not one."""
    try:
        parts = urlsplit(f"//{host}")
        plain = parts.port is not None or not host.endswith(":")
    except ValueError:
        return ""
    if parts.username is not None or parts.path or parts.query or parts.fragment or not plain:
        return ""
    return (parts.hostname or "").rstrip(".")


def _is_a_visit(scope: Scope, headers: Headers) -> bool:
    """A link elsewhere may lead here, but nothing else of ours may be embedded there."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and not scope["path"].startswith(("/reprise/", "/media/", "/_stcore/"))
    )


async def _refuse(why: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    await PlainTextResponse(why, 403)(scope, receive, send)


def _with_headers(send: Send) -> Any:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending

"""A server on loopback that speaks OpenAI's protocol as real ones do, and misbehaves as its script says.

A script is a list of replies, played in order; the last one is repeated. A reply is a text, a `Calls`, one of the
misbehaviours below, or a function that gets the request and returns one of these.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Calls:
    """Tool calls as the protocol has them: (name, arguments as an object, or as the raw text to send)."""

    made: tuple[tuple[str, Any], ...]
    text: str = ""
    call_id: str = ""
    """The same id for all, as some servers send."""


def call(name: str, args: Any = None, **more: Any) -> Calls:
    return Calls(((name, {} if args is None else args),), **more)


@dataclass(frozen=True)
class Drop:
    """Sends some of a text, then closes the connection."""

    text: str = "The best of th"
    politely: bool = False
    """Ends the stream as if it were whole."""


@dataclass(frozen=True)
class Slow:
    """Sends nothing for a while, then a text; or a word now and then, without end."""

    wait_s: float
    text: str = "At last."
    drip: bool = False


@dataclass(frozen=True)
class Refuse:
    """An error of the server's."""

    status: int
    message: str


@dataclass
class FakeServer:
    """What was asked, and what is answered next."""

    script: list[Any]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    hung_up: list[bool] = field(default_factory=list)
    """One for each reply that the client did not wait for."""

    def next(self, request: dict[str, Any]) -> Any:
        self.asked.append(request)
        reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return reply(request) if callable(reply) else reply

    def last_words(self, number: int = -1) -> str:
        """The newest message of a request."""
        return str(self.asked[number]["messages"][-1]["content"])


@contextmanager
def fake_server(*script: Any) -> Iterator[FakeServer]:
    served = FakeServer(list(script))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(served))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def _handler(served: FakeServer) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            reply = served.next(request)
            try:
                if isinstance(reply, Refuse):
                    self._whole({"error": {"message": reply.message, "type": "x", "code": "y"}}, reply.status)
                elif request.get("stream"):
                    self._streamed(reply)
                elif isinstance(reply, Drop):
                    self._whole(_whole_reply(reply), cut=True)
                else:
                    self._whole(_whole_reply(reply))
            except (BrokenPipeError, ConnectionResetError):
                served.hung_up.append(True)
                self.close_connection = True

        def _whole(self, body: dict[str, Any], status: int = 200, cut: bool = False) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:20] if cut else data)
            self.close_connection = cut

        def _streamed(self, reply: Any) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            if isinstance(reply, Slow):
                while reply.drip:
                    self._event({"content": "and "})
                    time.sleep(reply.wait_s)
                time.sleep(reply.wait_s)
            for delta in _deltas(reply):
                self._event(delta)
            if isinstance(reply, Drop) and not reply.politely:
                self.connection.close()
                self.close_connection = True
                return
            if not isinstance(reply, Drop):
                self._event({}, "tool_calls" if isinstance(reply, Calls) else "stop")
            self._chunk(b"data: [DONE]\n\n")
            self._chunk(b"")

        def _event(self, delta: dict[str, Any], finish: str | None = None) -> None:
            event = {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "tiny",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            }
            self._chunk(f"data: {json.dumps(event)}\n\n".encode())

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


def _deltas(reply: Any) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    if isinstance(reply, Calls):
        if reply.text:
            yield {"content": reply.text}
        for place, made in enumerate(_tool_calls(reply)):
            yield {"tool_calls": [{"index": place, **made}]}
        return
    text = reply if isinstance(reply, str) else reply.text
    for start in range(0, len(text), 7):
        yield {"content": text[start : start + 7]}


def _tool_calls(reply: Calls) -> list[dict[str, Any]]:
    return [
        {
            "id": reply.call_id or f"call_{place}",
            "type": "function",
            "function": {"name": name, "arguments": args if isinstance(args, str) else json.dumps(args)},
        }
        for place, (name, args) in enumerate(reply.made)
    ]


def _whole_reply(reply: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply if isinstance(reply, str) else reply.text,
    }
    if isinstance(reply, Calls):
        message["tool_calls"] = _tool_calls(reply)
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny",
        "choices": [choice],
    }

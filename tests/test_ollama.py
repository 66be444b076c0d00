"""Ollama on this computer: found on loopback only, quickly, and its models in a sensible order."""

import http.server
import json
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from app.agent.llm.ollama import LocalModels, is_loopback, ollama_models

LISTED = {
    "models": [
        {
            "name": "nomic-embed-text:latest",
            "details": {"families": ["nomic-bert"], "parameter_size": "137M"},
        },
        {"name": "llama3.2:3b", "details": {"families": ["llama"], "parameter_size": "3.2B"}},
        {"name": "qwen3:32b", "details": {"families": ["qwen3"], "parameter_size": "32.8B"}},
        {"name": "qwen3:4b", "details": {"families": ["qwen3"], "parameter_size": "4.0B"}},
        {"name": "gpt-oss:120b-cloud", "remote_host": "https://ollama.com", "details": {}},
        {"name": "strange:latest", "details": None},
    ]
}


@contextmanager
def ollama(body, wait_s=0.0):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            time.sleep(wait_s)
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_its_models_are_found_the_best_first():
    with ollama(json.dumps(LISTED).encode()) as (address, asked):
        assert ollama_models(address) == ("qwen3:4b", "llama3.2:3b", "strange:latest", "qwen3:32b")
        assert asked == ["/api/tags"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"models": 3}', b'{"models": [{}]}'])
def test_another_server_on_its_port_is_none(body):
    with ollama(body) as (address, _):
        assert ollama_models(address) == ()


def test_nobody_waits_for_it():
    began = time.monotonic()
    with ollama(b"{}", wait_s=3.0) as (address, _):
        assert ollama_models(address, timeout_s=0.2) == ()
        assert time.monotonic() - began < 2
    assert ollama_models("http://127.0.0.1:1") == ()


def test_only_this_computer_is_asked():
    assert ollama_models("http://ollama.example:11434") == ()
    assert (
        is_loopback("http://localhost:8080/v1")
        and not is_loopback("http://192.168.1.2")
        and not is_loopback("")
    )


def test_it_is_not_asked_at_every_click():
    with ollama(json.dumps(LISTED).encode()) as (address, asked):
        local = LocalModels(address)
        assert local.names() == local.names()
        assert len(asked) == 1

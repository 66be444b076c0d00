"""`reprise app`: a port that is taken is said first; a server that ends is started again, and given up at last."""

from __future__ import annotations

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from app import page_server
from app.page_server import PageError, _Page, free_port, need_free, who_answers
from app.settings import load_settings


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """Another program that answers everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def test_who_answers_at_a_port() -> None:
    assert who_answers(free_port(8700)) is None
    with answering(b"<html>another program") as port:
        assert who_answers(port) == ""
    with answering(b'{"reprise": "abc"}') as port:
        assert who_answers(port) == "abc"


@pytest.mark.parametrize(
    ("body", "who"),
    [(b"hello", "Another program answers"), (b'{"reprise": "abc"}', "Another Reprise is open")],
)
def test_a_port_that_is_taken_is_said_before_anything_else(tmp_path: Path, body: bytes, who: str) -> None:
    home = tmp_path / "home"
    with answering(body) as port:
        with pytest.raises(PageError, match=who):
            need_free(port)
        command = [sys.executable, "-m", "app.cli", "app", "--port", str(port), "--no-browser"]
        environment = {**os.environ, "REPRISE_HOME": str(home)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"reprise: {who}")
    assert not home.exists()


def test_a_port_taken_under_the_other_name_is_taken() -> None:
    try:
        taken = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        taken.bind(("::1", 0))
    except OSError:
        pytest.skip("There is no IPv6 here.")
    with taken:
        taken.listen()
        with pytest.raises(PageError):
            need_free(taken.getsockname()[1])


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Page]:
    """A page whose servers are small programs, not Streamlit's."""
    monkeypatch.setenv("REPRISE_HOME", str(tmp_path))
    monkeypatch.setattr(page_server, "WAITS_S", (0.0,))
    made = _Page(load_settings(), free_port(8800))
    yield made
    made.stop()


def served_by(page: _Page, monkeypatch: pytest.MonkeyPatch, codes: list[str]) -> list[int]:
    """Let each start run the next of these programs; the processes that were started."""
    started: list[int] = []
    popen = subprocess.Popen

    def start(command: list[str], **named: object) -> subprocess.Popen[bytes]:
        code = codes[min(len(started), len(codes) - 1)]
        process = popen([sys.executable, "-c", code], **named)  # type: ignore[call-overload]
        started.append(process.pid)
        return process

    monkeypatch.setattr(page_server.subprocess, "Popen", start)
    monkeypatch.setattr(page, "_wait_until_up", lambda page_id: None)
    return started


def test_a_server_that_is_killed_is_started_again(
    page: _Page, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    started = served_by(page, monkeypatch, [killed, "pass"])
    page.start()
    assert page.keep() == 0
    assert len(started) == 2
    assert capsys.readouterr().out.count("had to start again; everything is kept") == 1


def test_a_server_that_dies_again_and_again_is_given_up(page: _Page, monkeypatch: pytest.MonkeyPatch) -> None:
    crash = f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})"
    started = served_by(page, monkeypatch, [crash])
    page.start()
    with pytest.raises(PageError, match=r"3 times.*signal 11.*page\.log"):
        page.keep()
    assert len(started) == 3


def test_the_real_server_comes_again_when_it_is_killed(tmp_path: Path) -> None:
    port = free_port(8900)
    code = f"from app.page_server import serve; serve(port={port}, open_browser=False, demo=False)"
    environment = {**os.environ, "REPRISE_HOME": str(tmp_path)}
    keeper = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert keeper.stdout is not None
        assert "Reprise is open at" in keeper.stdout.readline()
        first = who_answers(port)
        assert first
        health = urllib.request.Request(f"http://localhost:{port}/", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(health)
        os.kill(_server(port), signal.SIGKILL)
        assert "had to start again" in keeper.stdout.readline()
        assert who_answers(port) not in (None, "", first)
        assert (tmp_path / "logs" / "page.log").stat().st_mode & 0o777 == 0o600
        server = psutil.Process(_server(port))
        keeper.kill()
        server.wait(60)
        assert who_answers(port) is None
    finally:
        keeper.kill()
        keeper.wait(20)


def test_the_page_does_not_look_through_all_that_is_held_behind_every_run(tmp_path: Path) -> None:
    """Streamlit's own way, which its option says; as the page is served from any folder."""
    code = (
        "import sys; from streamlit import config; from streamlit.web import bootstrap\n"
        "config._main_script_path = sys.argv[1]; bootstrap.load_config_options({})\n"
        "print(config.get_option('runner.postScriptGC'))"
    )
    main = Path(page_server.__file__).with_name("main.py")
    command = [sys.executable, "-c", code, str(main)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def _server(port: int) -> int:
    [found] = [
        each.pid
        for each in psutil.process_iter(["cmdline"])
        if "streamlit" in (each.info["cmdline"] or []) and str(port) in each.info["cmdline"]
    ]
    return found

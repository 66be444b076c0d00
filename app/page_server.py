"""Serves the page for `reprise app`: finds a free port, says where the page is, ends cleanly on Ctrl-C.

A server that ends by itself is started again; one that cannot live is given up with a sentence. If the library is
empty, the demo library is made meanwhile, by a process of its own; the page shows how far it is.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from app import background
from app.log import at_home, log_file
from app.settings import Settings, load_settings
from index.core.errors import RepriseError
from index.system.files import private_folder

FIRST_PORT = 8501
PORTS_TRIED = 50
START_S = 60.0
STOP_S = 5.0
QUICK_S = 60.0
"""A server that lived shorter than this died quickly."""
QUICK_DEATHS = 3
"""So many in a row, and it is given up."""
WAITS_S = (0.2, 1.0, 3.0)
"""Before it is started again, after the first, second, third quick death."""
_MAIN = Path(__file__).with_name("main.py")
_ON_PURPOSE = (0, -signal.SIGTERM, -signal.SIGINT)


class PageError(RepriseError):
    """The page could not be served."""


def serve(
    settings: Settings | None = None, *, port: int = 0, open_browser: bool = True, demo: bool = True
) -> int:
    """Serve the page until Ctrl-C. Returns the exit code: 0 when it was ended on purpose.

    Raises
    ------
    PageError
        If the port is taken or none is free, before anything else is done; if the page does not come up; if its
        server dies again and again.
    """
    settings = settings or load_settings()
    if port:
        need_free(port)
    port = port or free_port()
    private_folder(settings.home)
    address = f"http://localhost:{port}"
    if demo:
        start_demo_if_empty(settings)
    with _ends_on_signals():
        page = _Page(settings, port)
        try:
            page.start()
            print(f"Reprise is open at {address} (Ctrl-C ends it).", flush=True)
            if open_browser and has_screen():
                webbrowser.open(address)
            return page.keep()
        except KeyboardInterrupt:
            print("\nReprise has ended; everything is kept.", flush=True)
            return 0
        finally:
            page.stop()


class _Page:
    """The server's process, started again where it ends by itself."""

    def __init__(self, settings: Settings, port: int) -> None:
        self._settings = settings
        self._port = port
        self._log = settings.home / "logs" / "page.log"
        self._server: subprocess.Popen[bytes] | None = None
        self._began = 0.0

    def start(self) -> None:
        """Start it, and wait until it answers."""
        page_id = secrets.token_hex(8)
        command = [
            *(sys.executable, "-X", "faulthandler", "-m", "streamlit", "run", str(_MAIN)),
            *("--server.port", str(self._port)),
        ]
        environment = {**os.environ, "REPRISE_HOME": str(self._settings.home), "REPRISE_PAGE_ID": page_id}
        private_folder(self._log.parent)
        self._began = time.monotonic()
        with os.fdopen(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            said = None if self._settings.verbose else log
            self._server = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
            )
        self._wait_until_up(page_id)

    def keep(self) -> int:
        """Start it again whenever it ends by itself; the exit code once it ends on purpose."""
        quick_deaths = 0
        while True:
            assert self._server is not None
            code = self._server.wait()
            if code in _ON_PURPOSE:
                return 0
            quick_deaths = quick_deaths + 1 if time.monotonic() - self._began < QUICK_S else 1
            logging.getLogger("reprise.server").error("the page's server ended %s; %s", _how(code), self._log)
            if quick_deaths >= QUICK_DEATHS:
                raise PageError(
                    f"The page's server ended {quick_deaths} times, each within {QUICK_S:.0f} s of its start, at "
                    f"last {_how(code)}. Everything is kept. The log may say why: {at_home(self._log)}"
                )
            time.sleep(WAITS_S[min(quick_deaths, len(WAITS_S)) - 1])
            self.start()
            print("Reprise had to start again; everything is kept.", flush=True)

    def stop(self) -> None:
        """End it."""
        server = self._server
        if server is None:
            return
        if server.poll() is None:
            server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    def _wait_until_up(self, page_id: str) -> None:
        assert self._server is not None
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._server.poll() is not None:
                raise PageError(
                    f"The page could not be started (its server ended {_how(self._server.returncode)}). "
                    f"The log may say why: {at_home(self._log)}"
                )
            if who_answers(self._port) == page_id:
                return
            time.sleep(0.1)
        raise PageError(
            f"The page did not come up at port {self._port} within {START_S:.0f} s. "
            f"The log may say why: {at_home(log_file(self._settings.home))}"
        )


def who_answers(port: int) -> str | None:
    """The id of the Reprise that answers at a port of this computer; empty for another program, None for nobody."""
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/reprise/alive", timeout=2) as answer:
            return str(json.loads(answer.read(1000))["reprise"])
    except urllib.error.HTTPError:
        return ""
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        refused = isinstance(getattr(error, "reason", error), ConnectionRefusedError)
        return None if refused else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def need_free(port: int) -> None:
    """Say so where a port cannot be had.

    Raises
    ------
    PageError
        Naming whoever answers there.
    """
    if _is_free(port):
        return
    who = "Another Reprise is open" if who_answers(port) else "Another program answers"
    raise PageError(f"{who} at http://localhost:{port}: use that one, end it, or choose another --port.")


def free_port(first: int = FIRST_PORT) -> int:
    """The first port from `first` on which nobody listens on this computer."""
    for port in range(first, first + PORTS_TRIED):
        if _is_free(port):
            return port
    raise PageError(
        f"All ports from {first} to {first + PORTS_TRIED - 1} are taken: end a program that uses one."
    )


def _is_free(port: int) -> bool:
    """Whether this port can be listened on, under both names of this computer that a browser may try."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            probe = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            continue  # no IPv6 here
        with probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:
                    return False
    return True


def has_screen() -> bool:
    """Whether a browser opened here would be seen."""
    if sys.platform in ("darwin", "win32"):
        return not os.environ.get("SSH_CONNECTION")
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def start_demo_if_empty(settings: Settings) -> background.Started | None:
    """Begin to make the demo library, where nothing is in the library and nothing is being added."""
    from app.wiring import open_library

    library = open_library(settings)
    try:
        status = library.status()
    except RepriseError as error:
        print(f"The library could not be looked at: {error}", flush=True)
        return None
    finally:
        library.close()
    if status.tracks or status.job:
        return None
    print(
        "The library is empty, so the demo library is being made; the page shows how far it is.", flush=True
    )
    return background.start(settings.home, "The demo library", "demo")


def _how(code: int) -> str:
    return f"with signal {-code}" if code < 0 else f"with code {code}"


@contextmanager
def _ends_on_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end the page as Ctrl-C does."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

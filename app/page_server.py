"""Serves the page for `reprise app`: finds a free port, says where the page is, ends cleanly on Ctrl-C.

If the library is empty, the demo library is made meanwhile, by a process of its own; the page shows how
far it is.
"""

from __future__ import annotations

import os
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
from app.settings import Settings, load_settings
from index.errors import RepriseError
from index.system.files import private_folder

FIRST_PORT = 8501
PORTS_TRIED = 50
START_S = 60.0
STOP_S = 5.0
_MAIN = Path(__file__).with_name("main.py")


class PageError(RepriseError):
    """The page could not be served."""


def serve(
    settings: Settings | None = None, *, port: int = 0, open_browser: bool = True, demo: bool = True
) -> int:
    """Serve the page until Ctrl-C. Returns the exit code: 0 when it was ended on purpose.

    Raises
    ------
    PageError
        If no port is free, or the page does not come up.
    """
    settings = settings or load_settings()
    private_folder(settings.home)
    port = port or free_port()
    address = f"http://localhost:{port}"
    if demo:
        start_demo_if_empty(settings)
    with _ends_on_signals():
        server = _start(settings, port)
        try:
            _wait_until_up(server, address)
            print(f"Reprise is open at {address} (Ctrl-C ends it).", flush=True)
            if open_browser and has_screen():
                webbrowser.open(address)
            return server.wait()
        except KeyboardInterrupt:
            print("\nReprise has ended; everything is kept.", flush=True)
            return 0
        finally:
            _stop(server)


def free_port(first: int = FIRST_PORT) -> int:
    """The first port from `first` on which nobody listens on this computer."""
    for port in range(first, first + PORTS_TRIED):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise PageError(
        f"All ports from {first} to {first + PORTS_TRIED - 1} are taken: end a program that uses one."
    )


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


def _start(settings: Settings, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "streamlit", "run", str(_MAIN), "--server.port", str(port)]
    environment = {**os.environ, "REPRISE_HOME": str(settings.home)}
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _wait_until_up(server: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise PageError(
                f"The page could not be started (its server ended with code {server.returncode})."
            )
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise PageError(f"The page did not come up at {address} within {START_S:.0f} s.")


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


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

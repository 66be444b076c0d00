"""The life of Chroma's own server on loopback: one a library, started by whoever needs it, shared by all.

Chroma's embedded client is not safe for several processes, so one process owns the store. The rules, all
kept by locks that the system takes back from a process that dies, however it dies:

- The server holds `server.lock`: there are never two on one folder. Its address is in `server.json`.
- A client holds `clients.lock`, shared with the other clients, as long as it may ask something.
- The server ends when nobody has held `clients.lock` for `grace_s`. It holds that lock itself while it ends,
  so that a client that comes at that moment waits, finds no server, and starts the next one.

The server itself asks nobody for a password: the pinned Chroma has none. So what it keeps belongs to a tenant whose
name is a secret, in `token`, and each collection's address is as hard to guess. Who may not read the folder finds a
server on the port that seems to be empty. A store of an older version has no token; `reprise upgrade` makes it anew.

The server's process is `vector_process`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from index.store import vector_process
from index.store.vector_process import (
    ALONE,
    LARGE,
    SHARED,
    SLOW_START_S,
    Server,
    announced,
    answers,
    is_locked,
    places,
    try_lock,
)

GRACE_S = 20.0
START_S = 30.0
"""How long something may take that needs no work."""
_DEATHS = 3


class ServerStartError(Exception):
    """The server did not come up; the text says where its own words are."""


class ServerDiedError(ServerStartError):
    """The server was started again and again, and ended each time."""


class Attachment:
    """One client's hold on the server of a folder; the server lives at least as long."""

    def __init__(self, folder: Path, grace_s: float = GRACE_S) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.absolute()  # the server is started in another one
        self._grace_s = grace_s
        self._clients: IO[str] | None = None

    def server(self) -> Server:
        """The running server; it is started if there is none, and waited for.

        Raises
        ------
        ServerStartError
            If none answers within SLOW_START_S, while a process is at it; else within START_S.
        """
        begun = time.monotonic()
        deadline = begun + START_S
        self._hold(deadline)
        started_at = -1e9
        process: subprocess.Popen[bytes] | None = None
        deaths = 0
        while time.monotonic() < deadline:
            server = announced(self._folder)
            if server is not None and answers(server):
                return server
            if not is_locked(self._folder / "server.lock") and time.monotonic() - started_at > 5:
                started_at = time.monotonic()
                process = self._start()
            if process is not None and process.poll():  # which also leaves no zombie behind
                process, started_at, deaths = None, -1e9, deaths + 1
                if deaths == _DEATHS:
                    raise ServerDiedError(
                        f"it ended {deaths} times as soon as it was started (see {self._folder / 'server.log'})"
                    )
            if process is not None or is_locked(self._folder / "server.lock"):
                deadline = min(time.monotonic() + START_S, begun + SLOW_START_S)
            time.sleep(0.02)
        took = time.monotonic() - begun
        raise ServerStartError(f"it did not start within {took:.0f} s (see {self._folder / 'server.log'})")

    @property
    def store(self) -> Path:
        """Where Chroma keeps what it keeps."""
        return self._folder / "store"

    def close(self) -> None:
        """Let go; the server ends by itself if this was the last client."""
        if self._clients is not None:
            self._clients.close()
            self._clients = None

    def end(self) -> None:
        """End the server that runs, however it is; what it keeps stays, and another one starts when it is needed."""
        server = announced(self._folder)
        if server is None:
            return
        _end(server.pid)
        deadline = time.monotonic() + START_S
        while is_locked(self._folder / "server.lock") and time.monotonic() < deadline:
            time.sleep(0.02)

    def reset(self) -> None:
        """End the server, however it is, and throw away all that it kept: the next one begins with nothing.

        Raises
        ------
        ServerStartError
            If it could not be ended.
        """
        deadline = time.monotonic() + START_S
        with (self._folder / "server.lock").open("a") as lock:
            while not try_lock(lock, ALONE):
                server = announced(self._folder)
                if server is not None:
                    _end(server.pid)
                if time.monotonic() > deadline:
                    raise ServerStartError("the one that runs could not be ended")
                time.sleep(0.05)
            (self._folder / "server.json").unlink(missing_ok=True)
            shutil.rmtree(self._folder / "store", ignore_errors=True)
            (self._folder / "token").unlink(missing_ok=True)

    def _hold(self, deadline: float) -> None:
        if self._clients is not None:
            return
        file = (self._folder / "clients.lock").open("a")
        while not try_lock(file, SHARED):  # a server is ending at this very moment
            if time.monotonic() > deadline:
                file.close()
                raise ServerStartError("another program holds its lock")
            time.sleep(0.02)
        self._clients = file

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False", "RUST_LOG": "warn"}
        with (self._folder / "server.log").open("ab") as log:
            if log.tell() > 1_000_000:
                log.truncate(0)
            # -P: the folder of that file must not be searched for modules
            return subprocess.Popen(
                [sys.executable, "-P", vector_process.__file__, str(self._folder), str(self._grace_s)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self._folder,
                start_new_session=True,
            )


def _end(pid: int) -> None:
    try:
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    except OSError:
        return  # it has ended by itself


def wake(folder: Path) -> None:
    """Start the server of a large store, if none runs, and go on: it waits for its first client for `GRACE_S`.

    For a program that will ask it, and has much to import until then.
    """
    if places(folder / "store") >= LARGE:
        threading.Thread(target=_start_alone, args=(folder,), name="waking", daemon=True).start()


def _start_alone(folder: Path) -> None:
    attachment = Attachment(folder)
    with suppress(ServerStartError, OSError):  # why it cannot be is told to whoever asks it
        attachment.server()
    attachment.close()

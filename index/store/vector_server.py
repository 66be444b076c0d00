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

The server's process runs this file as a script, so nothing of Reprise may be imported here.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import portalocker

GRACE_S = 20.0
START_S = 30.0
"""How long something may take that needs no work."""
SLOW_START_S = 300.0
"""How long a server may take to start that is at work: on a busy machine, or after it was ended hard."""
_DEATHS = 3
_TOKEN = re.compile(rb"reprise-[0-9a-f]{48}")
DATABASE = "reprise"
"""What the tenant's database is called."""
_SHARED = portalocker.LOCK_SH | portalocker.LOCK_NB
_ALONE = portalocker.LOCK_EX | portalocker.LOCK_NB


class ServerStartError(Exception):
    """The server did not come up; the text says where its own words are."""


class ServerDiedError(ServerStartError):
    """The server was started again and again, and ended each time."""


@dataclass(frozen=True)
class Server:
    """Where a running server listens."""

    host: str
    port: int
    pid: int
    tenant: str = ""
    """The secret name under which it keeps all; empty for a store of an older version."""


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
            server = _announced(self._folder)
            if server is not None and _answers(server):
                return server
            if not _is_locked(self._folder / "server.lock") and time.monotonic() - started_at > 5:
                started_at = time.monotonic()
                process = self._start()
            if process is not None and process.poll():  # which also leaves no zombie behind
                process, started_at, deaths = None, -1e9, deaths + 1
                if deaths == _DEATHS:
                    raise ServerDiedError(
                        f"it ended {deaths} times as soon as it was started (see {self._folder / 'server.log'})"
                    )
            if process is not None or _is_locked(self._folder / "server.lock"):
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
        server = _announced(self._folder)
        if server is None:
            return
        _end(server.pid)
        deadline = time.monotonic() + START_S
        while _is_locked(self._folder / "server.lock") and time.monotonic() < deadline:
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
            while not _try_lock(lock, _ALONE):
                server = _announced(self._folder)
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
        while not _try_lock(file, _SHARED):  # a server is ending at this very moment
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
            # -P: the folder of this file must not be searched for modules
            return subprocess.Popen(
                [sys.executable, "-P", __file__, str(self._folder), str(self._grace_s)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self._folder,
                start_new_session=True,
            )


def _try_lock(file: IO[str], how: portalocker.LockFlags) -> bool:
    try:
        portalocker.lock(file, how)
    except (portalocker.LockException, OSError):
        return False
    return True


def _is_locked(path: Path) -> bool:
    with path.open("a") as file:
        return not _try_lock(file, _SHARED)


def _announced(folder: Path) -> Server | None:
    """The server that `server.json` names, if its process holds the lock."""
    try:
        content = json.loads((folder / "server.json").read_text())
        tenant = str(content.get("tenant", ""))
        server = Server(content["host"], int(content["port"]), int(content["pid"]), tenant)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return server if _is_locked(folder / "server.lock") else None


def _answers(server: Server) -> bool:
    try:
        return _asked(server, "heartbeat") == 200
    except (URLError, OSError):
        return False


def _asked(server: Server, path: str, content: dict[str, str] | None = None) -> int:
    """The status of an answer of the server's."""
    data = None if content is None else json.dumps(content).encode()
    request = Request(
        f"http://{server.host}:{server.port}/api/v2/{path}", data, {"Content-Type": "application/json"}
    )
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=5) as answer:  # never through a proxy
            return int(answer.status)
    except HTTPError as error:
        return error.code


def _end(pid: int) -> None:
    try:
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    except OSError:
        return  # it has ended by itself


def run_server(folder: Path, grace_s: float) -> None:
    """Own the store in this process until no client is left; returns at once if another one does."""
    os.umask(0o077)
    lock = (folder / "server.lock").open("a")
    while not _try_lock(lock, _ALONE):
        if _is_locked(folder / "server.lock"):
            return  # there is a server
        time.sleep(0.01)  # somebody only looked whether there is one
    import chromadb_rust_bindings

    (folder / "server.json").unlink(missing_ok=True)
    server = Server("127.0.0.1", _free_port(), os.getpid(), _token(folder))
    threading.Thread(target=_watch, args=(folder, server, grace_s), daemon=True).start()
    store = str(folder / "store")
    chromadb_rust_bindings.cli(
        ["chroma", "run", "--path", store, "--host", "127.0.0.1", "--port", str(server.port)]
    )
    os._exit(1)


def _token(folder: Path) -> str:
    """The secret name of the tenant; a new one for a new store, none for a store that never had one.

    Where it is damaged this process ends: what the store keeps cannot be found any more.
    """
    file = folder / "token"
    if not (folder / "store").exists():
        partial = folder / f".token.{os.getpid()}-{secrets.token_hex(4)}.part"
        partial.write_text(f"reprise-{secrets.token_hex(24)}")
        partial.replace(file)
    try:
        token = file.read_bytes()
    except FileNotFoundError:
        return ""
    if not _TOKEN.fullmatch(token):
        print("the token is damaged", file=sys.stderr, flush=True)
        os._exit(1)
    return token.decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _watch(folder: Path, server: Server, grace_s: float) -> None:
    """Announce the server once it answers; end the process when nobody has needed it for `grace_s`."""
    until = time.monotonic() + SLOW_START_S
    while not _answers(server):
        if time.monotonic() > until:
            os._exit(1)
        time.sleep(0.01)
    if server.tenant:
        _asked(server, "tenants", {"name": server.tenant})
        _asked(server, f"tenants/{server.tenant}/databases", {"name": DATABASE})
    announcement = folder / f"server.json.{os.getpid()}"
    announcement.write_text(json.dumps(asdict(server)))
    announcement.replace(folder / "server.json")
    clients = (folder / "clients.lock").open("a")
    needed_at = time.monotonic()
    while True:
        time.sleep(min(0.5, grace_s / 4))
        if not folder.exists():
            os._exit(0)  # the library was deleted
        if not _try_lock(clients, _ALONE):
            needed_at = time.monotonic()
        elif time.monotonic() - needed_at > grace_s:
            (folder / "server.json").unlink(missing_ok=True)
            os._exit(0)
        else:
            portalocker.unlock(clients)


if __name__ == "__main__":
    run_server(Path(sys.argv[1]), float(sys.argv[2]))

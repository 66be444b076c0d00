"""The process that owns a library's vectors: Chroma's own server on loopback, until nobody needs it any more.

Who starts it and waits for it is `vector_server`, which also says the rules of the locks. This file runs as a
script, so nothing of Reprise may be imported here.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import secrets
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import portalocker

SLOW_START_S = 300.0
"""How long a server may take to start that is at work: on a busy machine, or after it was ended hard."""
_TOKEN = re.compile(rb"reprise-[0-9a-f]{48}")
DATABASE = "reprise"
"""What the tenant's database is called."""
_PLACE_BYTES = 4
"""Of a place in `length.bin`, of which each collection's index has one."""
LARGE = 40_000
"""Of so many places in its indexes a store takes a second or more to be read."""
_READ_S = 600.0
_UNWRITTEN, _UNWRITTEN_OF = (1000, 10_000), 200
"""Of so many vectors one may be missing in the index on disk; so many at least, and at most."""
SHARED = portalocker.LOCK_SH | portalocker.LOCK_NB
ALONE = portalocker.LOCK_EX | portalocker.LOCK_NB


@dataclass(frozen=True)
class Server:
    """Where a running server listens."""

    host: str
    port: int
    pid: int
    tenant: str = ""
    """The secret name under which it keeps all; empty for a store of an older version."""
    lock: int = 0
    """The number of the lock's file (inode): a copy of a folder names the server of the other; 0 is not told."""


def try_lock(file: IO[str], how: portalocker.LockFlags) -> bool:
    """Whether the lock of a file could be taken at once."""
    try:
        portalocker.lock(file, how)
    except (portalocker.LockException, OSError):
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock of a file alone."""
    with path.open("a") as file:
        return not try_lock(file, SHARED)


def announced(folder: Path) -> Server | None:
    """The server that `server.json` names, if its process holds the lock."""
    try:
        content = json.loads((folder / "server.json").read_text())
        tenant = str(content.get("tenant", ""))
        lock = int(content.get("lock", 0))
        server = Server(content["host"], int(content["port"]), int(content["pid"]), tenant, lock)
        own = lock in (0, (folder / "server.lock").stat().st_ino)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return server if own and is_locked(folder / "server.lock") else None


def answers(server: Server) -> bool:
    """Whether a server can be asked."""
    try:
        _asked(server, "heartbeat")
    except (OSError, ValueError):
        return False
    return True


def _asked(server: Server, path: str, content: dict[str, Any] | None = None, patience_s: float = 5.0) -> Any:
    """What the server answers. OSError (HTTPError, URLError) where it does not, or refuses."""
    return _answer(server, "GET" if content is None else "POST", path, content, patience_s)


def _answer(server: Server, how: str, path: str, content: dict[str, Any] | None, patience_s: float) -> Any:
    data = None if content is None else json.dumps(content).encode()
    url = f"http://{server.host}:{server.port}/api/v2/{path}"
    request = Request(url, data, {"Content-Type": "application/json"}, method=how)
    with build_opener(ProxyHandler({})).open(request, timeout=patience_s) as answer:  # never through a proxy
        return json.loads(answer.read() or b"null")


def run_server(folder: Path, grace_s: float) -> None:
    """Own the store in this process until no client is left; returns at once if another one does."""
    os.umask(0o077)
    lock = (folder / "server.lock").open("a")
    while not try_lock(lock, ALONE):
        if is_locked(folder / "server.lock"):
            return  # there is a server
        time.sleep(0.01)  # somebody only looked whether there is one
    # Of a server that was killed, or of the folder that this one was copied from
    (folder / "server.json").unlink(missing_ok=True)
    import chromadb_rust_bindings

    held = os.fstat(lock.fileno()).st_ino
    server = Server("127.0.0.1", _free_port(), os.getpid(), _token(folder), held)
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
    while not answers(server):
        if time.monotonic() > until:
            os._exit(1)
        time.sleep(0.01)
    if server.tenant:
        for path, name in (("tenants", server.tenant), (f"tenants/{server.tenant}/databases", DATABASE)):
            with suppress(HTTPError):  # it is there already
                _asked(server, path, {"name": name})
    announcement = folder / f"server.json.{os.getpid()}"
    announcement.write_text(json.dumps(asdict(server)))
    announcement.replace(folder / "server.json")
    if places(folder / "store") >= LARGE:
        threading.Thread(target=_read_ahead, args=(server, folder / "store"), daemon=True).start()
    clients = (folder / "clients.lock").open("a")
    needed_at = time.monotonic()
    while True:
        time.sleep(min(0.5, grace_s / 4))
        if not folder.exists():
            os._exit(0)  # the library was deleted
        if not try_lock(clients, ALONE):
            needed_at = time.monotonic()
        elif time.monotonic() - needed_at > grace_s:
            (folder / "server.json").unlink(missing_ok=True)
            os._exit(0)
        else:
            portalocker.unlock(clients)


def places(store: Path) -> int:
    """How many vectors the index files of all collections have places for, deleted ones among them."""
    return sum(file.stat().st_size // _PLACE_BYTES for file in store.glob("*/length.bin"))


def _read_ahead(server: Server, store: Path) -> None:
    """Have the indexes of a large store in memory: else the first question waits until they are read."""
    collections = f"tenants/{server.tenant}/databases/{DATABASE}/collections"
    with suppress(OSError, ValueError, LookupError, TypeError):  # who asks after this is told
        known = [each for each in _asked(server, collections) if each["dimension"]]
        unwritten = places(store) // max(1, len(known)) // _UNWRITTEN_OF
        for each in known:
            place = f"{collections}/{each['id']}"
            _write_down(server, place, each, max(_UNWRITTEN[0], min(_UNWRITTEN[1], unwritten)))
            near = {"query_embeddings": [[1.0] * each["dimension"]], "n_results": 1, "include": []}
            _asked(server, f"{place}/query", near, _READ_S)
    _give_back()


def _give_back() -> None:
    """Let the system have the memory that reading took and that is not used any more (glibc's alone keeps it)."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _write_down(server: Server, place: str, collection: dict[str, Any], unwritten: int) -> None:
    """Have so many vectors missing in an index on disk at most: if there are more they are written when it is read.

    Chroma puts them into the index anew each time it reads it, a quarter of a millisecond each on two processors. To
    write an index takes as long as it is large.
    """
    if collection["configuration_json"]["hnsw"]["sync_threshold"] != unwritten:
        changed = {"new_configuration": {"hnsw": {"sync_threshold": unwritten}}}
        with suppress(HTTPError):  # it works without
            _answer(server, "PUT", place, changed, _READ_S)


if __name__ == "__main__":
    run_server(Path(sys.argv[1]), float(sys.argv[2]))

"""The vectors of all windows, in Chroma: near ones are found by cosine. Nothing else imports chromadb.

A window's id is its track's id and its number on the grid. Of windows no metadata is kept here: filters are the
catalogue's. Of a collection it is kept what made it.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from index.core.errors import StoreDamagedError, StoreUnavailableError
from index.store.damages import VECTORS, Damages
from index.store.vector_server import DATABASE, GRACE_S, Attachment, ServerDiedError, ServerStartError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_PREFIX = "reprise-"
_MADE_BY = "made_by"
_PLACE_BYTES = 4
"""Of a place in `length.bin`, of which each collection's index has one."""
_NO_DAMAGE = ("full", "no space", "locked", "busy", "readonly", "read-only", "too many open")
"""Words of the server's own errors after which nothing has to be made anew."""
_BATCH = 1000
_ANSWER_S = 60.0
_HNSW: Any = {"space": "cosine", "ef_search": 200, "batch_size": 1000, "sync_threshold": 10_000}


def window_id(track_id: str, number: int) -> str:
    """The id of a window: "3f2a…:00017"."""
    return f"{track_id}:{number:05d}"


def window_ids(track_id: str, count: int) -> list[str]:
    """The ids of all windows of a track."""
    return [window_id(track_id, number) for number in range(count)]


class VectorStore:
    """Chroma, behind the few questions that Reprise asks of it.

    Opening is cheap: the server is started, or found, at the first question. Any thread may ask. After a
    fork the child makes its own connection.
    """

    def __init__(
        self,
        home: Path,
        url: str = "",
        grace_s: float = GRACE_S,
        name: str = "",
        origins: Mapping[str, str] | None = None,
    ) -> None:
        """`origins` says of each collection what makes its vectors; it is noted when one is begun."""
        self._url = url
        self._origins = dict(origins or {})
        self._damages = Damages(home)
        self._prefix = f"reprise_{re.sub(r'[^A-Za-z0-9.]+', '-', name)}-" if name else _PREFIX
        self._attachment = None if url else Attachment(home / "chroma", grace_s)
        self._connecting = threading.RLock()
        self._client: ClientAPI | None = None
        self._collections: dict[str, Collection] = {}
        self._pid = os.getpid()

    def upsert(self, collection: str, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Keep vectors (n, d) float32 under these ids, replacing what was there."""
        for first in range(0, len(ids), _BATCH):
            part = list(ids[first : first + _BATCH])
            rows = np.ascontiguousarray(vectors[first : first + _BATCH], np.float32)
            self._ask(collection, "upsert", ids=part, embeddings=rows)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Forget these ids; ids that are not there do not matter."""
        for first in range(0, len(ids), _BATCH):
            self._ask(collection, "delete", ids=list(ids[first : first + _BATCH]))

    def query(self, collection: str, vectors: np.ndarray, k: int) -> tuple[list[list[str]], np.ndarray]:
        """The nearest windows of each vector, nearest first.

        Parameters
        ----------
        vectors : np.ndarray, shape=(n, d), float32
        k : how many for each

        Returns
        -------
        ids : n lists of at most k ids
        similarities : np.ndarray, shape=(n, k), float32
            Cosine, in [-1, 1]; padded with -1 where a list is shorter than k.
        """
        similarities = np.full((len(vectors), k), -1, np.float32)
        if not len(vectors):
            return [], similarities
        rows = np.ascontiguousarray(vectors, np.float32)
        found = self._ask(collection, "query", query_embeddings=rows, n_results=k, include=["distances"])
        ids = [list(each) for each in found["ids"]]
        for row, distances in enumerate(found["distances"] or []):
            similarities[row, : len(distances)] = 1 - np.asarray(distances, np.float32)
        return ids, similarities

    def get(self, collection: str, ids: Sequence[str]) -> np.ndarray:
        """The vectors (n, d) of these ids, in their order. KeyError for the first id that is not there."""
        rows: dict[str, np.ndarray] = {}
        for first in range(0, len(ids), _BATCH):
            part = list(ids[first : first + _BATCH])
            found = self._ask(collection, "get", ids=part, include=["embeddings"])
            rows.update(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))
        return np.stack([rows[each] for each in ids]) if len(ids) else np.zeros((0, 0), np.float32)

    def count(self, collection: str) -> int:
        """How many windows are kept."""
        return int(self._ask(collection, "count"))

    def ids(self, collection: str) -> Iterator[str]:
        """The ids of all windows, in no particular order."""
        offset = 0
        while True:
            page = self._ask(collection, "get", limit=10 * _BATCH, offset=offset, include=[])["ids"]
            yield from page
            if len(page) < 10 * _BATCH:
                return
            offset += len(page)

    def collections(self) -> list[str]:
        """The names of all collections, sorted."""
        found = self._ask("", "list_collections")
        return sorted(
            each.name.removeprefix(self._prefix) for each in found if each.name.startswith(self._prefix)
        )

    def origins(self) -> dict[str, str | None]:
        """What made each collection that there is; None where that was not noted."""
        found = self._ask("", "list_collections")
        return {
            each.name.removeprefix(self._prefix): (each.metadata or {}).get(_MADE_BY)
            for each in found
            if each.name.startswith(self._prefix)
        }

    def note_origin(self, collection: str, made_by: str) -> None:
        """Note what made a collection that was there before such was noted."""
        self._ask(collection, "modify", metadata={_MADE_BY: made_by})

    def dimensions(self, collection: str) -> int | None:
        """How many numbers a vector has; None in an empty collection."""
        found = self._ask(collection, "get", limit=1, include=["embeddings"])["embeddings"]
        return len(found[0]) if len(found) else None

    def drop(self, collection: str) -> None:
        """Take a collection away with all that is in it; also what was left behind when others were deleted."""
        with self._connecting:
            self._ask(collection, "count")  # so that there is one
            self._ask("", "delete_collection", name=self._prefix + collection)
            self._collections.pop(collection, None)

    def places_kept(self) -> int:
        """How many windows the index files on disk have places for, deleted ones among them; 0 for a server elsewhere.

        The pinned Chroma never gives a place back, not even those of a collection that is dropped.
        """
        if self._attachment is None:
            return 0
        return sum(
            file.stat().st_size // _PLACE_BYTES for file in self._attachment.store.glob("*/length.bin")
        )

    def reset(self) -> None:
        """Throw away the whole store, however damaged it is; with a server elsewhere, the collections of this index.

        Raises
        ------
        StoreUnavailableError
        """
        with self._connecting:
            self._forget()
            if self._attachment is None:
                for collection in self.collections():
                    self.drop(collection)
                return
            try:
                self._attachment.reset()
            except (ServerStartError, OSError) as error:
                raise StoreUnavailableError(f"The vector store could not be made anew: {error}.") from error

    @property
    def has_token(self) -> bool:
        """Whether only those find anything on the server's port who may read the home; not so in an old store."""
        return self._attachment is None or self._attachment.server().tenant != ""

    def close(self) -> None:
        """Let go of the server."""
        with self._connecting:
            self._forget()
            if self._attachment is not None:
                self._attachment.close()

    def _ask(self, collection: str, what: str, **given: Any) -> Any:
        """Ask a collection (or, without a name, the store); once more if the server went away meanwhile."""
        import httpx
        from chromadb.errors import ChromaError, NotFoundError

        try:
            return getattr(self._target(collection), what)(**given)
        except (httpx.TransportError, ConnectionError, NotFoundError):
            self._forget()
        except (ChromaError, ValueError) as error:
            raise self._refusal(error) from error
        try:
            return getattr(self._target(collection), what)(**given)
        except (httpx.TimeoutException, httpx.HTTPStatusError) as error:
            raise StoreUnavailableError(self._gone(error)) from error
        except (httpx.HTTPError, ConnectionError) as error:
            raise self._damaged(error) from error
        except (ChromaError, ValueError) as error:
            raise self._refusal(error) from error

    def _damaged(self, error: Exception) -> StoreUnavailableError:
        """What to raise where the library's own store fails; it is noted, so that `status` names it."""
        if self._url:
            return StoreUnavailableError(self._gone(error))
        self._damages.note(VECTORS, "the vector store cannot be read")
        return StoreDamagedError(self._gone(error))

    def _refusal(self, error: Exception) -> StoreUnavailableError:
        from chromadb.errors import InternalError

        text = _first_line(error)
        damaged = isinstance(error, InternalError) and not any(each in text.lower() for each in _NO_DAMAGE)
        if damaged and not self._url:
            return self._damaged(error)
        return StoreUnavailableError(f"The vector store refused to work: {text}")

    def _target(self, name: str) -> ClientAPI | Collection:
        with self._connecting:
            if self._pid != os.getpid():
                self._forget()
                self._pid = os.getpid()
            self._client = self._client or self._connect()
            if not name:
                return self._client
            if name not in self._collections:
                made_by = self._origins.get(name)
                self._collections[name] = self._client.get_or_create_collection(
                    self._prefix + name,
                    configuration={"hnsw": _HNSW},
                    metadata={_MADE_BY: made_by} if made_by else None,
                    embedding_function=None,
                )
            return self._collections[name]

    def _connect(self) -> ClientAPI:
        tenant: dict[str, Any] = {}
        if self._attachment is None:
            parts = urlsplit(self._url)
            host, port, secure = parts.hostname or "localhost", parts.port, parts.scheme == "https"
            port = port or (443 if secure else 8000)
        else:
            try:
                server = self._attachment.server()
            except ServerDiedError as error:
                raise self._damaged(error) from error
            except (ServerStartError, OSError) as error:
                raise StoreUnavailableError(f"The vector store could not be started: {error}.") from error
            host, port, secure = server.host, server.port, False
            if server.tenant:
                tenant = {"tenant": server.tenant, "database": DATABASE}
            _keep_off_proxies(host)
        import chromadb
        import httpx
        from chromadb.config import Settings

        try:
            client = chromadb.HttpClient(
                host=host, port=port, ssl=secure, settings=Settings(anonymized_telemetry=False), **tenant
            )
        except (httpx.HTTPError, ValueError) as error:
            raise StoreUnavailableError(self._gone(error)) from error
        session = getattr(getattr(client, "_server", None), "_session", None)
        if session is not None:
            session.timeout = httpx.Timeout(_ANSWER_S)  # Chroma itself would wait for ever
        return client

    def _forget(self) -> None:
        with self._connecting:
            self._client = None
            self._collections = {}

    def _gone(self, error: Exception) -> str:
        if self._url:
            return f"The vector store at {self._url} does not answer: is REPRISE_CHROMA_URL right?"
        return (
            f"The vector store does not answer ({_first_line(error)}): try again, and if that does not help, "
            "`reprise check --repair` makes it anew from what was measured."
        )


def open_vectors(
    home: Path, url: str = "", name: str = "", origins: Mapping[str, str] | None = None
) -> VectorStore:
    """The vectors of an index: a server of its own on loopback, or the one at `url`, where `name` tells it apart."""
    return VectorStore(home, url, name=name if url else "", origins=origins)


def _keep_off_proxies(host: str) -> None:
    """A proxy for the internet must not get to see what goes to this machine itself."""
    for name in ("NO_PROXY", "no_proxy"):
        known = os.environ.get(name, "")
        if host not in known.split(","):
            os.environ[name] = f"{known},{host}" if known else host


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

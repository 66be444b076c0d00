"""The vectors of all windows, in Chroma: near ones are found by cosine.

A window's id is its track's id and its number on the grid. Of windows no metadata is kept here: filters are the
catalogue's. Of a collection it is kept what made it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from index.core.options import StoreAccess
from index.store.origins import FORMER_COLLECTIONS, is_stale
from index.store.vector_connection import MADE_BY, Connection
from index.store.vector_process import LARGE, places
from index.store.vector_server import GRACE_S

_BATCH = 1000


def window_id(track_id: str, number: int) -> str:
    """The id of a window: "3f2a…:17". It is kept twice in memory, and takes a third less of up to 24 letters."""
    return f"{track_id}:{number}"


def window_ids(track_id: str, count: int, every: int = 1) -> list[str]:
    """The ids of the windows of a track, or of every so many of them (`Grid.vector_stride`)."""
    return [window_id(track_id, number) for number in range(0, count, every)]


class VectorStore:
    """Chroma, behind the few questions that Reprise asks of it.

    Opening is cheap, and any thread may ask (`index.store.vector_connection`).
    """

    def __init__(
        self,
        home: Path,
        url: str = "",
        grace_s: float = GRACE_S,
        name: str = "",
        origins: Mapping[str, str] | None = None,
        *,
        access: StoreAccess | None = None,
    ) -> None:
        """`origins` says of each collection what makes its vectors; it is noted when one is begun."""
        self._connection = Connection(home, url, grace_s, name, origins, access=access)
        self._ask = self._connection.ask
        self._prefix = self._connection.prefix

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
            each.name.removeprefix(self._prefix): (each.metadata or {}).get(MADE_BY)
            for each in found
            if each.name.startswith(self._prefix)
        }

    def outdated(self) -> list[str]:
        """Collections that another version made: its vectors are not to be compared with those of this one."""
        now = self._connection.origins
        return [
            name
            for name, made_by in self.origins().items()
            if (is_stale(made_by, now[name]) if name in now else FORMER_COLLECTIONS.get(name) in now)
        ]

    def note_origin(self, collection: str, made_by: str) -> None:
        """Note what made a collection that was there before such was noted."""
        self._ask(collection, "modify", metadata={MADE_BY: made_by})

    def dimensions(self, collection: str) -> int | None:
        """How many numbers a vector has; None in an empty collection."""
        found = self._ask(collection, "get", limit=1, include=["embeddings"])["embeddings"]
        return len(found[0]) if len(found) else None

    def drop(self, collection: str) -> None:
        """Take a collection away with all that is in it; also what was left behind when others were deleted."""
        self._connection.drop(collection)

    def places_kept(self) -> int:
        """How many windows the index files on disk have places for, deleted ones among them; 0 for a server elsewhere.

        The pinned Chroma never gives a place back, not even those of a collection that is dropped.
        """
        if self._connection.attachment is None:
            return 0
        return places(self._connection.attachment.store)

    def wake(self) -> None:
        """Start the server of a large store in a thread beside, so that it reads what it keeps until it is asked."""
        if self.places_kept() >= LARGE:
            threading.Thread(target=self._connection.wake, name="waking", daemon=True).start()

    def reset(self) -> None:
        """Throw away the whole store, however damaged it is; with a server elsewhere, the collections of this index.

        Raises
        ------
        StoreUnavailableError
        """
        if self._connection.attachment is not None:
            self._connection.reset()
            return
        for collection in self.collections():
            self.drop(collection)

    @property
    def has_token(self) -> bool:
        """Whether only those find anything on the server's port who may read the home; not so in an old store."""
        return self._connection.has_token

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()


def open_vectors(
    home: Path,
    url: str = "",
    name: str = "",
    origins: Mapping[str, str] | None = None,
    access: StoreAccess | None = None,
) -> VectorStore:
    """The vectors of an index: a server of its own on loopback, or the one at `url`, where `name` tells it apart."""
    return VectorStore(home, url, name=name if url else "", origins=origins, access=access)

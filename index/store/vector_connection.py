"""The connection to Chroma: to a server of the library's own, or to one elsewhere. Nothing else opens a client.

Opening is cheap: the server is started, or found, at the first question. Any thread may ask. After a fork the child
makes its own connection. What a server answers that cannot work is told in one sentence, and noted where it means
damage.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.core.errors import StoreDamagedError, StoreUnavailableError
from index.core.options import StoreAccess
from index.store.damages import VECTORS, Damages
from index.store.vector_process import DATABASE
from index.store.vector_server import GRACE_S, Attachment, ServerDiedError, ServerStartError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

MADE_BY = "made_by"
_PREFIX = "reprise-"
_NO_DAMAGE = ("full", "no space", "locked", "busy", "readonly", "read-only", "too many open")
"""Words of the server's own errors after which nothing has to be made anew."""
_NOT_LET_IN = ("auth", "forbidden", "permission", "401", "403")
_ANSWER_S = 60.0
"""A server that takes longer has stopped: seen of the pinned Chroma after a write for which there was no room."""
_PATIENCE_S, _ASKED_AGAIN_S = 10.0, 0.25
"""So long a server elsewhere that has answered before is waited for, and asked again after so long."""
_LOG = logging.getLogger("reprise.vectors")
_HNSW: Any = {"space": "cosine", "ef_search": 1200, "batch_size": 1000, "sync_threshold": 10_000}
"""A question is about a part of the numbers, while neighbours are linked by all: more have to be looked at."""


class Connection:
    """Asks Chroma, once more where the server went away meanwhile."""

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
        self._url = url
        self._access = access or StoreAccess()
        self._has_answered = False
        self.origins = dict(origins or {})
        """What makes each collection now."""
        self._damages = Damages(home)
        self.prefix = f"reprise_{re.sub(r'[^A-Za-z0-9.]+', '-', name)}-" if name else _PREFIX
        """How the names of this index's collections begin on the server."""
        self.attachment = None if url else Attachment(home / "chroma", grace_s)
        """The library's own server; None where the server is elsewhere."""
        self._connecting = threading.RLock()
        self._client: ClientAPI | None = None
        self._collections: dict[str, Collection] = {}
        self._pid = os.getpid()
        self._closed = False

    @property
    def has_token(self) -> bool:
        """Whether only those find anything on the server's port who may read the home; not so in an old store."""
        return self.attachment is None or self.attachment.server().tenant != ""

    def drop(self, collection: str) -> None:
        """Take a collection away with all that is in it; also what was left behind when others were deleted."""
        with self._connecting:
            self.ask(collection, "count")  # so that there is one
            self.ask("", "delete_collection", name=self.prefix + collection)
            self._collections.pop(collection, None)

    def reset(self) -> None:
        """Throw away all that the library's own server keeps.

        Raises
        ------
        StoreUnavailableError
        """
        with self._connecting:
            self._forget()
            try:
                if self.attachment is not None:
                    self.attachment.reset()
            except (ServerStartError, OSError) as error:
                raise StoreUnavailableError(f"The vector store could not be made anew: {error}.") from error

    def wake(self) -> None:
        """Start the library's own server, if it does not run; why it cannot be is told to whoever asks it."""
        with self._connecting, suppress(ServerStartError, OSError):
            if self.attachment is not None and not self._closed:
                self.attachment.server()

    def close(self) -> None:
        """Let go of the server."""
        with self._connecting:
            self._forget()
            self._closed = True
            if self.attachment is not None:
                self.attachment.close()

    def ask(self, collection: str, what: str, **given: Any) -> Any:
        """Ask a collection (or, without a name, the store); once more if the server went away meanwhile."""
        import httpx
        from chromadb.errors import ChromaError, NotFoundError

        try:
            return getattr(self._target(collection), what)(**given)
        except httpx.TimeoutException:
            self._restart()
        except (httpx.TransportError, ConnectionError, NotFoundError):
            self._forget()
        except (ChromaError, ValueError) as error:
            raise self._refusal(error) from error
        try:
            return self._patiently(collection, what, given)
        except (httpx.TimeoutException, httpx.HTTPStatusError) as error:
            raise StoreUnavailableError(self._gone(error)) from error
        except (httpx.HTTPError, ConnectionError) as error:
            raise self._damaged(error) from error
        except (ChromaError, ValueError) as error:
            raise self._refusal(error) from error

    def _patiently(self, collection: str, what: str, given: Mapping[str, Any]) -> Any:
        """Ask again; a server elsewhere that has answered before may be starting anew, and is waited for."""
        import httpx

        until = time.monotonic() + (_PATIENCE_S if self._url and self._has_answered else 0.0)
        while True:
            try:
                return getattr(self._target(collection), what)(**given)
            except (httpx.ConnectError, httpx.RemoteProtocolError, ConnectionError, _NotThereError):
                self._forget()
                if time.monotonic() >= until:
                    raise
                time.sleep(_ASKED_AGAIN_S)

    def _restart(self) -> None:
        """End a server of the library's own that has not answered for a minute, as after a disk was full."""
        with self._connecting:
            self._forget()
            if self.attachment is not None:
                _LOG.warning("the vector server did not answer, and is started again")
                self.attachment.end()

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
                made_by = self.origins.get(name)
                self._collections[name] = self._client.get_or_create_collection(
                    self.prefix + name,
                    configuration={"hnsw": _HNSW},
                    metadata={MADE_BY: made_by} if made_by else None,
                    embedding_function=None,
                )
            return self._collections[name]

    def _connect(self) -> ClientAPI:
        given: dict[str, Any] = {}
        if self.attachment is None:
            parts = urlsplit(self._url)
            host, port, secure = parts.hostname or "localhost", parts.port, parts.scheme == "https"
            port = port or (443 if secure else 8000)
            access = self._access
            if access.token:
                given["headers"] = {
                    "Authorization": f"Bearer {access.token}",
                    "X-Chroma-Token": access.token,
                }
            given |= {"tenant": access.tenant} if access.tenant else {}
            given |= {"database": access.database} if access.database else {}
        else:
            try:
                server = self.attachment.server()
            except ServerDiedError as error:
                raise self._damaged(error) from error
            except (ServerStartError, OSError) as error:
                raise StoreUnavailableError(f"The vector store could not be started: {error}.") from error
            host, port, secure = server.host, server.port, False
            if server.tenant:
                given = {"tenant": server.tenant, "database": DATABASE}
            _keep_off_proxies(host)
        import chromadb
        import httpx
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        try:
            client = chromadb.HttpClient(
                host=host, port=port, ssl=secure, settings=Settings(anonymized_telemetry=False), **given
            )
        except ChromaError as error:
            if not self._url:
                raise  # of the library's own server it is judged where it was asked
            raise self._not_entered(error) from error
        except (httpx.HTTPError, ValueError) as error:
            raise self._not_entered(error) from error
        self._has_answered = True
        session = getattr(getattr(client, "_server", None), "_session", None)
        if session is not None:
            session.timeout = httpx.Timeout(_ANSWER_S)  # Chroma itself would wait for ever
        return client

    def _not_entered(self, error: Exception) -> StoreUnavailableError:
        """What to raise where a server was not reached, or does not let in."""
        if not self._url:
            return StoreUnavailableError(self._gone(error))
        from chromadb.errors import NotFoundError

        at = f"The vector store at {self._url}"
        if isinstance(error, NotFoundError):
            names = "REPRISE_CHROMA_TENANT and REPRISE_CHROMA_DATABASE"
            return StoreUnavailableError(f"{at} has no such tenant or database: are {names} right?")
        said = f"{type(error).__name__} {error}".lower()
        if any(each in said for each in _NOT_LET_IN):
            return StoreUnavailableError(f"{at} does not let Reprise in: is REPRISE_CHROMA_TOKEN right?")
        return _NotThereError(self._gone(error))

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


class _NotThereError(StoreUnavailableError):
    """No server answered; one may be starting."""


def _keep_off_proxies(host: str) -> None:
    """A proxy for the internet must not get to see what goes to this machine itself."""
    for name in ("NO_PROXY", "no_proxy"):
        known = os.environ.get(name, "")
        if host not in known.split(","):
            os.environ[name] = f"{known},{host}" if known else host


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

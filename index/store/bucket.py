"""A bucket of S3, or of a server that speaks as S3 does, by `obstore`: whole objects, ranges of them, and a list.

Keys and the server's address come from the environment, by the names that all programs for S3 know (AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL). What is slow, breaks off or answers 503 is asked again, by the
library, for ten seconds; then one sentence says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from index.core.errors import StoreUnavailableError
from index.system.parts import need

if TYPE_CHECKING:
    from obstore.store import S3Store

PATIENCE_S = 10.0
_CONNECT_S = 3.0
_SILENT_S = 20.0
_WHOLE_S = 300.0
_RETRIES = 10_000  # the time decides
_LONGEST_PAUSE_S = 2.0
_MARK = "reprise.txt"
_MARKED = b"Measurements and clips of Reprise lie below this place.\n"


@dataclass(frozen=True)
class About:
    """What is known of an object."""

    size: int
    tag: str
    """Another one for another content."""


class Bucket:
    """Objects below one place of a bucket, by their key."""

    def __init__(self, url: str, patience_s: float | None = None) -> None:
        """`url`: s3://bucket or s3://bucket/prefix."""
        need("s3", "REPRISE_STORE_URL")
        self.url = url
        self._patience_s = patience_s

    @cached_property
    def _store(self) -> S3Store:
        self._enter(self._unentered)
        return self._unentered

    @cached_property
    def _unentered(self) -> S3Store:
        from obstore.store import S3Store

        seconds = PATIENCE_S if self._patience_s is None else self._patience_s
        with self._answers():
            return S3Store.from_url(
                self.url,
                client_options={
                    "allow_http": True,
                    "connect_timeout": timedelta(seconds=_CONNECT_S),
                    "read_timeout": timedelta(seconds=_SILENT_S),
                    "timeout": timedelta(seconds=_WHOLE_S),
                },
                retry_config={
                    "max_retries": _RETRIES,
                    "retry_timeout": timedelta(seconds=seconds),
                    "backoff": {"max_backoff": timedelta(seconds=_LONGEST_PAUSE_S)},
                },
            )

    def _enter(self, store: S3Store) -> None:
        """See that the bucket is there, before what is missing from it is taken for lost."""
        import obstore

        with self._answers():
            if self._first(store) is None:
                obstore.put(store, _MARK, _MARKED)  # some servers make it then

    def holds_any(self, prefix: str) -> bool:
        """Whether anything lies below a prefix; a bucket that is not there is not made for that."""
        with self._answers():
            return bool(self._first(self._unentered, prefix))

    def _first(self, store: S3Store, prefix: str | None = None) -> Sequence[object] | None:
        """Some of what lies below a prefix; None where there is no such bucket."""
        import obstore

        try:
            return next(iter(obstore.list(store, prefix, chunk_size=1)), ())
        except FileNotFoundError:
            return None
        except obstore.exceptions.GenericError as error:
            if "NoSuchBucket" not in str(error):
                raise
            return None

    def read(self, key: str) -> tuple[bytes, About]:
        """A whole object. FileNotFoundError."""
        import obstore

        with self._answers():
            found = obstore.get(self._store, key)
            meta = found.meta
            return found.bytes().to_bytes(), About(meta["size"], meta["e_tag"] or "")

    def read_range(self, key: str, offset: int, count: int) -> bytes:
        """So many bytes from there; fewer at the end. FileNotFoundError."""
        import obstore

        with self._answers():
            return obstore.get_range(self._store, key, start=offset, length=count).to_bytes()

    def about(self, key: str) -> About:
        """What is known of an object. FileNotFoundError."""
        import obstore

        with self._answers():
            meta = obstore.head(self._store, key)
            return About(meta["size"], meta["e_tag"] or "")

    def write(self, key: str, content: bytes | Path) -> About:
        """Keep an object, or another file's content; when this returns it is kept."""
        import obstore

        size = content.stat().st_size if isinstance(content, Path) else len(content)
        with self._answers():
            try:
                done = obstore.put(self._store, key, content)
            except FileNotFoundError as error:
                raise StoreUnavailableError(self._no_bucket()) from error
            return About(size, done["e_tag"] or "")

    def delete(self, key: str) -> None:
        """Take an object away; nothing happens where there is none."""
        import obstore

        with self._answers():
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                return

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys of all objects below a prefix."""
        import obstore

        with self._answers():
            for batch in obstore.list(self._store, prefix):
                for each in batch:
                    yield each["path"]

    def _no_bucket(self) -> str:
        return f"There is no bucket as in {self.url} (REPRISE_STORE_URL): make it, or correct its name."

    def _refused(self) -> str:
        return (
            f"The object store refuses to open {self.url}: are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY right, "
            "and may they read and write there?"
        )

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Whatever the server cannot do is one sentence."""
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        try:
            yield
        except FileNotFoundError:
            raise
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise StoreUnavailableError(self._refused()) from error
        except (BaseError, ValueError) as error:
            said = str(error)
            if "403 Forbidden" in said or "401 Unauthorized" in said:  # as a list is refused
                raise StoreUnavailableError(self._refused()) from error
            if "NoSuchBucket" in said:
                raise StoreUnavailableError(self._no_bucket()) from error
            if "169.254.169.254" in said:  # where a machine of Amazon's finds its key
                raise StoreUnavailableError(
                    f"There is no key for the object store at {self.url}: set AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY."
                ) from error
            raise StoreUnavailableError(
                f"The object store at {self.url} does not answer: is it running, and is AWS_ENDPOINT_URL right?"
            ) from error

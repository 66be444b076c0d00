"""Where something cannot be kept, one sentence says so, with what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from index.core.errors import LibraryError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def keeping(what: str) -> Iterator[None]:
    """Whatever is written in here is `what`, to its owner.

    Raises
    ------
    LibraryError
        For an error of the system's.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise LibraryError(
                f"There is no room left on the disk for {what}: make some, then do the same again."
            ) from error
        raise LibraryError(f"There was no way to keep {what}: {error.strerror or error}.") from error

"""Whether the bucket that the settings name answers, and is the one that a library is kept in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from index.core.errors import StoreUnavailableError, WeightsError
from index.core.options import LibraryOptions
from index.store.bucket_files import BucketFiles
from index.store.home_files import HomeFiles
from index.store.open_files import open_files

PATIENCE_S = 1.0
"""How long a bucket is asked again of which only is to be told whether it answers."""
_FIRST_S, _LATER_S = 4.0, 0.02
_FRESH_S = 30.0


def check_place(files: BucketFiles, frames: Path, url: str, before: str) -> None:
    """See that something of a library that was kept at another address lies at the one that is named now.

    Raises
    ------
    StoreUnavailableError
        If nothing does: a mistyped address would look like a library of which all is lost.
    """
    if before and not files.holds_any(frames):
        raise StoreUnavailableError(
            f"Nothing of this library lies at {url} (REPRISE_STORE_URL); it is kept at {before}. Correct the address, "
            "or copy what lies there; if that is lost, `reprise check --repair` makes it anew from your files."
        )


def placed_files(
    options: LibraryOptions, before: Callable[[str], str], patience_s: float | None = None
) -> HomeFiles:
    """The files of a home, if they lie where the settings say; `before` says where else a library was kept.

    Raises
    ------
    StoreUnavailableError, WeightsError
        As `check_place` and `open_files`.
    """
    files = open_files(options.home, options.store_url, options.store_cache_bytes, patience_s)
    if isinstance(files, BucketFiles):
        check_place(files, options.folder / "frames", options.store_url, before(options.store_url))
    return files


def store_answers(options: LibraryOptions, before: Callable[[str], str]) -> StoreAnswers | None:
    """What asks whether the bucket answers, and is the right one; None where all is in the home."""

    def ask() -> None:
        placed_files(options, before, PATIENCE_S).has(options.folder / "frames" / "none")

    return StoreAnswers(ask) if options.store_url else None


class StoreAnswers:
    """Asks now and then, in a thread of its own, what is wrong with a bucket: who wants to know is not held up long."""

    def __init__(self, ask: Callable[[], None]) -> None:
        """`ask` raises StoreUnavailableError or WeightsError."""
        self._ask = ask
        self._lock = threading.Lock()
        self._asking: threading.Thread | None = None
        self._until = 0.0
        self._fault: str | None = None

    def fault(self) -> str:
        """A sentence, as far as it is known by now; empty where nothing is wrong."""
        with self._lock:
            busy = self._asking is not None and self._asking.is_alive()
            if not busy and time.monotonic() >= self._until:
                self._asking = threading.Thread(target=self._answer, daemon=True)
                self._asking.start()
            asking = self._asking
        if asking is not None:
            asking.join(_FIRST_S if self._fault is None else _LATER_S)
        return self._fault or ""

    def _answer(self) -> None:
        try:
            self._ask()
        except (StoreUnavailableError, WeightsError) as error:
            self._fault = str(error)
        else:
            self._fault = ""
        self._until = time.monotonic() + _FRESH_S

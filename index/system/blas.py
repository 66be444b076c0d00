"""BLAS at one thread while something small is multiplied, however many searches overlap.

How many threads BLAS takes is a setting of the whole process: two who set it and put back what they found may
leave it at one for good. So those inside are counted, and the last one out puts it back.
"""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import ClassVar

from threadpoolctl import ThreadpoolController


class OneBlasThread:
    """A context in which BLAS takes one thread, in all threads of the process.

    Several threads of BLAS wait for each other actively: beside `reprise add` a search took four times the
    processor's time. Its products are small.
    """

    # Of the process, as what they count is.
    _lock: ClassVar[threading.Lock] = threading.Lock()
    _inside: ClassVar[int] = 0
    _limiter: ClassVar[ThreadpoolController | None] = None
    _found: ClassVar[tuple[int, ThreadpoolController] | None] = None
    """The libraries of BLAS, and how many modules there were: to look for them takes a millisecond."""

    def __enter__(self) -> None:
        kind = OneBlasThread
        with kind._lock:
            if kind._inside == 0:
                if kind._found is None or kind._found[0] != len(sys.modules):
                    kind._found = len(sys.modules), ThreadpoolController().select(user_api="blas")
                kind._limiter = kind._found[1].limit(limits=1)
            kind._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        one = OneBlasThread
        with one._lock:
            one._inside -= 1
            if one._inside == 0 and one._limiter is not None:
                one._limiter.restore_original_limits()

"""A process that works for another one, which asks by its standard input and reads its output.

It ends when its owner does, however that ends. What it is to work with, and how much memory it may have, comes first;
then one request after the other, each of which may tell how far it is, and may be cancelled. Nothing heavy is
imported before a request needs it.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from typing import Any

from index.workers.limits import limit, resident_bytes
from index.workers.messages import (
    Answer,
    Cancel,
    CancelledError,
    Failed,
    Setup,
    Told,
    fault_of,
    receive,
    send,
)


class _Served:
    """The requests of the owner, and whether the one at work is still wanted."""

    def __init__(self) -> None:
        self._requests: queue.Queue[Any] = queue.Queue()
        self._cancelled = threading.Event()

    def read(self) -> None:
        """Take what the owner says until it is gone; then this process is over too."""
        try:
            while True:
                message = receive(sys.stdin.buffer)
                if isinstance(message, Cancel):
                    self._cancelled.set()
                    continue
                self._cancelled.clear()
                self._requests.put(message)
        except EOFError:
            os._exit(0)

    def next(self) -> Any:
        """The next message."""
        return self._requests.get()

    def check(self) -> None:
        """Leave the work that is not wanted any more."""
        if self._cancelled.is_set():
            raise CancelledError


def main() -> None:
    """Answer requests until the owner is gone."""
    import faulthandler

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints gets among the answers
    faulthandler.enable()
    served = _Served()
    threading.Thread(target=served.read, daemon=True).start()
    setup: Setup = served.next()
    limit(setup.nice, setup.memory_bytes)
    parts: Any = None
    while True:
        request = served.next()

        def tell(value: Any) -> None:
            served.check()
            send(answers, Told(value))

        try:
            parts = setup.make() if parts is None else parts
            answer: Any = Answer(request.run(parts, tell), resident_bytes())
        except CancelledError as error:
            answer = Failed(error)
        except Exception as error:
            answer = Failed(fault_of(request, error))
        send(answers, answer)


if __name__ == "__main__":
    # Not as __main__: what is sent must be of the same classes on both sides.
    from index.workers.worker import main as run

    run()

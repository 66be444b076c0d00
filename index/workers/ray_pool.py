"""Workers on a Ray cluster, asked like those of this machine: one task a file, on whichever node has a core free.

A task has a guarded process of its node do the work (`index.workers.pool`), so that a file that ends its process is
refused with its reason, and tried no second time. A node that is lost is another matter: Ray gives its tasks to other
nodes. A node that joins gets tasks as soon as it is there. What comes out is kept by the one who asks: nothing is
written on a node but logs.
"""

from __future__ import annotations

import logging
import pickle
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from index.core.errors import LibraryError
from index.system.parts import need
from index.workers.analyse_file import Analyses, Refused
from index.workers.pool import OneWorker, Workers

_RETRIES = 20
"""So often a task is given to another worker after the one that had it, or its node, was lost. That is never the fault
of its file, which a guarded process of the worker reads."""
_REACHED_S = 5.0
_COUNTED_S = 5.0


class RayWorkers:
    """The cores of a Ray cluster; leaving the context gives up what is still asked, and leaves the cluster."""

    def __init__(self, address: str, make_analyser: Callable[[], Analyses], log: Path) -> None:
        """`address`: "auto" for the cluster that runs on this machine, else that of its head, as host:6379.

        Raises
        ------
        WeightsError
            If Ray is not installed.
        LibraryError
            If there is no cluster, or it cannot be reached.
        """
        need("ray", "`reprise add --ray`")
        import ray

        _reach(address)
        try:
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
        except (ray.exceptions.RayError, RuntimeError, ValueError, OSError) as error:
            raise LibraryError(_unreached(address)) from error
        self._ray = ray
        self._analyser = pickle.dumps(make_analyser)
        self._made_by = _origins()
        self._task = ray.remote(num_cpus=1, max_retries=_RETRIES)(_on_node)
        self._here = Workers(1, make_analyser, log)
        self._asked: set[Any] = set()
        self._counted = (0.0, 1)

    def __enter__(self) -> RayWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._here.__exit__(kind, error, trace)
        for reference in list(self._asked):
            self._ray.cancel(reference, force=True)
        self._ray.shutdown()

    @property
    def count(self) -> int:
        """How many cores the cluster has now; one more file than that is on its way at any time."""
        if time.monotonic() - self._counted[0] > _COUNTED_S:
            self._counted = time.monotonic(), max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        return self._counted[1]

    def ask(self, request: Any, limit_s: float) -> Future[Any]:
        """Ask something as soon as a core is free; the answer is what the request's `run` gives, or Refused.

        What needs no sound, but a file of the home, is done here.
        """
        if getattr(request, "of_home", False):
            return self._here.ask(request, limit_s)
        reference = self._task.remote(self._analyser, self._made_by, request, limit_s)
        self._asked.add(reference)
        answer: Future[Any] = Future()

        def answered(future: Future[Any]) -> None:
            self._asked.discard(reference)
            error = future.exception()
            answer.set_result(Refused(_said(error), str(error)) if error else future.result())

        reference.future().add_done_callback(answered)
        return answer


def _on_node(analyser: bytes, made_by: str, request: Any, limit_s: float) -> Any:
    """Have this node's process answer a request."""
    node = socket.gethostname()
    if _origins() != made_by:
        return Refused(
            f"the node {node} has another version of Reprise or of its networks: install this one there"
        )
    path = getattr(request, "path", None)
    if path is not None and not Path(path).exists():
        return Refused(
            f"the node {node} does not see it: what is added with --ray has to be there on every node"
        )
    return _guarded(analyser).ask(request, limit_s)


@lru_cache(maxsize=1)
def _guarded(analyser: bytes) -> OneWorker:
    """The process of this Ray worker: it ends when the worker does."""
    import tempfile

    log = Path(tempfile.mkdtemp(prefix="reprise-")) / "workers.log"
    return OneWorker(pickle.loads(analyser), log)


@lru_cache(maxsize=1)
def _origins() -> str:
    """What measures frames here."""
    from index.store.origins import frame_origins

    return repr(frame_origins())


def _reach(address: str) -> None:
    """Knock at the head, which Ray itself would wait a minute for."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACHED_S).close()
    except OSError as error:
        raise LibraryError(_unreached(address)) from error


def _unreached(address: str) -> str:
    return (
        f"The Ray cluster at {address} cannot be reached: is it running, is this its head's address, and does this "
        f"machine belong to it (`ray start --address={address}`)?"
    )


def _said(error: BaseException) -> str:
    if type(error).__name__ in {"WorkerCrashedError", "NodeDiedError"}:
        return f"the cluster lost {_RETRIES + 1} of its workers while they had it; add it again"
    lines = str(error).strip().splitlines()
    return f"the cluster could not analyse it: {lines[0] if lines else type(error).__name__}".rstrip(".")

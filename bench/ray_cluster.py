"""A Ray cluster on this machine, as `ray start` makes it, and what its workers are at."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.processes import free_port

TASK = "ray::_on_node"
"""What a worker is called while it has a task (`index.workers.ray_pool`)."""


class RayNode:
    """A node of a Ray cluster with one core, as `ray start` makes it; the first one is the head."""

    def __init__(self, folder: Path, head: RayNode | None = None) -> None:
        self.address: str = head.address if head else f"127.0.0.1:{free_port()}"
        asked = (
            [f"--address={self.address}"] if head else ["--head", f"--port={self.address.partition(':')[2]}"]
        )
        if not head:
            asked += [
                "--include-dashboard=false",
                f"--temp-dir={folder}",
                f"--ray-client-server-port={free_port()}",
            ]
        with (folder / "started.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(Path(sys.executable).with_name("ray")), "start", "--block", "--disable-usage-stats",
                    "--node-ip-address=127.0.0.1", "--num-cpus=1", "--object-store-memory=100000000", *asked,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                    "RAY_worker_niceness": "0",  # else a busy computer starts no worker for minutes
                    # A node that is gone refuses five times, within seconds; one that is slow has as long as ever
                    "RAY_health_check_initial_delay_ms": "500",
                    "RAY_health_check_period_ms": "500",
                },
            )  # fmt: skip

    def processes(self) -> list[psutil.Process]:
        """All that run on it."""
        return psutil.Process(self._process.pid).children(recursive=True)

    def kill(self) -> None:
        """As a machine ends that loses its power."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def at_work(node: RayNode) -> list[psutil.Process]:
    """The workers of a node that have a task just now."""
    found = []
    for each in node.processes():
        with contextlib.suppress(psutil.Error):
            if " ".join(each.cmdline()).startswith(TASK):
                found.append(each)
    return found


@contextlib.contextmanager
def cluster(count: int) -> Iterator[list[RayNode]]:
    """So many nodes, the head first."""
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # names of sockets may not be long
    nodes: list[RayNode] = []
    try:
        for _ in range(count):
            nodes.append(RayNode(folder, nodes[0] if nodes else None))
            _wait_for(nodes[0].address)
        yield nodes
    finally:
        for node in nodes:
            node.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return
        time.sleep(0.2)
    raise TimeoutError(f"no cluster at {address}")

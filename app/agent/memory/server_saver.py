"""LangGraph's checkpoints at a server that may be started again: waited for, and written once all the same.

Each write is one transaction by keys of its own, so that it may be done again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout
from sqlalchemy import URL

from index.catalogue.database import PATIENCE_S
from index.catalogue.postgres import away
from index.core.errors import DatabaseUnavailableError

_LOOK_S = 0.2
Answer = TypeVar("Answer")


class WaitingSaver(PostgresSaver):
    """Checkpoints; `check` is asked before a conversation is written to."""

    def __init__(self, pool: ConnectionPool[Any], url: URL, check: Callable[[str], None]) -> None:
        super().__init__(pool, serde=JsonPlusSerializer())
        self._url = url
        self._check = check

    def setup(self) -> None:
        """Make the tables."""
        self._waiting(super().setup)

    def get_tuple(self, config: Any) -> Any:
        """The newest checkpoint."""
        return self._waiting(super().get_tuple, config)

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        """Keep a checkpoint."""
        self._check(config["configurable"]["thread_id"])
        return self._waiting(super().put, config, checkpoint, metadata, new_versions)

    def put_writes(self, config: Any, writes: Any, task_id: str, task_path: str = "") -> None:
        """Keep what a step wrote."""
        self._check(config["configurable"]["thread_id"])
        self._waiting(super().put_writes, config, writes, task_id, task_path)

    def delete_thread(self, thread_id: str) -> None:
        """Forget a conversation."""
        self._waiting(super().delete_thread, thread_id)

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Keep the newest checkpoint alone."""
        self._waiting(super().prune, thread_ids, strategy=strategy)

    def _waiting(self, work: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:
        until = time.monotonic() + 2 * PATIENCE_S
        while True:
            try:
                return work(*args, **kwargs)
            except (psycopg.OperationalError, PoolTimeout) as error:
                if time.monotonic() > until:
                    raise DatabaseUnavailableError(away(self._url)) from error
                time.sleep(_LOOK_S)


def open_saver(url: URL, check: Callable[[str], None]) -> WaitingSaver:
    """The checkpoints at a server; their tables are made where they are missing."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    pool: ConnectionPool[Any] = ConnectionPool(
        address,
        min_size=1,
        max_size=8,
        timeout=5,
        kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": 0},
        check=ConnectionPool.check_connection,
        open=True,
    )
    saver = WaitingSaver(pool, url, check)
    saver.setup()
    return saver

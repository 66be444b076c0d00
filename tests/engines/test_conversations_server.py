"""Conversations in PostgreSQL: kept, found, and each answered by one page at a time, whatever happens to the server."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from servers import PostgresServer
from small_library import SmallLibrary
from sqlalchemy import text

from app.agent.assistant import Assistant
from app.agent.memory.server import ServerMemory
from app.settings import load_settings
from app.wiring import open_memory
from index.core.errors import DatabaseUnavailableError
from tools import all_tools


def talk(home: Path, database: str) -> Assistant:
    home.mkdir(exist_ok=True)
    settings = load_settings(home=home, database_url=database)
    return Assistant(settings, SmallLibrary(home), all_tools(), open_memory(settings))


def said(assistant: Assistant, thread_id: str) -> list[str]:
    return [entry.text for entry in assistant.history(thread_id) if entry.role == "user"]


def test_what_one_page_was_told_another_one_knows(tmp_path: Path, database: str) -> None:
    first, second = talk(tmp_path / "one", database), talk(tmp_path / "two", database)
    thread_id = first.new_thread()
    list(first.turn(thread_id, "what is in the library? Gymnopédie\0"))
    list(second.turn(thread_id, "and how long is it?"))
    assert len(said(first, thread_id)) == 2
    assert [thread.turns for thread in first.threads()] == [2]
    assert [thread.id for thread in second.threads("gymnop")] == [thread_id]
    assert second.threads("elephants_%") == []
    second.rename(thread_id, "Mine")
    assert first.threads()[0].name == "Mine"
    first.delete(thread_id)
    assert second.history(thread_id) == [] and not second.exists(thread_id)


def test_conversations_make_no_catalogue(tmp_path: Path, database: str) -> None:
    memory = open_memory(load_settings(home=tmp_path, database_url=database))
    assert isinstance(memory, ServerMemory)
    with memory._database.read() as connection:
        names = set(connection.scalars(text("SELECT table_name FROM information_schema.tables")))
    assert {"threads", "said_words", "checkpoints"} <= names
    assert not {"tracks", "paths", "alembic_version"} & names
    memory.close()


def test_turns_of_one_conversation_wait_for_each_other(tmp_path: Path, database: str) -> None:
    first, second = talk(tmp_path / "one", database), talk(tmp_path / "two", database)
    with first.memory.alone("c", 1.0) as alone:
        assert alone
        with second.memory.alone("c", 0.1) as other, second.memory.alone("d", 0.1) as elsewhere:
            assert (other, elsewhere) == (False, True)
    threads = [
        threading.Thread(target=lambda page=page: list(page.turn("c", "what is in the library?")))
        for page in (first, second, first, second)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said(first, "c")) == 4
    assert first.threads()[0].turns == 4


def test_a_lease_outlives_a_server_started_again(
    tmp_path: Path, postgres: PostgresServer, database: str
) -> None:
    first, second = talk(tmp_path / "one", database), talk(tmp_path / "two", database)
    with first.memory.alone("c", 1.0):
        postgres.stop()
        postgres.start()
        with second.memory.alone("c", 0.1) as other:
            assert not other
    list(first.turn("c", "what is in the library?"))
    assert said(second, "c") == ["what is in the library?"]


def test_who_lost_the_lease_writes_nothing(tmp_path: Path, postgres: PostgresServer, database: str) -> None:
    first, second = talk(tmp_path / "one", database), talk(tmp_path / "two", database)
    memory = first.memory
    assert isinstance(memory, ServerMemory)
    with memory.alone("c", 1.0):
        postgres.execute(
            "UPDATE turn_leases SET until = now() - interval '1 second'", database.rpartition("/")[2]
        )
        with second.memory.alone("c", 0.1) as taken:
            assert taken
            memory._leases["c"].lost = True
            with pytest.raises(DatabaseUnavailableError, match="another page"):
                memory._check("c")

"""A catalogue in PostgreSQL: what it keeps, that writers are alone, what its refusals say, a server started again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from servers import PASSWORD, PostgresServer
from test_migrations import OLDEST, made

from index.catalogue.catalogue import Catalogue, KnownFile, NewTrack
from index.core.errors import DatabaseUnavailableError, LibraryError
from index.core.moments import Moment
from index.core.tracks import Track

TRACK = Track("t1", "/m/a\udcff ü.ogg", "Air\0", "Bach", "", "", "", 1730, 60.0)


def put(catalogue: Catalogue, number: int = 1) -> None:
    track = Track(f"t{number}", f"/m/{number}.ogg", f"Air {number}", "Bach", "", "", "", 1730, 60.0)
    file = KnownFile(track.path, track.id, 1000, 7, sound=f"s{number}")
    catalogue.put(file, NewTrack(track, 26, -20.0))


def test_what_is_put_is_there_for_another_process(tmp_path: Path, database: str) -> None:
    first, second = Catalogue(tmp_path, database), Catalogue(tmp_path / "other", database)
    assert second.tracks() == []
    first.put(KnownFile(TRACK.path, "t1", 1, 2**60), NewTrack(TRACK, 26, float("-inf")))
    found = second.tracks()[0]
    assert (found.path, found.title) == (TRACK.path, "Air\ufffd")
    assert second.generation() == first.generation() == 1
    first.history.record("liked", [Moment("t1", 0.0, 10.0)])
    assert second.history.counts() == {"liked": 1}
    assert not (tmp_path / "catalogue.sqlite").exists()


def test_another_index_has_tables_of_its_own(tmp_path: Path, database: str) -> None:
    main, clap = Catalogue(tmp_path, database), Catalogue(tmp_path, database, "clap")
    put(main)
    assert clap.tracks() == []
    put(clap, 2)
    assert [track.id for track in Catalogue(tmp_path, database, "clap").tracks()] == ["t2"]
    assert [track.id for track in main.tracks()] == ["t1"]


def test_those_who_write_at_once_lose_nothing(tmp_path: Path, database: str) -> None:
    def work(first: int) -> None:
        mine = Catalogue(tmp_path, database)
        for number in range(first, first + 10):
            put(mine, number)
        mine.close()

    threads = [threading.Thread(target=work, args=(100 * i,)) for i in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    catalogue = Catalogue(tmp_path, database)
    assert (len(catalogue.tracks()), catalogue.generation()) == (40, 40)


def test_each_refusal_is_one_sentence_without_the_password(
    tmp_path: Path, postgres: PostgresServer, database: str
) -> None:
    postgres.execute("CREATE ROLE guest LOGIN PASSWORD 'sesame-3f'")
    name = database.rpartition("/")[2]
    said: dict[str, Callable[[], str]] = {
        "are the name and the password": lambda: postgres.url(name, password="sesame-wrong"),
        "createdb": lambda: postgres.url("nowhere"),
        "lacks a right": lambda: postgres.url(name, user="guest"),
        "is it running": lambda: f"postgresql://owner:{PASSWORD}@127.0.0.1:1/{name}",
        "no machine called": lambda: f"postgresql://owner:{PASSWORD}@nowhere.invalid/{name}",
        "wants a database's address, .*mysql": lambda: f"mysql://owner:{PASSWORD}@127.0.0.1/{name}",
        "cannot be read as one": lambda: f"postgresql://owner:{PASSWORD}@127.0.0.1:port/{name}",
    }
    for words, url in said.items():
        with pytest.raises(LibraryError, match=words) as refused, pytest.MonkeyPatch.context() as patch:
            patch.setattr("index.catalogue.database.PATIENCE_S", 0.1)
            Catalogue(tmp_path, url())
        text = str(refused.value)
        assert "sesame" not in text and "\n" not in text and text[-1] in ".?", text
    assert not list(tmp_path.iterdir())


def test_a_server_started_again_is_waited_for(
    tmp_path: Path, postgres: PostgresServer, database: str
) -> None:
    catalogue = Catalogue(tmp_path, database)
    put(catalogue)
    postgres.stop()
    threading.Timer(1.0, postgres.start).start()
    put(catalogue, 2)
    catalogue.history.record("liked", [Moment("t1", 0.0, 10.0)])
    assert (len(catalogue.tracks()), catalogue.generation()) == (2, 2)
    assert catalogue.history.counts() == {"liked": 1}


def test_while_a_server_is_down_there_is_a_sentence(
    tmp_path: Path, postgres: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.catalogue.database.PATIENCE_S", 0.2)
    catalogue = Catalogue(tmp_path, database)
    put(catalogue)
    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(DatabaseUnavailableError, match="does not answer"):
                catalogue.tracks()
    finally:
        postgres.start()
    assert len(catalogue.tracks()) == 1


def test_whatever_a_server_is_ended_at_a_change_happens_once(
    tmp_path: Path, postgres: PostgresServer, database: str
) -> None:
    catalogue = Catalogue(tmp_path, database)
    over = threading.Event()

    def break_connections() -> None:
        while not over.wait(0.2):
            postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reprise'"
            )

    breaker = threading.Thread(target=break_connections)
    breaker.start()
    try:
        until = time.monotonic() + 3
        count = 0
        while time.monotonic() < until or count < 20:
            catalogue.history.record("liked", [Moment("t1", 10.0 * count, 10.0 * count + 10)])
            count += 1
    finally:
        over.set()
        breaker.join()
    assert catalogue.history.counts() == {"liked": count}
    assert len({event.moment.start_s for event in catalogue.history.events()}) == min(count, 1000)


def test_what_a_home_holds_is_copied_to_a_new_database_once(tmp_path: Path, database: str) -> None:
    (tmp_path / "old").mkdir()
    made(tmp_path / "old", OLDEST)
    old = Catalogue(tmp_path / "old")
    old.history.record("liked", [Moment("t1", 0.0, 10.0)])
    old.close()
    moved = Catalogue(tmp_path / "old", database)
    assert [track.title for track in moved.tracks()] == ["Air"]
    assert moved.generation() == 3
    moved.history.record("skipped", [Moment("t1", 0.0, 10.0)])
    assert moved.history.counts() == {"liked": 1, "skipped": 1}
    assert moved.forget(["/m/air.ogg"]) == ["t1"]
    assert Catalogue(tmp_path / "old", database).tracks() == []
    assert len(Catalogue(tmp_path / "old").tracks()) == 1


def test_an_old_catalogue_at_a_server_is_brought_up(
    tmp_path: Path, postgres: PostgresServer, database: str
) -> None:
    for statement in filter(str.strip, OLDEST.split(";")):
        postgres.execute(statement, database.rpartition("/")[2])
    catalogue = Catalogue(tmp_path, database)
    assert [track.title for track in catalogue.tracks()] == ["Air"]
    put(catalogue, 2)
    assert len(Catalogue(tmp_path, database).tracks()) == 2

"""Catalogues of other versions: recognised, copied, upgraded whole or not at all; the newest one is only read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from index.catalogue.catalogue import Catalogue, KnownFile, NewTrack
from index.catalogue.history import Event
from index.catalogue.migrations.running import known_versions
from index.catalogue.tables import Table
from index.core.errors import LibraryError, QueryError
from index.core.moments import Moment
from index.core.tracks import Track

OLDEST = """
create table tracks (id VARCHAR(20) not null primary key, title VARCHAR not null, artist VARCHAR not null,
    composer VARCHAR not null, album VARCHAR not null, genre VARCHAR not null, year INTEGER,
    duration_s FLOAT not null, windows INTEGER not null, loudness_lufs FLOAT, added_at FLOAT not null);
create table paths (path VARCHAR not null primary key, track_id VARCHAR(20) not null references tracks (id),
    size BIGINT not null, mtime_ns BIGINT not null, added_at FLOAT not null);
create index ix_paths_track_id on paths (track_id);
create table failures (path VARCHAR not null primary key, reason VARCHAR not null, failed_at FLOAT not null);
create table settings (key VARCHAR not null primary key, value VARCHAR not null);
insert into tracks values ('t1', 'Air', 'Bach', '', '', '', 1730, 60.0, 26, -20.0, 5.0);
insert into paths values ('/m/air.ogg', 't1', 1000, 7, 5.0);
insert into settings values ('generation', '3');
"""
"""The first catalogue there was: other tables came later."""

EVENTS = """
create table events (id INTEGER not null primary key, kind VARCHAR(12) not null,
    track_id VARCHAR(20) not null, start_s FLOAT not null, end_s FLOAT not null, at_s FLOAT not null);
insert into events values (1, 'liked', 't1', 0.0, 10.0, 100.0), (2, 'liked', 't1', 20.0, 9e999, 101.0),
    (3, 'adored', 't1', 0.0, 10.0, 102.0), (4, 'liked', 't1', 30.0, 40.0, 9e999);
"""


def made(home: Path, script: str) -> Path:
    file = home / "catalogue.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
        connection.execute("pragma journal_mode = wal")
    return file


def columns(home: Path) -> dict[str, dict[str, tuple[str, bool, int]]]:
    engine = create_engine(f"sqlite:///{home / 'catalogue.sqlite'}")
    there = inspect(engine)
    found = {
        table: {
            column["name"]: (str(column["type"]), column["nullable"], int(str(dict(column)["primary_key"])))
            for column in there.get_columns(table)
        }
        for table in there.get_table_names()
    }
    indexes = {
        table: {str(index["name"]): ("", False, 0) for index in there.get_indexes(table)} for table in found
    }
    engine.dispose()
    return {table: columns | indexes[table] for table, columns in found.items()}


def test_a_catalogue_from_before_the_versions_is_upgraded_and_copied(tmp_path: Path) -> None:
    made(tmp_path, OLDEST)
    catalogue = Catalogue(tmp_path)
    assert catalogue.tracks() == [Track("t1", "/m/air.ogg", "Air", "Bach", "", "", "", 1730, 60.0)]
    assert catalogue.files() == {"/m/air.ogg": KnownFile("/m/air.ogg", "t1", 1000, 7)}
    assert catalogue.generation() == 3
    copy = tmp_path / f"catalogue.sqlite.before-{known_versions()[-1]}"
    with closing(sqlite3.connect(copy)) as before:
        assert before.execute("select path, track_id from paths").fetchall() == [("/m/air.ogg", "t1")]
        assert [row[1] for row in before.execute("pragma table_info(paths)")][-1] == "added_at"
    assert copy.stat().st_mode & 0o077 == 0
    copy.unlink()
    catalogue.close()
    Catalogue(tmp_path).close()
    assert not copy.exists(), "what is up to date is not upgraded again"


def test_an_upgraded_catalogue_is_like_a_new_one(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    made(tmp_path / "old", OLDEST + EVENTS)
    Catalogue(tmp_path / "old").close()
    Catalogue(tmp_path / "new").close()
    assert columns(tmp_path / "old") == columns(tmp_path / "new")
    assert set(columns(tmp_path / "new")) == {*Table.metadata.tables, "alembic_version"}


def test_the_versions_follow_one_another() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import index.catalogue.migrations

    config = Config()
    config.set_main_option("script_location", str(Path(index.catalogue.migrations.__file__).parent))
    script = ScriptDirectory.from_config(config)
    walked = [revision.revision for revision in script.walk_revisions()]
    assert walked == known_versions()[::-1]


def test_a_column_less_is_mended(tmp_path: Path) -> None:
    without = OLDEST.replace("duration_s FLOAT not null, windows", "duration_s FLOAT not null, was_windows")
    made(tmp_path, without.replace("loudness_lufs FLOAT, ", "").replace("26, -20.0, 5.0", "26, 5.0"))
    catalogue = Catalogue(tmp_path)
    assert [track.id for track in catalogue.tracks()] == ["t1"]
    assert catalogue.windows() == {"t1": 0}


def test_one_that_is_up_to_date_is_only_read(tmp_path: Path) -> None:
    Catalogue(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "catalogue.sqlite")) as writer:
        writer.execute("begin immediate")  # nobody else may write now
        catalogue = Catalogue(tmp_path)
        assert catalogue.tracks() == [] and catalogue.job() is None and catalogue.failures() == []
        catalogue.close()
        writer.rollback()


def test_a_newer_one_is_one_sentence(tmp_path: Path) -> None:
    Catalogue(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "catalogue.sqlite")) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
        connection.commit()
    with pytest.raises(LibraryError, match=r"made by a newer Reprise .*9999.*\.$"):
        Catalogue(tmp_path)


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = made(tmp_path, OLDEST)
    monkeypatch.setattr(Table.metadata, "create_all", lambda _: (_ for _ in ()).throw(LibraryError("No.")))
    with pytest.raises(LibraryError, match="No"):
        Catalogue(tmp_path)
    monkeypatch.undo()
    with closing(sqlite3.connect(file)) as connection:
        assert "sound" not in [row[1] for row in connection.execute("pragma table_info(paths)")]
    assert [track.id for track in Catalogue(tmp_path).tracks()] == ["t1"]


def test_events_that_cannot_be_are_read_without_harm(tmp_path: Path) -> None:
    made(tmp_path, OLDEST + EVENTS)
    history = Catalogue(tmp_path).history
    assert history.events() == [Event("liked", Moment("t1", 0.0, 10.0), 100.0)]


def test_no_number_enters_that_is_none(tmp_path: Path) -> None:
    from sqlalchemy import insert

    from index.catalogue.tables import EventRow

    catalogue = Catalogue(tmp_path)
    nowhere = {"kind": "liked", "track_id": "t", "start_s": 0.0, "end_s": float("inf"), "at_s": 1.0}
    with (
        pytest.raises(LibraryError, match="inf is no number"),
        catalogue._database.write() as connection,
    ):
        connection.execute(insert(EventRow), [nowhere])
    assert catalogue.history.counts().total() == 0
    endless = Track("t1", "/a", "Air", "", "", "", "", None, float("inf"))
    with pytest.raises(QueryError, match="cannot be kept"):
        catalogue.put(KnownFile("/a", "t1", 1, 1), NewTrack(endless, 3, -20.0))
    assert catalogue.windows() == {}

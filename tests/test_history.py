"""The listening history: noted, looked at, switched off, forgotten, and taken over from older homes."""

from __future__ import annotations

import sqlite3

import pytest

from index.catalogue.catalogue import Catalogue
from index.core.moments import Moment

FIRST, SECOND = Moment("a", 0.0, 10.0), Moment("b", 5.0, 15.0)


@pytest.fixture
def history(tmp_path):
    return Catalogue(tmp_path).history


def test_events_are_kept_newest_first_and_by_whichever_process(tmp_path, history):
    history.record("finished", [FIRST], at_s=1.0)
    history.record("skipped", [SECOND], at_s=2.0)
    other = Catalogue(tmp_path).history
    assert [(event.kind, event.moment) for event in other.events()] == [
        ("skipped", SECOND),
        ("finished", FIRST),
    ]
    assert dict(other.counts()) == {"finished": 1, "skipped": 1}
    assert other.has("skipped", Moment("b", 5.2, 15.2))
    other.take_back("skipped", SECOND)
    assert not history.has("skipped", SECOND)


def test_nothing_is_noted_while_it_is_switched_off(history):
    assert history.on("history")
    history.switch("history", False)
    history.record("liked", [FIRST])
    assert history.events() == []
    history.switch("history", True)
    history.record("liked", [FIRST])
    assert len(history.events()) == 1
    with pytest.raises(ValueError, match="there are the switches"):
        history.switch("everything", False)


def test_everything_is_forgotten(history):
    history.record("liked", [FIRST, SECOND])
    history.forget()
    assert history.events() == []
    assert not history.counts()


def old_home(home):
    with sqlite3.connect(home / "taste.sqlite") as old:
        old.execute("create table events (kind text, track_id text, start_s real, end_s real, at_s real)")
        old.execute("insert into events values ('liked', 'a', 0, 10, 5)")
    old.close()


def test_the_file_of_an_older_version_is_taken_over_once(tmp_path, history):
    old_home(tmp_path)
    assert [event.moment for event in history.events()] == [FIRST]
    assert not (tmp_path / "taste.sqlite").exists()
    old_home(tmp_path)  # a copy of the home that was put back
    assert len(history.events()) == 1


def test_forgetting_forgets_what_an_older_version_kept(tmp_path, history):
    old_home(tmp_path)
    history.forget()
    assert history.events() == []


def test_a_broken_file_of_an_older_version_does_no_harm(tmp_path, history):
    (tmp_path / "taste.sqlite").write_bytes(b"no database at all" * 100)
    assert history.events() == []


def test_a_catalogue_of_an_older_version_gets_the_new_tables(tmp_path):
    Catalogue(tmp_path).close()
    with sqlite3.connect(tmp_path / "catalogue.sqlite") as old:
        for table in ("events", "playlists", "folders"):
            old.execute(f"drop table {table}")
    old.close()
    opened = Catalogue(tmp_path)
    opened.history.record("liked", [FIRST])
    assert opened.playlists.all() == []
    assert opened.folders.given() == []

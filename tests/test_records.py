"""Records that another version saved: read as far as they can be, else one sentence; never a value that cannot be."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from small_library import TRACKS, hit

from index.catalogue.catalogue import Catalogue
from index.catalogue.playlists import Item
from index.core.errors import QueryError, RecordError, RepriseError
from index.core.hits import Hit
from index.core.moments import Moment
from index.core.records import read_record
from index.core.tracks import Track


def test_what_a_newer_version_added_is_passed_over() -> None:
    record = {**asdict(TRACKS[0]), "mood": "calm"}
    assert read_record(Track, record) == TRACKS[0]
    found = hit(1, TRACKS[0]).as_record()
    found["moment"]["why"] = 3
    assert Hit.from_record({**found, "colour": "red"}) == hit(1, TRACKS[0])


def test_what_an_older_version_did_not_have_gets_its_default() -> None:
    record = asdict(TRACKS[0])
    del record["start_s"], record["end_s"]
    assert read_record(Track, record) == TRACKS[0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record.pop("track"),
        lambda record: record.pop("moment"),
        lambda record: record.pop("alignment"),
        lambda record: record["track"].pop("title"),
        lambda record: record["moment"].update(end_s="soon"),
        lambda record: record["moment"].update(end_s=math.inf),
        lambda record: record.update(track=[1, 2]),
        lambda record: record.update(factors={"harmony": None}),
        lambda record: record.clear(),
    ],
)
def test_a_hit_that_cannot_be_read_is_one_sentence(damage) -> None:
    record = hit(1, TRACKS[0]).as_record()
    damage(record)
    with pytest.raises((RecordError, QueryError)) as raised:
        Hit.from_record(record)
    assert isinstance(raised.value, RepriseError) and str(raised.value).endswith(".")


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(0, math.inf), (math.nan, 3), (0, math.nan), (-1, 3), (3, 3), (0, 1e300)]
)
def test_a_moment_is_a_span(start_s: float, end_s: float) -> None:
    with pytest.raises(QueryError):
        Moment("t", start_s, end_s)


@pytest.mark.parametrize("at_s", [math.inf, math.nan, -5.0, 1e15])
def test_an_event_has_a_date(tmp_path: Path, at_s: float) -> None:
    history = Catalogue(tmp_path).history
    with pytest.raises(QueryError):
        history.record("liked", [Moment("t", 0, 10)], at_s)
    assert history.events() == []


def test_a_playlist_of_another_version_shows_what_can_be_read(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    items = [Item(track, Moment(track.id, 0, 10)) for track in TRACKS[:3]]
    catalogue.playlists.keep("Mine", items)
    with closing(sqlite3.connect(tmp_path / "catalogue.sqlite")) as connection:
        (text,) = connection.execute("select moments from playlists").fetchone()
        records = json.loads(text)
        records[0]["track"]["mood"] = "calm"
        del records[1]["track"]["title"]
        records[2]["moment"]["end_s"] = math.inf
        connection.execute("update playlists set moments = ?", [json.dumps([*records, None])])
        connection.execute("insert into playlists values ('Torn', 1.0, '[{')")
        connection.commit()
    mine, torn = catalogue.playlists.all()
    assert [item.track for item in mine.items] == [TRACKS[0]]
    assert torn.items == ()


def test_what_cannot_be_is_not_kept_in_a_playlist(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    endless = Track("t", "/a", "A", "", "", "", "", None, math.inf)
    with pytest.raises(QueryError):
        catalogue.playlists.keep("Mine", [Item(endless, Moment("t", 0, 10))])
    assert catalogue.playlists.all() == []

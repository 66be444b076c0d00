"""A large library is not walked through: what is read is counted, not timed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.engine.cursor import CursorFetchStrategy
from test_catalogue import put, track

import index.text.titles
from index.catalogue.catalogue import Catalogue
from index.catalogue.folded import folded, may_hold
from index.catalogue.track_lookup import admitted
from index.core.filters import Filters
from index.core.options import LibraryOptions
from index.ingest.holdings import Holdings
from index.status import status_of
from index.store.property_table import Ranks, percentiles, places_of_halves
from index.store.row_table import BLOCK_ROWS, RowTable
from index.text.titles import contains
from index.words.lexicon import split_lines, split_words
from index.words.searcher import descending

MANY, FEW = 300, 12
NAMES = ("Béla Bartók", "J.S. Bach", "New Order; Joy Division", "Ødegård & Łukasz", "The Twenty-Seven", "")


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    made = Catalogue(tmp_path)
    for number in range(MANY):
        artist = NAMES[number % len(NAMES)]
        put(made, track(number, f"Piece No. {number} in D", artist, year=1900 + number % 90))
    yield made
    made.close()


@contextmanager
def rows_given(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many rows the database gives out."""
    count = [0]
    for name in ("fetchall", "fetchmany", "fetchone"):
        before = getattr(CursorFetchStrategy, name)

        def counted(self: Any, *given: Any, _before: Any = before, **named: Any) -> Any:
            found = _before(self, *given, **named)
            count[0] += len(found) if isinstance(found, list) else found is not None
            return found

        monkeypatch.setattr(CursorFetchStrategy, name, counted)
    yield count
    monkeypatch.undo()


def test_a_question_for_one_track_reads_few_rows(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rows_given(monkeypatch) as count:
        assert catalogue.track(f"{7:020x}") is not None
        assert catalogue.by_path("/m/7.ogg") is not None
        assert catalogue.by_path("/m/Ü.ogg") is None
        assert not catalogue.is_empty()
    assert 0 < count[0] <= 3 * FEW


def test_the_state_of_a_library_is_counted_by_its_database(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = catalogue.tracks()
    fresh = Catalogue(tmp_path)
    with rows_given(monkeypatch) as count:
        status = status_of(LibraryOptions(tmp_path), fresh)
    assert 0 < count[0] <= 5 * FEW
    assert (status.tracks, status.windows) == (MANY, sum(26 for _ in tracks))
    assert status.hours == pytest.approx(sum(each.duration_s for each in tracks) / 3600)
    assert (status.artists, status.year_from, status.year_to) == (6, 1900, 1989)
    years = {name: each.year for name, each in status.extremes.items()}
    assert (years["oldest"], years["newest"]) == (1900, 1989)
    with rows_given(monkeypatch) as count:
        assert fresh.summary().tracks == MANY
    assert count[0] == 1, "of an unchanged library nothing is counted again"
    fresh.close()


def test_of_a_changed_library_only_what_changed_is_read(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = catalogue.tracks()
    assert len(first) == MANY
    other = track(3, "Aardvark", "Aaron")
    put(catalogue, track(MANY + 1, "Zebra", "Zz"))
    catalogue.rename(other)
    catalogue.forget(["/m/5.ogg"])
    put(catalogue, first[9], "/m/a copy.ogg")
    with rows_given(monkeypatch) as count:
        now = catalogue.tracks()
    assert count[0] <= 2 * FEW
    assert next(each for each in now if each.id == first[9].id).also == ("/m/a copy.ogg",)
    assert other in now and now[-1].title == "Zebra"
    assert f"{5:020x}" not in {each.id for each in now}


def test_what_was_brought_up_to_date_is_what_is_read_anew(catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue.tracks()
    for number in (4, 90, 17):
        catalogue.rename(replace(track(number, f"Other {number}", "Bela Bartok")))
        catalogue.forget([f"/m/{number + 1}.ogg"])
        catalogue.files_of.out_of_reach([f"/m/{number + 2}.ogg"])
        catalogue.files_of.respell(f"/m/{number + 3}.ogg", f"/m/new {number}.ogg")
        fresh = Catalogue(tmp_path)
        assert catalogue.tracks() == fresh.tracks()
        fresh.close()


def test_names_are_folded_once(catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [0]
    fold = index.text.titles.fold

    def counted(text: str) -> str:
        calls[0] += 1
        return fold(text)

    fresh = Catalogue(tmp_path)
    monkeypatch.setattr(index.text.titles, "fold", counted)
    assert fresh.find("piece 12 in d")[0].track.title == "Piece No. 12 in D"
    assert "Piece No. 12 in D" in [each.title for each in fresh.tracks("piece 12")]
    assert calls[0] < MANY / 2
    calls[0] = 0
    assert len(fresh.tracks("", Filters({"not_artist": "Bach", "year_from": 1985}))) == 12
    assert calls[0] < MANY
    fresh.close()


def test_what_is_narrowed_by_letters_is_what_each_track_says() -> None:
    music = [track(number, f"Piece {number}", name, year=1900 + number) for number, name in enumerate(NAMES)]
    texts = [folded(each) for each in music]
    for wanted in (
        "bach",
        "Johann Bach",
        "J.S.B.",
        "bela",
        "joy",
        "order new",
        "odegard",
        "27",
        "twenty",
        "b",
        "?!",
    ):
        sure = [place for place, each in enumerate(music) if contains(f"{each.title} {each.artist}", wanted)]
        assert set(sure) <= set(may_hold(wanted, texts))
        for name in ("artist", "not_artist"):
            met = [any(contains(one, wanted) for one in each.artist.split(";")) for each in music]
            right = [place for place, one in enumerate(met) if one != name.startswith("not_")]
            assert admitted(music, texts, Filters({name: wanted})) == right


def test_a_path_is_found_however_its_names_are_spelled(tmp_path: Path) -> None:
    made = Catalogue(tmp_path)
    mixed = f"/m/{unicodedata.normalize('NFD', 'Mäc')}/{unicodedata.normalize('NFC', 'sö')}.ogg"
    put(made, track(1, "Song"), mixed)
    for form in ("NFC", "NFD"):
        found = made.by_path(unicodedata.normalize(form, mixed))
        assert found is not None and found.path == mixed
    made.close()


def test_a_table_holds_what_was_appended_whatever_was_cut_off(tmp_path: Path) -> None:
    table = RowTable(tmp_path / "table", 3, np.float16)
    random = np.random.default_rng(0)
    counts = (5, BLOCK_ROWS - 3, 1, 2 * BLOCK_ROWS, 7)
    parts = [random.normal(size=(count, 3)).astype(np.float16) for count in counts]
    with table.alone():
        table.append(["a"], parts[:1], 0)
        table.append(["b", "c"], parts[1:3], 4)
        with (tmp_path / "table" / "tracks").open("ab") as file:
            file.write(b"half a rec")  # a program was killed
        with (tmp_path / "table" / "rows").open("ab") as file:
            file.write(b"rows of no track")
        table.append(["d", "e"], parts[3:], 9)
    listed = table.listed()
    assert (
        listed.ids == tuple("abcde") and listed.counts.tolist() == list(counts) and listed.changes_seen == 9
    )
    rows, whole = table.open(listed.rows), np.concatenate(parts)
    for number in range(3):
        assert np.array_equal(rows.column(number), whole[:, number])
    (tmp_path / "table" / "rows").write_bytes(b"")
    with pytest.raises(OSError, match="too short"):
        table.open(listed.rows)


def test_places_among_all_are_those_of_sorting() -> None:
    random = np.random.default_rng(1)
    halves = np.concatenate([random.normal(size=999), [0.0, -0.0, 3.0, 3.0]]).astype(np.float16)
    place = places_of_halves(halves)
    assert np.array_equal(place[halves.view(np.uint16)], percentiles(halves.astype(np.float32)))
    many = random.normal(size=200_000).astype(np.float32)
    ordered = np.sort(many)
    exact = (np.searchsorted(ordered, many) + np.searchsorted(ordered, many, "right")) / (2 * len(many))
    assert np.abs(percentiles(many) - exact).max() < 1e-3
    assert np.array_equal(Ranks(many).percentiles([5, 77]), percentiles(many)[[5, 77]])


def test_no_more_rows_are_sorted_than_are_taken() -> None:
    score = np.round(np.random.default_rng(2).random(50_000), 3).astype(np.float32)
    admitted_rows = np.arange(len(score)) % 3 > 0
    rows = np.flatnonzero(admitted_rows)
    right = rows[np.argsort(-score[rows], kind="stable")].tolist()
    assert list(descending(Ranks(score), admitted_rows)) == right
    even = np.full(9, 0.5, np.float32)
    assert list(descending(Ranks(even), np.ones(9, bool))) == list(range(9))
    assert list(descending(Ranks(score), np.zeros(len(score), bool))) == []


def test_many_texts_are_split_as_each_is() -> None:
    texts = ["Gymnopédie No. 1", "two\nlines", "", "4′33″, it's", "Ÿ\x0bz", "İstanbul-Ş"]
    assert split_lines(texts) == [split_words(text) for text in texts]
    assert split_lines([]) == []


def test_what_files_hold_is_not_gone_through_for_each_file(catalogue: Catalogue) -> None:
    class Counted(dict[str, Any]):
        walks = 0

        def values(self) -> Any:
            Counted.walks += 1
            return super().values()

    held = Holdings(catalogue, set())
    assert held.has_unhashed(), "the library of this test was added without hashes of its sounds"
    held.known = Counted(held.known)
    for path in list(held.known):
        assert held.has_unhashed()
        held.forget([path])
    assert not held.has_unhashed() and Counted.walks == 0


def test_what_left_is_known_by_each_of_its_sounds(catalogue: Catalogue) -> None:
    places = catalogue.places_of(f"{9:020x}")
    catalogue.files_of.hold("/m/9.ogg", [replace(each, sound="5" * 20) for each in places])
    catalogue.forget(["/m/9.ogg"])
    held = Holdings(catalogue, set())
    assert held.retired_id("5" * 20) == held.retired_id(f"{9:020x}") == f"{9:020x}"
    assert held.retired_id("6" * 20) == ""

"""Small things that were told wrongly, or not at all: each was seen, and began as a test here."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mutagen
import numpy as np
import pytest
import soundfile
from asked_library import AskedLibrary, ChordAnalyser
from fake_analyser import FakeAnalyser
from place import Place

from app.agent.events import Listening
from app.cli.bars import MeasuringBar
from app.cli.reports import print_added
from app.cli.request import Asker, Request
from index.audio import reading as audio
from index.audio.tag_file import file_tags
from index.catalogue.database import Database
from index.core.errors import LibraryError, QueryError
from index.core.keeping import keeping
from index.core.lengths import Measured, hours_words
from index.core.moments import Grid, Passage
from index.core.options import LibraryOptions
from index.core.tracks import Track
from index.ingest import estimate
from index.ingest.clips import ClipStore
from index.ingest.estimate import Estimate
from index.ingest.ingest import AddReport
from index.ingest.makers import VectorMakers
from index.ingest.mending import Mended, Mending
from index.library import Library
from index.store import vector_server
from index.store.vectors import VectorStore, window_ids
from index.upkeep.care import check_files
from index.workers.analyse_file import AnalyseFile
from index.workers.pool import Workers


def noise(path: Path, seed: int, duration_s: float = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, round(duration_s * 8000)), 8000)
    return path


def test_who_stops_adding_is_not_told_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FAKE_SLEEP_S", "60")
    with Workers(1, FakeAnalyser, tmp_path / "workers.log") as pool:
        asked = pool.ask(AnalyseFile(noise(tmp_path / "a.wav", 1), Grid()), 600)
        while not pool._workers[0]._process.pid:
            time.sleep(0.02)
    assert asked.result(30).reason == "adding was stopped"
    assert "memory" not in caplog.text


def test_what_workers_printed_before_is_kept(tmp_path: Path) -> None:
    place = Place(tmp_path / "home")
    log = tmp_path / "home" / "logs" / "workers.log"
    log.parent.mkdir()
    log.write_text("what was said the last time\n")
    with closing(place.vectors):
        place.add(noise(tmp_path / "a.wav", 1), workers=1)
        assert "the last time" in log.read_text()
        log.write_bytes(b"x" * 1_000_001)
        place.add(noise(tmp_path / "b.wav", 2), workers=1)
    assert log.with_name("workers.log.1").stat().st_size == 1_000_001
    assert log.stat().st_size < 1000


def test_how_long_adding_takes_is_told_without_opening_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "declared_duration_s", lambda _: pytest.fail("a file was opened"))
    assert not hasattr(estimate, "estimate_duration_s")
    told = Estimate({"a": 1000, "b": 3000})
    assert told.of("a") == 0 and told.eta_s() is None
    told.promised("a", 10.0)
    told._started = time.monotonic() - 5
    told.finished("a", 10.0)
    assert told.of("a") == 10 and told.eta_s() == pytest.approx(15, rel=0.05)


def test_hours_of_little_music_are_minutes() -> None:
    told = [hours_words(hours) for hours in (0, 40 / 3600, 2 / 60, 0.05, 0.5, 312.04)]
    assert told == ["0 hours", "40 s", "2 min", "0.1 hours", "0.5 hours", "312.0 hours"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_who_finds_open_files_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "saved.json").write_text("[]")
    (tmp_path / "saved.json").chmod(0o644)
    tmp_path.chmod(0o700)
    (said,) = check_files(tmp_path, tmp_path, repair=False).findings
    assert "reprise check --repair" in said and "chmod" in said
    check_files(tmp_path, tmp_path, repair=True)
    assert stat.S_IMODE((tmp_path / "saved.json").stat().st_mode) == 0o600


def test_tags_in_the_form_of_monkeys_audio_are_read_where_there_are_no_others(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    soundfile.write(path, np.zeros(48000), 48000, format="MP3")
    assert not file_tags(path).tags
    tags = mutagen.apev2.APEv2()
    tags["Title"] = "Named"
    tags.save(path)
    assert str(file_tags(path).tags["Title"]) == "Named"
    (tmp_path / "b.mp3").write_bytes(b"ID3\x04\x00\x40\x7f\x7f\x7f\x7fgarbage")
    assert not file_tags(tmp_path / "b.mp3").tags
    assert file_tags(tmp_path / "not there.mp3").tags is None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VectorStore]:
    store = VectorStore(tmp_path / "home", grace_s=1, origins={"timbre": "1"})
    yield store
    store.close()


@pytest.mark.parametrize("hole", [0.0, 0.25])
def test_adding_notices_holes_in_an_index(
    store: VectorStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hole: float
) -> None:
    windows = {f"{number:020x}": 4 for number in range(60)}
    ids = [each for track_id, count in windows.items() for each in window_ids(track_id, count, 2)]
    rows = np.random.default_rng(0).standard_normal((len(ids), 24)).astype(np.float32)
    store.upsert("timbre", ids, rows / np.linalg.norm(rows, axis=1, keepdims=True))
    lost = set(ids[: round(hole * len(ids))])
    found = store.query

    def with_a_hole(collection: str, wanted: np.ndarray, count: int) -> Any:
        names, near = found(collection, wanted, count)
        kept = [[each for each in row if each not in lost] for row in names]
        return kept, np.minimum(near, 0.9)

    monkeypatch.setattr(store, "query", with_a_hole)
    frames = SimpleNamespace(folder=tmp_path / "home" / "frames", read=_not_there)
    makers = VectorMakers({"timbre": "1"}, lambda _: {})
    mending = Mending(SimpleNamespace(), store, frames, makers)  # type: ignore[arg-type]
    missing = mending.missing_vectors(windows, Mended())
    assert len(missing) == (60 if hole else 0)


def _not_there(_: str) -> None:
    raise FileNotFoundError


def test_a_server_that_is_slow_to_start_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_server, "START_S", 0.05)  # nothing starts within that
    store = VectorStore(tmp_path, grace_s=1)
    assert store.collections() == []
    store.close()


@pytest.mark.parametrize(("heard_s", "told"), [(900.0, "15 minutes were"), (60.0, "1 minute was")])
def test_a_long_span_of_a_file_says_what_was_listened_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard_s: float, told: str
) -> None:
    library = AskedLibrary(tmp_path)
    asker = Asker(library)
    path = noise(tmp_path / "long.wav", 1, 30)
    heard = SimpleNamespace(frames=SimpleNamespace(duration_s=heard_s), whole_s=9000.0)
    monkeypatch.setattr(library, "listen_to", lambda *_: heard)
    with pytest.raises(AttributeError):  # the frames are none
        asker.query(Request(audio=str(path), start_s=600.0, end_s=6000.0))
    (said,) = asker.told
    assert said.startswith("long.wav @ 10:00-1:40:00 is long, and its first " + told + " listened to")
    if heard_s == 900.0:
        assert "long.wav @ 25:00-35:00" in said


def test_words_of_hours_are_not_written_down_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(LibraryOptions(tmp_path))
    monkeypatch.setattr(library.transcriber, "check", lambda: None)
    track = Track("a" * 20, "a.wav", "Long", "", "", "", "", None, 9000.0)
    passage = Passage(track, None, 0.0, 8000.0)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="at most 15 minutes at once"):
        library.transcribe(passage)
    library.close()


def test_a_file_of_many_titles_is_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    report = AddReport(
        added=13, unchanged=1, moved=0, replaced=0, duplicates=0, failed=(), audio_s=0, elapsed_s=1,
        titles=12, albums=1,
    )  # fmt: skip
    print_added(report)
    assert "Files: 2 added (one file with 12 titles), 1 as they were." in capsys.readouterr().out


def test_measuring_an_old_library_is_told_as_such() -> None:
    told = Measured(30, 122)
    event = Listening("", told.done, told.total, tracks=True)
    assert event.words == "measuring what words compare, this once: 30 of 122 tracks"


def test_measuring_for_a_first_hum_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    told = Measured(30, 122, "hums")
    event = Listening("", told.done, told.total, tracks=True, what=told.what)
    assert event.words == "measuring what hums compare, this once: 30 of 122 tracks"
    MeasuringBar().show(told)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "30 of 122: measuring what hums compare, this once; what is done is kept\n"


def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'catalogue.sqlite'}", "of this library")
    try:
        with (
            pytest.raises(LibraryError, match="no room left on the disk"),
            database.write() as connection,
        ):
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            connection.exec_driver_sql("CREATE TABLE more AS SELECT randomblob(1000000) AS bytes")
    finally:
        database.close()


def test_what_a_full_disk_has_no_room_for_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = ClipStore(tmp_path / "clips", "off")
    vars(store)["_analyser"] = ChordAnalyser()
    path = noise(tmp_path / "a.wav", 1, 12)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(LibraryError, match="There is no room left on the disk for “my clip”: make some"):
            store.take(path, "my clip", recorded=False)
    assert store.take(path, "my clip", recorded=False).duration_s == 12
    with pytest.raises(LibraryError, match="There was no way to keep it: Permission denied"), keeping("it"):
        raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"interrupted": True, "left": 2}, "Files: none done yet."),
        ({"unreachable": {"its drive is not there": 3}}, "Files: none that can be reached."),
        ({}, "Files: none with sound."),
    ],
)
def test_files_that_were_not_looked_at_are_not_told_to_have_no_sound(
    more: dict[str, Any], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_added(AddReport(0, 0, 0, 0, 0, (), 0.0, 1.0, **more))
    assert capsys.readouterr().out.splitlines()[0] == told

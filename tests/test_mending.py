"""What a library lacks is made anew from its frames; only what the frames themselves lack is read from sound again."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from place import MAKERS, Place
from ready_place import write_noise

from index.catalogue.values import Stamp
from index.core.errors import DamagedFramesError
from index.core.frames import Frames
from index.ingest.mending import Mending
from index.store.origins import frame_origins, is_stale
from index.store.salience_store import SalienceStore
from index.store.sealed import verified
from index.store.vectors import VectorStore, window_ids


@pytest.fixture
def place(noise_place: Place) -> Iterator[Place]:
    yield noise_place
    noise_place.vectors.close()


def silent(place: Place, music: Path) -> None:
    """Take the music's sound away, so that whoever reads it fails; files look as before."""
    known = place.catalogue.files()
    for file in music.iterdir():
        status = file.stat()
        file.write_bytes(bytes(status.st_size))
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        place.catalogue.files_of.restamp(str(file), Stamp.of(str(file)), known[str(file)].sound or "")


def end_server(place: Place) -> None:
    place.vectors.close()
    file = place.home / "chroma" / "server.json"
    if file.exists():
        os.kill(json.loads(file.read_text())["pid"], signal.SIGKILL)


def ids(place: Place) -> list[str]:
    return sorted(place.catalogue.windows())


def test_a_deleted_vector_store_is_made_anew_without_reading_sound(place: Place, tmp_path: Path) -> None:
    before = place.state()
    end_server(place)
    shutil.rmtree(place.home / "chroma")
    silent(place, tmp_path / "music")
    again = Place(place.home)
    report = again.add(write_noise(tmp_path / "other.wav", 7))
    assert (report.added, report.failed) == (1, ())
    assert report.mended == ("The vectors of 3 tracks made anew from what was measured of the sound.",), (
        report.mended
    )
    again.remove(tmp_path / "other.wav")
    assert again.state() == before
    again.check_whole()
    again.vectors.close()


def test_emptied_collections_and_single_windows_are_made_anew_without_reading_sound(
    place: Place, tmp_path: Path
) -> None:
    before = place.state()
    first = ids(place)[0]
    place.vectors.drop("timbre")
    place.vectors.delete("harmony", window_ids(first, 3)[:1])
    place.vectors.upsert("harmony", ["f" * 20 + ":00000"], np.ones((1, 3), np.float32))
    SalienceStore.of_home(place.home, place.frames).delete(ids(place)[1])
    silent(place, tmp_path / "music")
    report = place.add(tmp_path / "music" / "0.wav")
    assert len(report.mended) == 2 and not report.failed
    assert place.state() == before
    place.check_whole()


@pytest.mark.parametrize("damage", ["cut", "emptied", "begins with nothing"])
def test_damaged_frames_are_named_and_read_from_the_sound_again(
    place: Place, tmp_path: Path, damage: str
) -> None:
    before = place.state()
    track_id = ids(place)[0]
    file = place.frames.path(track_id)
    content = file.read_bytes()
    damaged = {
        "cut": content[: len(content) // 2],
        "emptied": b"",
        "begins with nothing": bytes(len(content)),
    }
    file.write_bytes(damaged[damage])
    again = Place(place.home)
    with pytest.raises(DamagedFramesError):
        again.frames.read(track_id)
    assert set(again.frames.damages.known()) == {track_id}
    report = again.add(tmp_path / "music")
    assert (report.added, report.unchanged, report.failed) == (1, 2, ())
    assert again.state() == before
    assert again.frames.damages.known() == {}
    again.vectors.close()


def test_what_a_seal_is_for(place: Place) -> None:
    first, second, _ = ids(place)
    file = place.frames.path(first)
    whole = file.read_bytes()
    assert place.frames.verify(first).sealed
    assert place.frames.verify(first).origins == {
        name: made_by
        for name, made_by in frame_origins().items()
        if name not in ("network", "fingerprint", "peaks")
    }
    for at in (20, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DamagedFramesError):
            place.frames.verify(first)
        place.frames.damages.forget(first)
    shutil.copy(place.frames.path(second), file)
    with pytest.raises(DamagedFramesError, match="another sound"):
        verified(file, first)
    file.write_bytes(whole)
    assert place.frames.verify(first).sealed
    with pytest.raises(FileNotFoundError):
        place.frames.verify("0" * 20)


def test_a_collection_of_another_version_is_made_anew(place: Place, tmp_path: Path) -> None:
    before = place.state()
    place.vectors.note_origin("timbre", "0 another 12345678")
    silent(place, tmp_path / "music")
    place.add(tmp_path / "music" / "0.wav")
    assert place.state() == before
    assert place.vectors.origins() == {"harmony": "1", "timbre": "1"}
    assert is_stale("1", "2") and is_stale(None, "2") and is_stale("1 musicnn aaaa", "1 musicnn bbbb")
    assert not is_stale(None, "1") and not is_stale("1 musicnn aaaa", "1") and not is_stale("1", "1 x aaaa")


def test_a_store_that_ends_its_server_is_noticed_and_made_anew(place: Place, tmp_path: Path) -> None:
    before = place.state()
    end_server(place)
    (place.home / "chroma" / "store" / "chroma.sqlite3").write_bytes(b"no database " * 1000)
    for more in ("chroma.sqlite3-wal", "chroma.sqlite3-shm"):
        (place.home / "chroma" / "store" / more).unlink(missing_ok=True)
    silent(place, tmp_path / "music")
    again = Place(place.home)
    report = again.add(tmp_path / "music" / "0.wav")
    assert "The vector store was damaged and was made anew." in report.mended
    assert again.state() == before
    again.vectors.close()


def test_on_the_port_nothing_is_found_by_those_who_may_not_read_the_home(place: Place) -> None:
    server = json.loads((place.home / "chroma" / "server.json").read_text())
    assert server["tenant"] == (place.home / "chroma" / "token").read_text()
    assert place.vectors.has_token and place.vectors.collections() == ["harmony", "timbre"]
    stranger = VectorStore(place.home / "unused", f"http://127.0.0.1:{server['port']}")
    assert stranger.collections() == []
    assert (place.home / "chroma" / "token").stat().st_mode & 0o077 == 0
    assert MAKERS.origins.keys() == {"harmony", "timbre"}


def test_a_collection_whose_windows_do_not_find_themselves_is_made_anew(place: Place, tmp_path: Path) -> None:
    before = place.state()
    windows = [
        each
        for track_id in ids(place)
        for each in window_ids(track_id, place.catalogue.windows()[track_id], 2)
    ]
    rows = np.random.default_rng(0).standard_normal((len(windows), 4)).astype(np.float32)
    place.vectors.upsert("timbre", windows, rows)
    silent(place, tmp_path / "music")
    report = place.add(tmp_path / "music" / "0.wav")
    assert report.mended == ("The vectors of 3 tracks made anew from what was measured of the sound.",)
    assert place.state() == before


def test_what_is_damaged_is_named(place: Place) -> None:
    from index.core.options import LibraryOptions
    from index.status import status_of

    options = LibraryOptions(place.home)
    assert status_of(options, place.catalogue).damaged == ()
    place.frames.path(ids(place)[0]).write_bytes(b"")
    with pytest.raises(DamagedFramesError):
        Place(place.home).frames.read(ids(place)[0])
    place.frames.damages.note("vectors", "of the test")
    (track, store) = status_of(options, place.catalogue).damaged
    assert track.endswith("(it does not begin as it should)") and store == "the vector store"


def test_of_very_many_tracks_a_missing_file_is_seen_and_some_are_opened(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = ids(place)
    windows = place.catalogue.windows()
    mending = Mending(place.catalogue, place.vectors, place.frames, None)
    opened: list[str] = []
    read = place.frames.read

    def noted(track_id: str) -> Frames:
        opened.append(track_id)
        return read(track_id)

    monkeypatch.setattr(place.frames, "read", noted)
    assert mending.lost_frames(windows) == {} and sorted(opened) == ids(place)
    opened.clear()
    monkeypatch.setattr("index.store.frame_store.OPENED", 1)
    place.frames.path(first).unlink()
    assert mending.lost_frames(windows) == {first: "its frames are missing"}
    assert len(opened) == 1 and opened[0] in others

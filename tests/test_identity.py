"""A track is its sound: tags, pictures and padding do not count, in any format; old libraries keep their ids."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.flac import Picture
from mutagen.id3 import APIC, COMM, TIT2
from mutagen.mp4 import MP4Cover
from place import Place

from index.audio.reading import content_hash
from index.audio.sound_hash import sound_hash, title_id
from index.catalogue.catalogue import KnownFile
from index.core.errors import AudioReadError
from index.core.moments import Moment

FORMATS = {
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "m4a": ("", ""),
    "wav": ("WAV", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
}


def encode(path: Path, samples: np.ndarray) -> Path:
    kind, coding = FORMATS[path.suffix[1:]]
    if kind:
        soundfile.write(path, samples, 48000, format=kind, subtype=coding)
        return path
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        for start in range(0, len(samples), 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
            frame.rate, frame.pts = 48000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("encoded")
    sound = np.random.default_rng(3).uniform(-0.4, 0.4, 66150).astype(np.float32)
    return {ending: encode(folder / f"a.{ending}", sound) for ending in FORMATS}


def retag(path: Path, title: str, comment: str, picture: bytes) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    if path.suffix in (".mp3", ".wav", ".aiff"):
        file.tags.add(TIT2(encoding=3, text=title))
        file.tags.add(COMM(encoding=3, lang="eng", desc="", text=comment))
        file.tags.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=picture))
    elif path.suffix == ".m4a":
        file["\xa9nam"], file["\xa9cmt"] = [title], [comment]
        file["covr"] = [MP4Cover(picture, MP4Cover.FORMAT_PNG)]
    else:
        file["title"], file["comment"] = [title], [comment]
        if path.suffix == ".flac":
            cover = Picture()
            cover.data, cover.type, cover.mime = picture, 3, "image/png"
            file.add_picture(cover)
    file.save()


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=3000)


@pytest.mark.parametrize("ending", sorted(FORMATS))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(title=TEXT, comment=TEXT, picture=st.binary(max_size=40_000))
def test_tags_do_not_change_what_a_file_is(
    encoded: dict[str, Path], ending: str, title: str, comment: str, picture: bytes
) -> None:
    path = encoded[ending].with_name(f"retagged.{ending}")
    shutil.copy(encoded[ending], path)
    before = sound_hash(path)
    retag(path, title, comment, picture)
    assert content_hash(path) != content_hash(encoded[ending])
    assert sound_hash(path) == before
    assert len(before) == 20 and int(before, 16) >= 0


def test_another_sound_is_another_one(encoded: dict[str, Path], tmp_path: Path) -> None:
    hashes = {sound_hash(path) for path in encoded.values()}
    assert len(hashes) == len(FORMATS)
    sound = np.random.default_rng(4).uniform(-0.4, 0.4, 8000)
    soundfile.write(tmp_path / "a.wav", sound, 8000)
    soundfile.write(tmp_path / "b.wav", sound, 16000)
    assert sound_hash(tmp_path / "a.wav") != sound_hash(tmp_path / "b.wav"), (
        "the same numbers at another rate"
    )


def test_what_no_demuxer_knows_is_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"nothing")
    (tmp_path / "b.mp3").write_bytes(b"")
    assert sound_hash(tmp_path / "a.mp3") == content_hash(tmp_path / "a.mp3")
    assert sound_hash(tmp_path / "b.mp3") == content_hash(tmp_path / "b.mp3")
    with pytest.raises(AudioReadError, match="no such file"):
        sound_hash(tmp_path / "c.mp3")


def test_a_title_of_a_file_has_an_id_of_its_own() -> None:
    assert len({title_id("a" * 20, start, end) for start, end in ((0, 10), (10, 20), (10, None))}) == 3
    assert title_id("a" * 20, 1.0, None) == title_id("a" * 20, 1.0000001, None)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "home", kept_days=30)
    yield place
    place.vectors.close()


def write(path: Path, seed: int, duration_s: float = 3, title: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.random.default_rng(seed).uniform(-0.5, 0.5, round(duration_s * 8000))
    soundfile.write(path, sound, 8000)
    if title:
        set_title(path, title)
    return path


def set_title(path: Path, title: str) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file.tags.add(TIT2(encoding=3, text=title))
    file.save()


def test_a_corrected_tag_costs_no_analysis_and_loses_nothing(place: Place, tmp_path: Path) -> None:
    path = write(tmp_path / "music" / "a.wav", 1, title="Adn")
    write(tmp_path / "music" / "b.wav", 2, title="Other")
    place.add(tmp_path / "music")
    track = next(each for each in place.catalogue.tracks() if each.title == "Adn")
    place.catalogue.history.record("liked", [Moment(track.id, 0, 3)])
    set_title(path, "Air on a string with a longer name")
    report = place.add(tmp_path / "music")
    assert (report.retagged, report.added, report.replaced, report.audio_s) == (1, 0, 0, 0.0)
    renamed = place.catalogue.track(track.id)
    assert renamed is not None and renamed.title == "Air on a string with a longer name"
    assert place.catalogue.history.has("liked", Moment(track.id, 0, 3))
    place.check_whole()


def test_a_tag_that_keeps_size_and_time_is_seen(place: Place, tmp_path: Path) -> None:
    path = write(tmp_path / "music" / "a.wav", 1, title="Adn")
    place.add(tmp_path / "music")
    before = path.stat()
    set_title(path, "Air")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size and path.stat().st_mtime_ns == before.st_mtime_ns
    assert place.add(tmp_path / "music").retagged == 1
    assert [track.title for track in place.catalogue.tracks()] == ["Air"]
    assert place.add(tmp_path / "music").unchanged == 1


def as_old(place: Place) -> dict[str, str]:
    """Make of a library what an older version would have made: ids of the bytes, no sounds; ids by path."""
    import sqlite3

    ids = {}
    place.vectors.close()
    with sqlite3.connect(place.home / "catalogue.sqlite") as connection:
        connection.execute("pragma foreign_keys = off")
        for path, track_id in connection.execute("select path, track_id from paths").fetchall():
            ids[path] = content_hash(path)
            for table, column in (("paths", "track_id"), ("tracks", "id")):
                connection.execute(
                    f"update {table} set {column} = ? where {column} = ?", (ids[path], track_id)
                )
            place.frames.write(ids[path], place.frames.read(track_id))
            place.frames.delete(track_id)
        connection.execute("update paths set sound = null, ctime_ns = null")
        connection.execute("update settings set value = value + 1 where key = 'generation'")
    connection.close()
    return ids


def test_ids_of_an_old_library_are_taken_over(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", kept_days=30)
    path, moved = (write(tmp_path / "music" / f"{name}.wav", seed) for seed, name in enumerate("ab"))
    place.add(tmp_path / "music")
    ids = as_old(place)
    place = Place(tmp_path / "home", kept_days=30)
    moved.rename(tmp_path / "music" / "moved.wav")
    report = place.add(tmp_path / "music")
    assert (report.unchanged, report.moved, report.added) == (1, 1, 0)
    assert {track.id for track in place.catalogue.tracks()} == set(ids.values())
    assert place.catalogue.files()[str(path)].sound == sound_hash(path)
    set_title(path, "New title")
    assert place.add(tmp_path / "music").retagged == 1
    track = place.catalogue.by_path(str(path))
    assert track is not None
    assert track.id == ids[str(path)]
    place.vectors.close()


def test_names_composed_and_decomposed_are_one(place: Place, tmp_path: Path) -> None:
    composed, decomposed = (tmp_path / "music" / f"Caf{e}.wav" for e in ("\u00e9", "e\u0301"))
    write(composed, 1)
    os.link(composed, decomposed)  # a file system that composes names shows one file by both
    report = place.add(composed, decomposed)
    assert (report.added, report.duplicates) == (1, 0)
    decomposed.unlink()
    assert place.catalogue.by_path(str(decomposed)) == place.catalogue.by_path(str(composed)) is not None
    assert place.remove(decomposed) == 1


def test_everything_is_looked_at_again_when_asked_for(place: Place, tmp_path: Path) -> None:
    path = write(tmp_path / "music" / "a.wav", 1, title="Air")
    place.add(tmp_path / "music")
    track = place.catalogue.tracks()[0]
    from dataclasses import replace

    place.catalogue.rename(replace(track, title="Wrong"))
    assert place.add(tmp_path / "music").unchanged == 1
    assert place.add(tmp_path / "music", everything=True).retagged == 1
    assert [each.title for each in place.catalogue.tracks()] == ["Air"]
    assert isinstance(place.catalogue.files()[str(path)], KnownFile)

"""Homes of older versions: opened, searched, upgraded; what frames can give is not read from sound again."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import old_homes
import pytest
from hearing_analyser import HearingAnalyser
from old_homes import FIRST, LAST, VERSIONS, Version
from place import MAKERS, Place

from index.analysis.analyser import SPECTRUM_HZ, measured_of_file, spectrum
from index.analysis.melody_salience import Salience
from index.audio.reading import read_sound
from index.core.errors import FingerprintError, OutdatedIndexError
from index.core.frames import FINGERPRINT_HZ, RATES_HZ, rows
from index.core.moments import Grid
from index.core.options import same_but_for_version
from index.ingest.stores import Stores
from index.store.vectors import window_ids
from index.upkeep.care import Care

NOW = old_homes.fingerprint(2)


def care(place: Place, *, reads: list[Path] | None = None) -> Care:
    stores = Stores(place.catalogue, place.vectors, place.frames, makers=MAKERS)

    def add(paths: object) -> object:
        assert reads is not None, "nothing is to be analysed again"
        reads.extend(paths)  # type: ignore[arg-type]
        return None

    return Care(place.home, stores, NOW, add)  # type: ignore[arg-type]


def arrays(place: Place, track_id: str) -> dict[str, bytes]:
    frames = place.frames.read(track_id)
    return {name: np.asarray(getattr(frames, name)).tobytes() for name in RATES_HZ}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_a_home_of_an_older_version_is_upgraded_from_its_frames(tmp_path: Path, version: Version) -> None:
    home, music = tmp_path / "home", tmp_path / "music"
    track_ids = old_homes.make(home, music, version)
    place = Place(home)
    before = {track_id: arrays(place, track_id) for track_id in track_ids}
    liked = place.catalogue.history.events() if version is not FIRST else []
    assert sorted(track.id for track in place.catalogue.tracks()) == sorted(track_ids)
    if version.frames != 2:
        with pytest.raises(OutdatedIndexError, match="reprise upgrade"):
            place.catalogue.made_with.check(NOW)
    else:
        place.catalogue.made_with.check(NOW)
        assert place.vectors.count("timbre") == sum(place.catalogue.windows().values()), "found as it is"
    with pytest.raises(FingerprintError):
        place.catalogue.made_with.check("clap at 48 kHz, windows of 10 s every 2 s, frames 2")

    upgraded = care(place).upgrade(lambda done, total, what: None)
    assert (upgraded.problems, upgraded.lacking, upgraded.vectors) == ([], set(), 2)
    assert (upgraded.measured, upgraded.sealed) == (2, 0), "no version of these had peaks"
    place.catalogue.made_with.check(NOW)
    assert {track_id: arrays(place, track_id) for track_id in track_ids} == before
    assert all(place.frames.verify(track_id).sealed for track_id in track_ids)
    measured = [place.frames.read(track_id) for track_id in track_ids]
    assert all(each.fingerprint is not None and each.peaks is not None for each in measured)
    assert place.vectors.has_token and place.vectors.origins() == {"harmony": "1", "timbre": "1"}
    place.check_whole()
    if version is not FIRST:
        assert place.catalogue.history.events() == liked != []
    with closing(sqlite3.connect(home / "threads.sqlite")) as threads:
        assert threads.execute("SELECT * FROM checkpoints").fetchall() == [("one", b"\x00\xff")]
    assert home.stat().st_mode & 0o077 == 0

    again = care(place).upgrade(lambda done, total, what: None)
    assert again.sentences() == [] and again.problems == []
    assert care(place).check(lambda *_: None, repair=False).whole
    place.vectors.close()


def test_a_home_whose_every_window_had_vectors_keeps_every_second_one(tmp_path: Path) -> None:
    """As the version before left it: sealed frames, a token, and twice the vectors of another kind."""
    music = tmp_path / "music"
    music.mkdir()
    for number in range(2):
        old_homes.write(music / f"{number}.wav", number)
    place = Place(tmp_path / "home", analyser=HearingAnalyser)
    place.add(music, fingerprint=NOW)
    now, measured = place.state(), {each: arrays(place, each) for each in place.frames.ids()}
    assert care(place).upgrade(lambda *_: None).sentences() == [], "a home of this version is as it was"
    assert place.state() == now
    windows = place.catalogue.windows()
    for name, width in (("timbre", 4), ("harmony", 5)):
        place.vectors.drop(name)
        for track_id, count in windows.items():
            place.vectors.upsert(name, window_ids(track_id, count), np.ones((count, width), np.float32))
        place.vectors.note_origin(name, "0")
    assert place.vectors.count("timbre") == sum(windows.values()) > len(now["vectors"]["timbre"])
    for file in music.iterdir():
        os.truncate(file, 0)  # whoever reads the sound fails
    upgraded = care(place).upgrade(lambda *_: None)
    assert (upgraded.vectors, upgraded.measured, upgraded.sealed, upgraded.lacking) == (2, 0, 0, set())
    assert place.state() == now and {each: arrays(place, each) for each in place.frames.ids()} == measured
    assert care(place).check(lambda *_: None, repair=False).whole
    place.check_whole()
    place.vectors.close()


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_a_check_before_the_upgrade_says_once_of_each_collection_that_it_is_older(
    tmp_path: Path, version: Version
) -> None:
    """Vectors of another version may be of another length, and of every window: none is looked at alone."""
    old_homes.make(tmp_path / "home", tmp_path / "music", version)
    place = Place(tmp_path / "home")
    for name in ("harmony", "timbre"):
        place.vectors.note_origin(name, "0")
    found = care(place, reads=[]).check(lambda *_: None, repair=False)
    told = [sentence for sentence in found.findings if "harmony" in sentence or "timbre" in sentence]
    assert [name for name in ("harmony", "timbre") for sentence in told if f"of {name} " in sentence] == [
        "harmony",
        "timbre",
    ]
    assert all("another version" in sentence for sentence in told), told
    assert not found.whole
    place.vectors.close()


def test_a_check_tells_of_windows_that_this_version_does_not_keep(tmp_path: Path) -> None:
    """Vectors of the same length, of every window and not of every second one."""
    old_homes.make(tmp_path / "home", tmp_path / "music", LAST)
    place = Place(tmp_path / "home")
    found = care(place, reads=[]).check(lambda *_: None, repair=False)
    wanted = sum(Grid().vector_count(count) for count in place.catalogue.windows().values())
    more = place.vectors.count("harmony") - wanted
    assert more > 0
    assert f"Of harmony {more} vectors more are there than this version keeps." in found.findings
    place.vectors.close()


def test_a_sound_that_is_away_is_named_and_everything_else_is_upgraded(tmp_path: Path) -> None:
    home, music = tmp_path / "home", tmp_path / "music"
    old_homes.make(home, music, FIRST)
    (music / "0.wav").unlink()
    place = Place(home)
    upgraded = care(place).upgrade(lambda done, total, what: None)
    assert upgraded.measured == 1 and len(upgraded.problems) == 1 and "0.wav" in upgraded.problems[0]
    assert len(place.catalogue.tracks()) == 2
    place.check_whole()
    place.vectors.close()


def test_frames_that_are_damaged_are_read_again_and_everything_else_is_upgraded(tmp_path: Path) -> None:
    """A header may be whole where what follows is not: seen only when all of it is read."""
    home = tmp_path / "home"
    old_homes.make(home, tmp_path / "music", LAST)
    place = Place(home)
    first, second = place.frames.ids()
    kept = place.frames.read(first)
    place.frames.write(first, replace(kept, level_db=np.array(kept.level_db)))
    content = bytearray(place.frames.path(first).read_bytes())
    content[-1] ^= 1
    place.frames.path(first).write_bytes(content)
    reads: list[Path] = []
    upgraded = care(place, reads=reads).upgrade(lambda done, total, what: None)
    assert upgraded.measured == 1 and place.frames.read(second).peaks is not None
    assert len(reads) == 1
    place.vectors.close()


def test_a_check_before_the_upgrade_counts_what_this_version_measures_otherwise(tmp_path: Path) -> None:
    home = tmp_path / "home"
    old_homes.make(home, tmp_path / "music", LAST)
    place = Place(home)
    (home / "melody" / Salience().version).rename(home / "melody" / "0123456789ab")
    found = care(place, reads=[]).check(lambda *_: None, repair=False)
    assert [each for each in found.findings if "melody" in each] == [
        "The melody of 2 tracks was not measured by this version."
    ]
    assert found.notes == ["2 tracks are not measured as this version does: `reprise upgrade` sees to that."]
    assert care(place).upgrade(lambda *_: None).melodies == 2
    (home / "melody" / Salience().version).rename(home / "melody" / "ba9876543210")
    steps: list[str] = []
    upgraded = care(place).upgrade(lambda done, total, what: steps.append(what))
    assert steps[:2] == ["measuring melodies anew"] * 2
    assert upgraded.sentences() == ["2 tracks whose melody was measured anew."]
    after = care(place).check(lambda *_: None, repair=False)
    assert after.whole and not after.findings and not after.notes
    place.vectors.close()


def test_the_fingerprint_alone_is_what_a_whole_analysis_measures(tmp_path: Path) -> None:
    old_homes.make(tmp_path / "home", tmp_path / "music", LAST)
    file = tmp_path / "music" / "0.wav"
    sound = read_sound(file)
    measured = measured_of_file(file, -23.0, sound.duration_s, ["fingerprint", "peaks"])
    alone = measured["fingerprint"]
    assert len(alone) == rows(sound.duration_s, FINGERPRINT_HZ) and alone.dtype == np.uint32
    import soxr

    whole = spectrum(soxr.resample(sound.samples, sound.rate_hz, SPECTRUM_HZ), sound.duration_s)
    assert np.mean(alone == whole["fingerprint"][: len(alone)]) > 0.9
    assert measured["peaks"].shape == whole["peaks"].shape


def test_fingerprints_that_differ_in_the_version_alone() -> None:
    assert same_but_for_version(old_homes.fingerprint(1), NOW)
    assert not same_but_for_version(NOW, NOW.replace("every 2 s", "every 8 s"))

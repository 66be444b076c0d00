"""Adding music: new, moved, changed, copied, broken files; sudden deaths; several programs at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from place import Place

from index.catalogue.catalogue import Catalogue
from index.core.errors import FingerprintError
from index.ingest.scan import scan
from index.store.vectors import window_ids


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "home")
    yield place
    place.vectors.close()


def write(path: Path, seed: int, duration_s: float = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    soundfile.write(path, rng.uniform(-0.5, 0.5, round(duration_s * 8000)), 8000)
    return path


def titles(place: Place) -> list[str]:
    return [track.title for track in place.catalogue.tracks()]


def test_adding_twice_does_nothing_the_second_time(place: Place, tmp_path: Path) -> None:
    music = tmp_path / "music"
    for number in range(3):
        write(music / f"Artist - Song {number}.wav", number, 3 + 10 * number)
    (music / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    (music / "list.m3u").write_text("x")
    write(music / ".hidden.wav", 9)
    report = place.add(music)
    assert (report.added, report.unchanged, report.failed, report.audio_s) == (3, 0, (), 39.0)
    assert titles(place) == ["Song 0", "Song 1", "Song 2"]
    assert sorted(place.catalogue.windows().values()) == [1, 3, 8]
    place.check_whole()
    assert place.told[-1].done == place.told[-1].total == 3
    before = place.state()
    again = place.add(music)
    assert (again.added, again.unchanged) == (0, 3)
    assert place.state() == before
    for number in range(3):
        os.utime(music / f"Artist - Song {number}.wav", (1, 1))
    touched = place.add(music)
    assert (touched.added, touched.unchanged, touched.moved, touched.duplicates) == (0, 3, 0, 0)
    assert place.state() == before


def test_a_moved_file_is_recognised(place: Place, tmp_path: Path) -> None:
    old = write(tmp_path / "music" / "Old name.wav", 1)
    place.add(tmp_path / "music")
    (tmp_path / "music" / "sub").mkdir()
    new = old.rename(tmp_path / "music" / "sub" / "New name.wav")
    report = place.add(tmp_path / "music")
    assert (report.added, report.moved, report.audio_s) == (0, 1, 0)
    (track,) = place.catalogue.tracks()
    assert (track.path, track.title) == (str(new), "New name")
    assert place.catalogue.paths(track.id) == [str(new)]
    place.check_whole()


def test_a_copy_is_one_track_with_two_files(place: Place, tmp_path: Path) -> None:
    first = write(tmp_path / "music" / "a.wav", 1)
    shutil.copy(first, tmp_path / "music" / "b.wav")
    report = place.add(tmp_path / "music")  # both are new: one waits for the other
    assert (report.added, report.duplicates) == (1, 1)
    shutil.copy(first, tmp_path / "music" / "c.wav")
    assert place.add(tmp_path / "music").duplicates == 1
    (track,) = place.catalogue.tracks()
    assert [Path(path).name for path in place.catalogue.paths(track.id)] == ["a.wav", "b.wav", "c.wav"]
    assert place.remove(first) == 0
    assert titles(place) == ["a"] and Path(place.catalogue.tracks()[0].path).name == "b.wav"
    assert place.remove(tmp_path / "music") == 1
    place.check_whole()


def test_a_changed_file_replaces_its_track(place: Place, tmp_path: Path) -> None:
    path = write(tmp_path / "music" / "a.wav", 1, 13)
    place.add(tmp_path / "music")
    old = place.catalogue.tracks()[0].id
    write(path, 2)
    report = place.add(tmp_path / "music")
    assert (report.added, report.replaced) == (0, 1)
    assert [track.id for track in place.catalogue.tracks()] != [old]
    place.check_whole()
    other = write(tmp_path / "music" / "b.wav", 3)
    place.add(other)
    path.write_bytes(other.read_bytes())  # now what another file holds
    assert place.add(tmp_path / "music").replaced == 1
    assert len(place.catalogue.tracks()) == 1
    place.check_whole()


def test_failures_are_listed_and_heal(place: Place, tmp_path: Path) -> None:
    music = tmp_path / "music"
    write(music / "good.wav", 1)
    write(music / "short.wav", 2, 0.5)
    write(music / "dies.wav", 3)
    write(music / "bug.wav", 4)
    (music / "empty.mp3").write_bytes(b"")
    (music / "text.ogg").write_text("no music " * 100)
    (music / "folder.wav").mkdir()
    os.mkfifo(music / "pipe.wav")
    (music / "broken link.wav").symlink_to(tmp_path / "nowhere.wav")
    report = place.add(music, tmp_path / "missing.wav")
    assert report.added == 1
    reasons = {Path(failure.path).name: failure.reason for failure in report.failed}
    assert reasons == {
        "bug.wav": "an error of ours, ZeroDivisionError: of a bug (logs/reprise.log says more)",
        "broken link.wav": "there is no such file",
        "dies.wav": "the process that analysed it ended suddenly (was there enough memory?)",
        "empty.mp3": "it is empty (0 bytes)",
        "folder.wav": "it is a folder, not a file",
        "missing.wav": "there is no such file",
        "pipe.wav": "it is not an ordinary file",
        "short.wav": "it lasts 0.50 s, and at least one second is needed",
        "text.ogg": "it is text, not sound",
    }
    assert {Path(failure.path).name for failure in place.catalogue.failures()} == set(reasons)
    place.check_whole()
    write(music / "short.wav", 2, 2)
    for name in ("pipe.wav", "broken link.wav", "text.ogg"):
        (music / name).unlink()
    report = place.add(music)
    assert report.added == 1 and len(report.failed) == 4
    left = {Path(failure.path).name for failure in place.catalogue.failures()}
    assert left == {"bug.wav", "dies.wav", "empty.mp3", "folder.wav", "missing.wav"}
    write(music / "good.wav", 1, 0.1)  # what was good is not any more
    place.add(music)
    assert titles(place) == ["short"]
    place.check_whole()


def test_the_other_fingerprint_is_refused_before_anything_is_done(place: Place, tmp_path: Path) -> None:
    path = write(tmp_path / "music" / "a.wav", 1)
    place.add(path)
    before = place.state()
    write(tmp_path / "music" / "b.wav", 2)
    with pytest.raises(FingerprintError):
        place.add(tmp_path / "music", fingerprint="other")
    assert place.state() == before
    place.remove(path)
    assert place.add(tmp_path / "music", fingerprint="other").added == 2


def test_lost_parts_are_made_again(place: Place, tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / "music" / f"{number}.wav", number, 13)
    place.add(tmp_path / "music")
    before = place.state()
    first, second, third = (track.id for track in place.catalogue.tracks())
    place.frames.delete(first)
    place.vectors.delete("timbre", window_ids(second, 3)[:1])
    place.vectors.upsert("harmony", ["f" * 20 + ":00000"], np.ones((1, 3), np.float32))
    place.frames.write("e" * 20, place.frames.read(third))
    report = place.add(write(tmp_path / "other.wav", 7))
    assert report.added == 2, "the one without frames, and the other one; vectors come from frames"
    assert report.mended == ("The vectors of one track made anew from what was measured of the sound.",)
    place.remove(tmp_path / "other.wav")
    assert place.state() == before
    Path(place.catalogue.tracks()[0].path).unlink()
    place.frames.delete(first)
    place.add(tmp_path / "music")  # its file is gone: half a track cannot stay
    assert len(place.catalogue.tracks()) == 2
    place.check_whole()


SCRIPT = """
import sys
from pathlib import Path
from place import Place
place = Place(Path(sys.argv[1]))
report = place.add(*map(Path, sys.argv[2:]), workers=2)
place.vectors.close()
print(report.added, report.interrupted, report.left, any(told.waiting for told in place.told), flush=True)
"""


def adding(home: Path, *paths: Path, sleep_s: float = 0.0, until: Path = Path("/")) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environment |= {"FAKE_SLEEP_S": str(sleep_s), "FAKE_WAITS_FOR": str(until)}
    command = [sys.executable, "-c", SCRIPT, str(home), *map(str, paths)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def wait_for_tracks(home: Path, count: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if (home / "catalogue.sqlite").exists() and len(Catalogue(home).tracks()) >= count:
            return
        time.sleep(0.05)
    raise AssertionError("no track came")


def test_killed_again_and_again_it_ends_the_same(place: Place, tmp_path: Path) -> None:
    music = tmp_path / "music"
    for number in range(14):
        write(music / f"{number:02d}.wav", number, 2 + number)
    shutil.copy(music / "03.wav", music / "copy.wav")
    (music / "empty.wav").write_bytes(b"")
    write(music / "dies.wav", 99)
    place.add(music)
    undisturbed = place.state()

    home = tmp_path / "killed"
    rng = np.random.default_rng(5)
    for round_number in range(4):
        process = adding(home, music, sleep_s=0.15)
        wait_for_tracks(home, min(2 * round_number, 12))
        time.sleep(float(rng.uniform(0, 0.5)))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    other = Place(home)
    other.add(music)
    assert other.state() == undisturbed
    other.check_whole()
    other.vectors.close()


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    music = tmp_path / "music"
    for number in range(20):
        write(music / f"{number:02d}.wav", number)
    process = adding(tmp_path / "home", music, sleep_s=0.3)
    wait_for_tracks(tmp_path / "home", 2)
    job = Catalogue(tmp_path / "home").job()
    assert job is not None and (job.pid, job.folder, job.total) == (process.pid, str(music), 20)
    process.send_signal(signal.SIGINT)
    added, interrupted, left, _ = process.communicate(timeout=30)[0].split()
    assert (interrupted, int(added) + int(left)) == ("True", 20) and 2 <= int(added) < 20
    place = Place(tmp_path / "home")
    place.check_whole()
    assert len(place.catalogue.tracks()) == int(added)
    assert place.add(music).added == int(left)
    place.check_whole()
    place.vectors.close()


def test_two_at_once_take_turns_but_a_file_goes_in_at_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        for number in range(4):
            write(tmp_path / name / f"{name} {number}.wav", len(name) * 10 + ord(name[0]) + number)
    single = write(tmp_path / "single.wav", 1000)
    home = tmp_path / "home"
    first = adding(home, tmp_path / "one", until=tmp_path / "go")
    while not (home / "catalogue.sqlite").exists() or Catalogue(home).job() is None:
        assert first.poll() is None
        time.sleep(0.05)
    second = adding(home, tmp_path / "two")
    alone = adding(home, single)
    assert alone.communicate(timeout=60)[0].split() == ["1", "False", "0", "False"]
    assert first.poll() is None and second.poll() is None
    (tmp_path / "go").touch()
    assert first.communicate(timeout=60)[0].split()[:2] == ["4", "False"]
    assert second.communicate(timeout=60)[0].split() == ["4", "False", "0", "True"]
    place = Place(home)
    assert len(place.catalogue.tracks()) == 9
    place.check_whole()
    place.vectors.close()


def test_scanning(tmp_path: Path) -> None:
    for name in (
        "b.wav",
        "a.MP3",
        "sub/z.flac",
        "sub/.x/y.wav",
        "cover.png",
        "notes.txt",
        "set.cue",
        "._a.mp3",
    ):
        path = tmp_path / "m" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "m" / "no ending").write_bytes(b"RIFF....WAVE")
    (tmp_path / "m" / "Vol. 2").write_bytes(b"fLaC")
    (tmp_path / "m" / "README").write_bytes(b"text")
    (tmp_path / "m" / "sub" / "loop").symlink_to(tmp_path / "m")
    (tmp_path / "m" / "zz.wav").symlink_to(tmp_path / "m" / "b.wav")
    found = scan([tmp_path / "m", tmp_path / "m" / "b.wav", tmp_path / "m" / "notes.txt"])
    names = [os.path.relpath(path, tmp_path / "m") for path in found.files]
    assert names == ["Vol. 2", "a.MP3", "b.wav", "no ending", "zz.wav", "sub/z.flac", "notes.txt"]
    assert found.refused == {} and found.folders == [str(tmp_path / "m")]
    assert scan([tmp_path / "m"], [tmp_path / "m" / "sub"]).files[-1].endswith("zz.wav")
    album = tmp_path / "album.flac"
    album.mkdir()
    assert scan([tmp_path / "album.flac"]).files == []
    (album / "1.flac").write_bytes(b"x")
    assert len(scan([tmp_path]).files) == 7


def test_names_that_are_odd(place: Place, tmp_path: Path) -> None:
    names = [
        "new\nline.wav",
        "emoji 🎻.wav",
        os.fsdecode(b"latin \xe9\xff.wav"),
        "-rf.wav",
        " .wav",
        "%s%n{}.wav",
    ]
    (tmp_path / "music").mkdir()
    for number, name in enumerate(names):
        write(tmp_path / "plain.wav", number).rename(tmp_path / "music" / name)
    assert place.add(tmp_path / "music").added == len(names)
    assert sorted(place.catalogue.files()) == sorted(str(tmp_path / "music" / name) for name in names)
    assert all(title == " ".join(title.split()) and title for title in titles(place))
    assert place.add(tmp_path / "music").unchanged == len(names)
    assert place.remove(tmp_path / "music") == len(names)
    place.check_whole()

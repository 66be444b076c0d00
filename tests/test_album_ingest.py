"""Files that hold several tracks, added: titles of their own, and sheets that come, change and go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from place import Place

from index.audio.reading import content_hash
from index.audio.sound_hash import sound_hash


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "home")
    yield place
    place.vectors.close()


def album(folder: Path, seed: int = 0) -> Path:
    """Eighteen seconds, louder from title to title."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    samples = rng.uniform(-0.5, 0.5, 18 * 8000) * np.repeat([0.2, 0.5, 1.0], 6 * 8000)
    soundfile.write(folder / "album.flac", samples, 8000)
    return folder / "album.flac"


def write_sheet(folder: Path, titles: dict[str, int], name: str = "album.flac") -> Path:
    lines = ['TITLE "The Album"', 'PERFORMER "The Band"', f'FILE "{name}" WAVE']
    for number, (title, start_s) in enumerate(titles.items(), 1):
        lines += [f"TRACK {number:02d} AUDIO", f'TITLE "{title}"', f"INDEX 01 00:{start_s:02d}:00"]
    (folder / "album.cue").write_text("\n".join(lines))
    return folder / "album.cue"


def places(place: Place) -> dict[str, tuple[float, float | None, float]]:
    return {track.title: (track.start_s, track.end_s, track.duration_s) for track in place.catalogue.tracks()}


TITLES = {"One": 0, "Two": 6, "Three": 12}
EXPECTED = {"One": (0.0, 6.0, 6.0), "Two": (6.0, 12.0, 6.0), "Three": (12.0, None, 6.0)}


def test_a_sheet_makes_titles(place: Place, tmp_path: Path) -> None:
    music = tmp_path / "music"
    path = album(music)
    write_sheet(music, TITLES)
    report = place.add(music)
    assert (report.added, report.failed) == (3, ())
    assert places(place) == EXPECTED
    assert {track.path for track in place.catalogue.tracks()} == {str(path)}
    assert {(track.artist, track.album) for track in place.catalogue.tracks()} == {("The Band", "The Album")}
    assert place.told[-1].done == place.told[-1].total == 1
    place.check_whole()
    before = place.state()
    again = place.add(music)
    assert (again.added, again.unchanged) == (0, 1)
    assert place.state() == before


def test_a_sheet_that_comes_changes_and_goes(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", kept_days=30)
    music = tmp_path / "music"
    album(music)
    place.add(music)
    whole = place.catalogue.tracks()[0]
    sheet = write_sheet(music, TITLES)
    place.add(music)
    assert places(place) == EXPECTED
    ids = {track.title: track.id for track in place.catalogue.tracks()}
    write_sheet(music, {"One": 0, "Second": 6, "Third": 12})
    report = place.add(music)
    assert (report.retagged, report.audio_s) == (1, 0)
    assert {track.title: track.id for track in place.catalogue.tracks()} == {
        "One": ids["One"],
        "Second": ids["Two"],
        "Third": ids["Three"],
    }
    write_sheet(music, {"One": 0, "Rest": 6})
    place.add(music)
    assert places(place) == {"One": (0.0, 6.0, 6.0), "Rest": (6.0, None, 12.0)}
    sheet.unlink()
    report = place.add(music)
    assert [track.id for track in place.catalogue.tracks()] == [whole.id]
    assert report.audio_s == 0  # its frames were kept
    write_sheet(music, TITLES)
    assert place.add(music).audio_s == 0
    assert {track.title: track.id for track in place.catalogue.tracks()} == ids
    place.vectors.close()


def test_a_title_beyond_the_end_is_left_out(place: Place, tmp_path: Path) -> None:
    music = tmp_path / "music"
    album(music)
    write_sheet(music, {**TITLES, "Never": 40})
    report = place.add(music)
    assert set(places(place)) == {"One", "Two", "Three"}
    assert report.failed == ()


def test_an_album_that_is_moved_with_its_sheet(place: Place, tmp_path: Path) -> None:
    music = tmp_path / "music"
    album(music / "a")
    write_sheet(music / "a", TITLES)
    place.add(music)
    ids = {track.id for track in place.catalogue.tracks()}
    (music / "a").rename(music / "b")
    report = place.add(music)
    assert {track.id for track in place.catalogue.tracks()} == ids
    assert report.audio_s == 0
    assert {track.path for track in place.catalogue.tracks()} == {str(music / "b" / "album.flac")}
    place.check_whole()


def test_what_could_not_be_read_is_noted(place: Place, tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    whole = tmp_path / "whole.wav"
    soundfile.write(whole, np.random.default_rng(0).uniform(-0.5, 0.5, 80000), 8000)
    (music / "cut.wav").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    report = place.add(music)
    note = "read to 0:05 of 0:10"
    assert (report.added, dict(report.noted)) == (1, {str(music / "cut.wav"): note})
    assert [(each.path, each.note) for each in place.catalogue.files_of.noted()] == [
        (str(music / "cut.wav"), note)
    ]


def test_a_list_of_other_files_is_hashed_as_text(tmp_path: Path) -> None:
    """What FFmpeg would follow to other files, or to the network, is not followed."""
    other = album(tmp_path)
    path = tmp_path / "list.mp3"
    path.write_text(f"ffconcat version 1.0\nfile {other.name}\n")
    assert sound_hash(path) == content_hash(path)

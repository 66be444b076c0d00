"""The same recording in several files: shown once, never lost, whichever of its files goes; other takes stay others."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from hearing_analyser import HearingAnalyser, heard
from place import Place
from ready_place import copied, end
from scipy.signal import lfilter
from sounds import RATE_HZ, laid, note

from index.audio.reading import Sound
from index.core.errors import QueryError
from index.core.frames import NOTE_HZ, Frames
from index.core.moments import Moment
from index.ingest.ingest import AddReport
from index.ingest.same_recording import Outline, compared, outline
from index.ingest.separate import parted

KINDS = {
    ".flac": ("FLAC", "PCM_16"),
    ".wav": ("WAV", "PCM_16"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".ogg": ("OGG", "VORBIS"),
}


@lru_cache(maxsize=4)
def music(
    seed: int, length_s: float = 24.0, tempo: float = 1.0, decay_s: float = 1.2, skip_s: float = 0.0
) -> np.ndarray:
    """Notes at random, several voices: the same seed plays the same notes. To be read only."""
    rng = np.random.default_rng(seed)
    events = []
    for _ in range(round(6 * length_s)):
        at_s, midi, long_s = rng.uniform(0, length_s), rng.integers(45, 85), rng.uniform(0.2, 1.2)
        if at_s >= skip_s:
            events.append(((at_s - skip_s) / tempo, note(float(midi), float(long_s) / tempo, decay_s)))
    samples = laid(events, (length_s - skip_s) / tempo + 0.5).samples
    samples.flags.writeable = False
    return samples


def written(path: Path, samples: np.ndarray, lead_in_s: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    kind, coding = KINDS[path.suffix]
    samples = np.concatenate([np.zeros(round(lead_in_s * RATE_HZ), np.float32), samples])
    soundfile.write(path, samples / np.abs(samples).max() * 0.8, RATE_HZ, format=kind, subtype=coding)
    return path


def mastered(samples: np.ndarray) -> np.ndarray:
    """Brighter, and louder where it is soft."""
    bright = lfilter([1.0, -0.5], [1.0], samples)
    return np.tanh(1.5 * bright / np.abs(bright).max()).astype(np.float32)


def outlined(samples: np.ndarray) -> Outline:
    bits, _, level_db = heard(Sound(samples.astype(np.float32), RATE_HZ))
    at = np.minimum((np.arange(len(bits)) * 0.6).astype(int), len(level_db) - 1)
    return Outline(bits, level_db[at] > -60)


def opened(home: Path) -> Place:
    return Place(home, kept_days=30, analyser=HearingAnalyser)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = opened(tmp_path / "home")
    yield place
    place.vectors.close()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One recording in three files, in `music` and in the library in `home`; to be copied.

    FLAC, MP3, and a master in Vorbis with a second and a half before it.
    """
    folder, samples = tmp_path_factory.mktemp("recording"), music(1)
    written(folder / "music" / "Song.flac", samples)
    written(folder / "music" / "Song.mp3", samples)
    written(folder / "music" / "The song, mastered.ogg", mastered(samples), lead_in_s=1.5)
    place = opened(folder / "home")
    report = add(place, folder / "music")
    assert (report.added, len(report.other_files), report.failed) == (1, 2, ())
    end(place)
    return folder


@pytest.fixture
def folder(recording: Path, tmp_path: Path) -> Path:
    """Those three files, not added yet."""
    return Path(shutil.copytree(recording / "music", tmp_path / "music"))


@pytest.fixture
def added(recording: Path, tmp_path: Path) -> Iterator[tuple[Place, Path]]:
    """That library, and the folder that was added."""
    place = copied(recording, tmp_path, opened)
    yield place, tmp_path / "music"
    place.vectors.close()


def add(place: Place, *paths: Path, everything: bool = False) -> AddReport:
    return place.add(*paths, workers=1, everything=everything)


def only(place: Place) -> tuple[str, dict[str, float]]:
    """The one track, and where it begins in its files."""
    (track,) = place.catalogue.tracks()
    return track.id, {Path(each.path).name: each.start_s for each in place.catalogue.places_of(track.id)}


def test_several_files_of_a_recording_are_one_track(place: Place, folder: Path) -> None:
    report = add(place, folder)
    assert (report.added, len(report.other_files), report.failed) == (1, 2, ())
    track_id, begins_s = only(place)
    assert begins_s.keys() == {"Song.flac", "Song.mp3", "The song, mastered.ogg"}
    by_lead = begins_s["The song, mastered.ogg"] - begins_s["Song.flac"]
    assert by_lead == pytest.approx(1.5, abs=0.1)
    assert begins_s["Song.mp3"] - begins_s["Song.flac"] == pytest.approx(0, abs=0.1)
    (track,) = place.catalogue.tracks()
    assert len(track.also) == 2 and "also: " in track.other_files
    assert set(report.other_files.values()) == {track.path}
    assert place.frames.ids() == [track_id]
    place.check_whole()
    before = place.state()
    again = add(place, folder)
    assert (again.added, again.unchanged, again.audio_s) == (0, 3, 0.0)
    everything = add(place, folder, everything=True)
    assert (everything.added, everything.unchanged, everything.audio_s) == (0, 3, 0.0)
    assert place.state() == before and only(place)[1] == begins_s


def test_other_takes_excerpts_and_medleys_are_others(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    written(folder / "a.flac", music(1))
    written(folder / "another take.flac", music(1, tempo=0.97))
    written(folder / "other sound.flac", music(1, decay_s=0.08))
    written(folder / "excerpt.flac", music(1, skip_s=9))
    written(folder / "medley.flac", np.concatenate([music(1)[: 14 * RATE_HZ], music(2)[: 14 * RATE_HZ]]))
    written(folder / "other.flac", music(3))
    assert add(place, folder).added == 6


def test_the_file_that_was_analysed_may_go(added: tuple[Place, Path]) -> None:
    place, folder = added
    track_id, begins_s = only(place)
    (track,) = place.catalogue.tracks()
    place.catalogue.history.record("liked", [Moment(track_id, 3, 9)])
    Path(track.path).unlink()
    there = place.catalogue.there(track)
    assert Path(there.path).is_file() and there.path != track.path, "players play another file at once"
    report = add(place, folder)
    assert (report.retired, report.added) == (0, 0)
    same_id, left = only(place)
    assert same_id == track_id
    assert left == {name: start for name, start in begins_s.items() if name != Path(track.path).name}
    place.check_whole()
    (now,) = place.catalogue.tracks()
    assert now.in_file(5.0) == pytest.approx(5.0 + left[Path(now.path).name])


def test_a_file_that_is_another_recording_is_taken_out_for_good(added: tuple[Place, Path]) -> None:
    place, folder = added
    track_id, _ = only(place)
    (track,) = place.catalogue.tracks()
    place.catalogue.history.record("liked", [Moment(track_id, 3, 9)])
    others = [Path(path) for path in (track.path, *track.also)]
    copy = folder / "copy.ogg"
    copy.write_bytes((folder / "The song, mastered.ogg").read_bytes())
    add(place, folder)
    wrong = folder / "The song, mastered.ogg"
    assert parted([wrong], place.catalogue) == sorted([copy, wrong])
    report = add(place, copy, wrong)
    assert (report.added, report.duplicates, dict(report.other_files)) == (1, 1, {})
    first, second = sorted(place.catalogue.tracks(), key=lambda each: each.id != track_id)
    assert {Path(each).name for each in (first.path, *first.also)} == {"Song.flac", "Song.mp3"}
    assert first.id == track_id and {second.path, *second.also} == {str(copy), str(wrong)}
    assert place.catalogue.places_of(second.id)[0].start_s == 0
    place.check_whole()
    # It stays so: whatever is looked at again, removed and added, or comes in as another file of one of them.
    add(place, folder, everything=True)
    place.remove(folder)
    add(place, folder)
    assert len(place.catalogue.tracks()) == 2
    place.catalogue.retired.drop(place.catalogue.retired.all())
    written(folder / "Again.flac", np.concatenate([music(1), np.zeros(4000, np.float32)]))
    add(place, folder)
    assert sorted(len(each.also) for each in place.catalogue.tracks()) == [1, 2]
    assert others[0].exists()
    with pytest.raises(QueryError, match="a track of its own already"):
        parted([wrong], place.catalogue)
    with pytest.raises(QueryError, match="not in the library"):
        parted([folder / "none.wav"], place.catalogue)
    with pytest.raises(QueryError, match="is a folder: name the file of it"):
        parted([folder], place.catalogue)


def test_the_file_that_was_measured_keeps_the_track_when_it_is_taken_apart(
    added: tuple[Place, Path],
) -> None:
    place, _ = added
    track_id, begins_s = only(place)
    measured = next(each for each in place.catalogue.places_of(track_id) if each.sound == track_id)
    away = parted([Path(measured.path)], place.catalogue)
    assert {each.name for each in away} == begins_s.keys() - {Path(measured.path).name}
    report = add(place, *away)
    assert (report.added, len(report.other_files)) == (1, 1), "what left is one recording all the same"
    assert {len(each.also) for each in place.catalogue.tracks()} == {0, 1}
    assert measured.path in {each.path for each in place.catalogue.tracks() if each.id == track_id}
    place.check_whole()


def test_nothing_is_taken_apart_while_a_file_is_away(added: tuple[Place, Path]) -> None:
    place, folder = added
    before = place.state()
    (folder / "Song.mp3").rename(folder / "away")
    with pytest.raises(QueryError, match=r"Song\.mp3 cannot be reached"):
        parted([folder / "Song.mp3"], place.catalogue)
    assert place.state() == before and place.catalogue.apart.pairs() == set()


def test_a_file_may_be_removed_by_hand(added: tuple[Place, Path]) -> None:
    place, folder = added
    assert place.remove(folder / "Song.mp3") == 0
    assert only(place)[1].keys() == {"Song.flac", "The song, mastered.ogg"}
    assert place.remove(folder / "Song.flac") == 0
    assert place.remove(folder / "The song, mastered.ogg") == 1
    assert place.catalogue.tracks() == []


@pytest.mark.parametrize("back", ["Song.flac", "The song, mastered.ogg"])
def test_a_track_comes_back_by_any_of_its_files(added: tuple[Place, Path], tmp_path: Path, back: str) -> None:
    place, folder = added
    track_id, begins_s = only(place)
    shutil.copytree(folder, tmp_path / "aside")
    assert place.remove(folder) == 1
    for file in folder.iterdir():
        file.unlink()
    shutil.copy(tmp_path / "aside" / back, folder / back)
    report = add(place, folder / back)
    assert (report.came_back, report.added, report.audio_s) == (1, 0, 0.0)
    assert only(place) == (track_id, {back: begins_s[back]})


def test_damaged_frames_are_measured_from_the_file_that_is_left_in_the_tracks_own_time(
    place: Place, folder: Path
) -> None:
    (folder / "Song.mp3").unlink()
    add(place, folder / "Song.flac")
    add(place, folder)
    track_id, begins_s = only(place)
    before = np.asarray(place.frames.read(track_id).fingerprint)
    (folder / "Song.flac").unlink()
    add(place, folder)
    path = place.frames.path(track_id)
    path.write_bytes(path.read_bytes()[:500])
    add(place, folder)
    assert only(place) == (track_id, {"The song, mastered.ogg": begins_s["The song, mastered.ogg"]})
    after = np.asarray(place.frames.read(track_id).fingerprint)
    counted = np.ones(min(len(before), len(after)), bool)
    likeness = compared(Outline(after[: len(counted)], counted), Outline(before[: len(counted)], counted))
    assert likeness.mean > 0.6 and likeness.offset_s == pytest.approx(0, abs=0.13)


def test_a_track_that_begins_before_its_file_keeps_its_time(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    written(folder / "with silence.flac", music(1), lead_in_s=2.0)
    add(place, folder)
    written(folder / "without.ogg", music(1))
    add(place, folder)
    track_id, begins_s = only(place)
    assert begins_s["without.ogg"] == pytest.approx(-2.0, abs=0.1)
    duration_s = place.catalogue.tracks()[0].duration_s
    (folder / "with silence.flac").unlink()
    add(place, folder)
    path = place.frames.path(track_id)
    path.write_bytes(path.read_bytes()[:500])
    add(place, folder)
    assert only(place)[1] == {"without.ogg": begins_s["without.ogg"]}
    frames = place.frames.read(track_id)
    assert frames.duration_s == pytest.approx(duration_s, abs=0.2)
    level_db = np.asarray(frames.level_db)
    assert np.all(level_db[: round(1.5 * NOTE_HZ)] < -60) and level_db[round(2.5 * NOTE_HZ)] > -60


def test_a_file_that_is_encoded_anew_stays_its_track(place: Place, tmp_path: Path) -> None:
    path = written(tmp_path / "music" / "a.wav", music(5))
    add(place, path)
    track_id, _ = only(place)
    written(path, mastered(music(5)))
    report = add(place, path)
    assert len(report.other_files) == 1
    assert only(place)[0] == track_id
    place.check_whole()


def test_tags_are_those_of_the_first_file(place: Place, folder: Path) -> None:
    add(place, folder / "Song.flac")
    add(place, folder)
    for name, title in (("Song.mp3", "Wrong"), ("Song.flac", "Right")):
        file = mutagen.File(folder / name, easy=True)
        if file.tags is None:
            file.add_tags()
        file["title"] = title
        file.save()
    report = add(place, folder)
    assert (report.retagged, report.unchanged, report.added) == (1, 2, 0)
    assert [track.title for track in place.catalogue.tracks()] == ["Right"]
    assert len(only(place)[1]) == 3


def test_a_track_is_played_from_the_file_that_can_be_reached(place: Place, tmp_path: Path) -> None:
    near = written(tmp_path / "near" / "a.mp3", music(7))
    far = written(tmp_path / "far" / "a.flac", music(7))
    add(place, far)
    add(place, near)
    assert place.catalogue.tracks()[0].path == str(far)
    generation = place.catalogue.generation()
    place.catalogue.files_of.out_of_reach([str(far)])
    assert place.catalogue.generation() > generation
    assert place.catalogue.tracks()[0].path == str(near)
    place.catalogue.files_of.reached([str(far)])
    assert place.catalogue.tracks()[0].path == str(far)


def test_what_is_short_or_silent_is_compared_with_nothing() -> None:
    bits, _, level_db = heard(Sound(music(1)[: 3 * RATE_HZ], RATE_HZ))
    empty = np.zeros((1, 1), np.uint8)
    parts = dict.fromkeys(
        ("notes", "contour", "sketch", "chroma", "centroid_hz", "onset", "mfcc", "embedding", "tags"), empty
    )
    assert outline(Frames(3.0, -20.0, level_db=level_db, fingerprint=bits, **parts)) is None


def test_likeness_says_how_far_two_sounds_agree() -> None:
    samples = music(1)
    same = compared(outlined(mastered(samples)), outlined(samples))
    take = compared(outlined(music(1, tempo=0.97)), outlined(samples))
    other = compared(outlined(music(2)), outlined(samples))
    assert same.is_same and not take.is_same and not other.is_same
    assert same.mean > 0.7 and take.mean < 0.6 and other.mean < take.mean

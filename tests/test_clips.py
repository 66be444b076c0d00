"""Clips: kept under the hash of their content, analysed once, noise reduced where they were recorded."""

import json
import threading

import numpy as np
import pytest
import soundfile
import sounds
from sounds import heard_now

from index.core.errors import AudioReadError, ClipTooShortError, LibraryError
from index.core.frames import NOT_ALWAYS_HZ, RATES_HZ
from index.ingest.clips import ClipStore
from index.store.home_files import HomeFiles
from index.upkeep.clip_check import check_clips

BAD_RECORDS = (b"", b"[1]", b'{"id": "x"}', bytes(50), b"\xff\xfe", b"null", b"[" * 100_000)


class Counting:
    """An analyser that counts."""

    def __init__(self):
        self.calls = 0

    def analyse(self, sound, name="The clip"):
        self.calls += 1
        return heard_now(sound.duration_s)


@pytest.fixture
def clips(tmp_path):
    store = ClipStore(tmp_path / "clips", "auto")
    store.__dict__["_analyser"] = Counting()
    return store


@pytest.fixture
def tune(tmp_path):
    path = tmp_path / "tune.wav"
    sound = sounds.melody((0, 4, 7), 60, 0.5, 3.0)
    soundfile.write(path, sound.samples, sound.rate_hz)
    return path


def test_a_clip_keeps_its_sound_its_name_and_its_length(clips, tune):
    clip = clips.take(tune, "my tune.wav", recorded=False)
    assert (clip.name, clip.recorded, clip.noise) == ("my tune.wav", False, "")
    assert clip.duration_s == pytest.approx(3.0)
    assert clips.frames(clip).duration_s == pytest.approx(3.0)
    tune.unlink()
    assert clips.path(clip).read_bytes()[:4] == b"RIFF"


def test_the_same_sound_is_analysed_once_and_may_have_another_name(clips, tune):
    first, again = clips.take(tune, "a.wav", recorded=False), clips.take(tune, "b.wav", recorded=False)
    assert first.id == again.id
    assert again.name == "b.wav"
    assert clips.__dict__["_analyser"].calls == 1


def test_a_recording_says_what_became_of_its_noise(clips, tune):
    plain, recorded = clips.take(tune, "a.wav", recorded=False), clips.take(tune, "a.wav", recorded=True)
    assert plain.id != recorded.id
    assert recorded.recorded
    assert recorded.noise


def test_another_store_of_the_same_folder_knows_the_clip(clips, tune, tmp_path):
    clip = clips.take(tune, "a.wav", recorded=False)
    other = ClipStore(tmp_path / "clips", "auto")
    assert other.take(tune, "a.wav", recorded=False) == clip, "without an analyser"


def test_a_clip_whose_frames_are_gone_is_analysed_again(clips, tune, tmp_path):
    clip = clips.take(tune, "a.wav", recorded=False)
    for file in (tmp_path / "clips" / "frames").rglob("*.safetensors"):
        file.unlink()
    assert clips.take(tune, "a.wav", recorded=False) == clip
    assert clips.__dict__["_analyser"].calls == 2


def test_half_a_second_is_refused_and_leaves_nothing(clips, tmp_path):
    path = tmp_path / "short.wav"
    soundfile.write(path, np.ones(4000) * 0.1, 8000)
    with pytest.raises(ClipTooShortError, match=r"short\.wav lasts 0\.50 s"):
        clips.take(path, "short.wav", recorded=False)
    assert not (tmp_path / "clips").exists()


def test_a_clip_of_which_nothing_is_left_has_to_be_brought_again(clips, tune, tmp_path):
    clip = clips.take(tune, "my tune.wav", recorded=False)
    clips.path(clip).unlink()
    frames_file(tmp_path / "clips").unlink()
    with pytest.raises(AudioReadError, match=r"my tune\.wav could not be read: .* bring it again"):
        clips.frames(clip)


def test_what_is_no_sound_is_refused(clips, tmp_path):
    path = tmp_path / "letter.wav"
    path.write_text("Dear Clara")
    with pytest.raises(AudioReadError):
        clips.take(path, "letter.wav", recorded=False)


def test_a_record_is_plain_json(clips, tune, tmp_path):
    clip = clips.take(tune, "a.wav", recorded=False)
    record = json.loads((tmp_path / "clips" / f"{clip.id}.json").read_text("utf-8"))
    assert record["id"] == clip.id
    assert record["name"] == "a.wav"


def opened_anew(clips, folder):
    store = ClipStore(folder, "auto")
    store.__dict__["_analyser"] = clips.__dict__["_analyser"]
    return store


def frames_file(folder):
    return next((folder / "frames").rglob("*.safetensors"))


def test_frames_that_are_damaged_are_listened_to_again(clips, tune, tmp_path):
    folder, analyser = tmp_path / "clips", clips.__dict__["_analyser"]
    clip = clips.take(tune, "a.wav", recorded=False)
    content = frames_file(folder).read_bytes()
    for calls, damaged in enumerate(
        (content[: len(content) // 2], bytes(len(content)), content[:-1] + b"?"), 1
    ):
        for store in (clips, opened_anew(clips, folder)):
            frames_file(folder).write_bytes(damaged)
            frames = store.frames(clip)
            for name in (*RATES_HZ, *NOT_ALWAYS_HZ):
                getattr(frames, name)
        frames_file(folder).write_bytes(damaged)
        assert opened_anew(clips, folder).take(tune, "a.wav", recorded=False) == clip
        assert analyser.calls == 1 + 3 * calls


def test_a_record_that_is_damaged_is_written_anew(clips, tune, tmp_path):
    clip = clips.take(tune, "a.wav", recorded=False)
    record = tmp_path / "clips" / f"{clip.id}.json"
    whole = json.loads(record.read_text("utf-8"))
    wrong = [
        {**whole, **change}
        for change in (
            {"duration_s": "3"},
            {"heard_s": 99.0},
            {"path": 5},
            {"id": "x"},
            {"name": None},
            {"duration_s": float("nan")},
        )
    ]
    for damaged in (*BAD_RECORDS, *(json.dumps(each).encode() for each in wrong)):
        record.write_bytes(damaged)
        assert clips.take(tune, "a.wav", recorded=False) == clip
        assert json.loads(record.read_text("utf-8")) == whole
    record.unlink()
    record.mkdir()
    (record / "something").touch()
    with pytest.raises(LibraryError, match="There was no way to keep what was heard"):
        clips.take(tune, "a.wav", recorded=False)


def test_sound_that_is_damaged_is_kept_anew_when_it_is_brought_again(clips, tune, tmp_path):
    folder = tmp_path / "clips"
    clip = clips.take(tune, "a.wav", recorded=False)
    whole = tune.read_bytes()
    for damaged in (b"cut", whole[:-1] + b"?"):
        clips.path(clip).write_bytes(damaged)
        frames_file(folder).write_bytes(b"")
        with pytest.raises(AudioReadError, match=r"a\.wav could not be read: .*bring it again"):
            opened_anew(clips, folder).frames(clip)
        assert clips.take(tune, "b.wav", recorded=False).name == "b.wav"
        assert clips.path(clip).read_bytes() == whole
        clips.path(clip).write_bytes(damaged)
        assert clips.take(tune, "a.wav", recorded=False) == clip, "also where nothing else is damaged"
        assert clips.path(clip).read_bytes() == whole
    assert clips.__dict__["_analyser"].calls == 3


def test_a_clip_is_found_where_the_home_was_moved_to(clips, tune, tmp_path):
    clip = clips.take(tune, "a.wav", recorded=False)
    (tmp_path / "clips").rename(tmp_path / "moved")
    moved = ClipStore(tmp_path / "moved", "auto")
    assert moved.path(clip).read_bytes() == tune.read_bytes()
    assert moved.take(tune, "a.wav", recorded=False) == clip, "without an analyser"


def check(folder, *, repair=False, stopped=False):
    stop = threading.Event()
    if stopped:
        stop.set()
    return check_clips(folder, HomeFiles(), lambda *_: None, stop, repair=repair)


def test_a_check_names_what_is_damaged_of_clips_and_a_repair_takes_it_away(clips, tune, tmp_path):
    folder = tmp_path / "clips"
    assert check(folder).whole, "before there are any"
    clip = clips.take(tune, "a.wav", recorded=True)
    record, parts = folder / f"{clip.id}.json", folder / f"{clip.id}.parts.json"
    parts.write_text("[[1, 2]]")
    assert (check(folder).findings, check(folder, stopped=True).interrupted) == ([], True)
    kept = clips.path(clip)
    frames_file(folder).write_bytes(frames_file(folder).read_bytes()[:-1])
    kept.write_bytes(b"cut")
    parts.write_text("[[1, ")
    found = check(folder)
    assert (len(found.findings), found.repaired, found.whole) == (3, 0, False)
    assert kept.read_bytes() == b"cut", "nothing is changed without a repair"
    found = check(folder, repair=True)
    assert (len(found.findings), found.repaired, found.whole) == (3, 3, True)
    assert (check(folder).findings, parts.exists(), kept.exists()) == ([], False, False)
    assert kept.with_name(f"{kept.name}.damaged").read_bytes() == b"cut"
    assert clips.take(tune, "a.wav", recorded=True) == clip
    assert clips.path(clip).read_bytes() == tune.read_bytes()
    for damaged in BAD_RECORDS:
        record.write_bytes(damaged)
        assert len(check(folder).findings) == 1
        assert check(folder, repair=True).whole and check(folder).findings == []
        assert clips.take(tune, "a.wav", recorded=True) == clip


def test_a_clip_that_fits_was_listened_to_as_a_whole(clips, tune):
    clip = clips.take(tune, "a.wav", recorded=False)
    assert clips.parts(clip) == [(0.0, clip.duration_s)]


@pytest.fixture
def long_tune(tmp_path):
    """Twelve seconds, of which eight are listened to when it is brought."""
    path = tmp_path / "long.wav"
    sound = sounds.melody((0, 4, 7, 4), 60, 0.5, 12.0)
    soundfile.write(path, sound.samples, sound.rate_hz)
    return path


def test_frames_of_a_clip_that_was_heard_in_part_have_the_length_of_the_whole(long_tune, tmp_path):
    store = ClipStore(tmp_path / "clips", "auto", longest_s=8.0)
    store.__dict__["_analyser"] = Counting()
    clip = store.take(long_tune, "long.wav", recorded=False)
    assert (clip.duration_s, clip.heard_s) == (pytest.approx(12.0), pytest.approx(8.0, abs=0.5))
    assert store.frames(clip).duration_s == pytest.approx(12.0)
    frames_file(tmp_path / "clips").unlink()
    assert store.frames(clip).duration_s == pytest.approx(12.0), "listened to again"
    assert store.parts(clip) == [(0.0, clip.heard_s)]


def test_a_sound_that_is_kept_in_part_is_kept_again(tune, tmp_path):
    class Elsewhere(HomeFiles):
        """As of a bucket: what is there is known by its size alone."""

        shared = True

    store = ClipStore(tmp_path / "clips", "auto", files=Elsewhere())
    store.__dict__["_analyser"] = Counting()
    clip = store.take(tune, "a.wav", recorded=False)
    kept = store.path(clip)
    kept.write_bytes(tune.read_bytes()[:-100])
    store.take(tune, "a.wav", recorded=False)
    assert kept.read_bytes() == tune.read_bytes()

"""Clips: kept under the hash of their content, analysed once, noise reduced where they were recorded."""

import json

import numpy as np
import pytest
import soundfile
import sounds
from sounds import silent_frames

from index.core.errors import AudioReadError, ClipTooShortError
from index.ingest.clips import ClipStore


class Counting:
    """An analyser that counts."""

    def __init__(self):
        self.calls = 0

    def analyse(self, sound, name="The clip"):
        self.calls += 1
        return silent_frames(sound.duration_s)


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

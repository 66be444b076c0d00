"""Clips that an older version listened to are listened to again, where their sound is there."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from sounds import heard_now, melody
from test_clips import Counting, opened_anew

from index.ingest.clips import ClipStore, finished
from index.store.frame_store import FrameStore
from index.workers.parts import covers


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "clips"


@pytest.fixture
def store(folder):
    """Of a long clip eight seconds are listened to when it is brought."""
    store = ClipStore(folder, "auto", longest_s=8.0)
    store.__dict__["_analyser"] = Counting()
    return store


@pytest.fixture
def tune(tmp_path):
    return written(tmp_path / "tune.wav", 3.0)


def written(path, length_s):
    sound = melody((0, 4, 7), 60, 0.5, length_s)
    soundfile.write(path, sound.samples, sound.rate_hz)
    return path


def of_an_older_version(folder, clip):
    """Its frames as they were written before peaks were measured; they are of a sound of level -7 dB."""
    older = replace(heard_now(clip.duration_s), peaks=None)
    older.level_db[:] = -7
    FrameStore(folder / "frames").write(clip.id, older)


@pytest.mark.parametrize("again", ["asked", "brought"])
def test_a_clip_that_an_older_version_listened_to_is_listened_to_again(store, folder, tune, again):
    clip = store.take(tune, "a.wav", recorded=False)
    of_an_older_version(folder, clip)
    other = opened_anew(store, folder)
    if again == "asked":
        other.frames(clip)
    else:
        other.take(tune, "a.wav", recorded=False)
    assert store.__dict__["_analyser"].calls == 2
    assert store.frames(clip).peaks is not None and store.__dict__["_analyser"].calls == 2


def test_what_an_older_version_heard_of_a_clip_is_good_where_its_sound_is_gone(store, folder, tune):
    clip = store.take(tune, "a.wav", recorded=False)
    of_an_older_version(folder, clip)
    store.path(clip).unlink()
    for each in (store, opened_anew(store, folder)):
        assert (np.asarray(each.frames(clip).level_db) == -7).all()
        finished(each.listen(clip, 0.0, 3.0))
    assert store.__dict__["_analyser"].calls == 1


def test_a_part_that_an_older_version_listened_to_is_listened_to_again(store, folder, tmp_path):
    clip = store.take(written(tmp_path / "long.wav", 12.0), "long.wav", recorded=False)
    finished(store.listen(clip, 9.0, 12.0))
    of_an_older_version(folder, clip)
    finished(store.listen(clip, 9.0, 12.0))
    frames = store.frames(clip)
    assert frames.peaks is not None and not (np.asarray(frames.level_db) == -7).any()
    assert covers(store.parts(clip), 9.0, 12.0)

"""Frames: folding, cutting, and their place on disk."""

import numpy as np
import pytest
from sounds import silent_frames

from index.frames import (
    LOWEST_MIDI,
    NOTE_HZ,
    RATES_HZ,
    SKETCH_HZ,
    Frames,
    FrameStore,
    cut,
    fold_to_chroma,
    rows,
)


def test_notes_fold_into_pitch_classes_from_c():
    notes = np.zeros((1, 88), np.uint8)
    notes[0, [21 - LOWEST_MIDI, 60 - LOWEST_MIDI, 72 - LOWEST_MIDI, 108 - LOWEST_MIDI]] = 255
    chroma = fold_to_chroma(notes)
    assert chroma.shape == (1, 12)
    assert chroma[0, 9] == pytest.approx(0.9)  # A0, less a tenth of doubt
    assert chroma[0, 0] == pytest.approx(2.7)  # three C
    assert chroma[0, [1, 2, 3, 4, 5, 6, 7, 8, 10, 11]].sum() == 0


def test_doubt_is_no_note():
    notes = np.full((4, 88), 80, np.uint8)  # (80 / 255) squared is less than a tenth
    assert fold_to_chroma(notes).sum() == 0


@pytest.mark.parametrize(
    ("duration_s", "rate_hz", "count"), [(10, 10, 100), (10.01, 10, 101), (0.3, 2, 1), (9.9999999, 10, 100)]
)
def test_every_begun_frame_counts(duration_s, rate_hz, count):
    assert rows(duration_s, rate_hz) == count


def test_a_cut_has_the_frames_between_two_times_and_at_least_one():
    array = np.arange(20)
    assert cut(array, 2.0, 1.0, 3.0).tolist() == [2, 3, 4, 5]
    assert cut(array, 2.0, 9.9, 9.95).tolist() == [19]
    assert cut(array, 2.0, 50, 60).tolist() == [19]
    assert cut(array, 2.0, -3, 1).tolist() == [0, 1]


def test_frames_come_back_from_disk_as_they_were(tmp_path):
    random = np.random.default_rng(0)
    frames = silent_frames(12.3)
    for name in RATES_HZ:
        array = getattr(frames, name)
        array[...] = random.integers(0, 200, array.shape).astype(array.dtype)
    store = FrameStore(tmp_path)
    store.write("ab12", frames)
    back = FrameStore(tmp_path).read("ab12")
    assert (back.duration_s, back.loudness_lufs) == (12.3, -20.0)
    for name in RATES_HZ:
        ours, theirs = getattr(frames, name), getattr(back, name)
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs), name


def test_silence_has_a_loudness_that_can_be_kept(tmp_path):
    store = FrameStore(tmp_path)
    store.write("quiet", silent_frames(2.0, loudness_lufs=float("-inf")))
    assert store.read("quiet").loudness_lufs == float("-inf")


def test_a_store_knows_what_it_has(tmp_path):
    store = FrameStore(tmp_path)
    assert store.ids() == []
    for sound_id in ("b2", "a1", "c3"):
        store.write(sound_id, silent_frames(1.0))
    store.delete("c3")
    store.delete("was never there")
    assert store.ids() == ["a1", "b2"]
    assert store.has("a1")
    assert not store.has("c3")
    with pytest.raises(FileNotFoundError):
        store.read("c3")


def test_writing_again_is_seen_by_those_who_have_read(tmp_path):
    store = FrameStore(tmp_path)
    store.write("a1", silent_frames(1.0))
    assert store.read("a1").duration_s == 1.0
    store.write("a1", silent_frames(2.0))
    assert store.read("a1").duration_s == 2.0


def test_no_half_file_is_left_where_writing_fails(tmp_path):
    broken = silent_frames(1.0)
    object.__setattr__(broken, "notes", np.array(["text"], object))
    with pytest.raises(Exception, match=r".*"):
        FrameStore(tmp_path).write("a1", broken)
    assert FrameStore(tmp_path).ids() == []
    assert [file.suffix for file in tmp_path.rglob("*") if file.is_file()] in ([], [".part"])


def test_ten_seconds_take_about_sixteen_kilobytes(tmp_path):
    store = FrameStore(tmp_path)
    store.write("a1", silent_frames(100.0))
    size = store.path("a1").stat().st_size / 100
    assert size < 2200, f"{size} bytes a second"


def test_frames_of_a_grid_are_as_many_as_their_rate_says():
    frames = silent_frames(7.25)
    assert isinstance(frames, Frames)
    assert len(frames.notes) == 73 == rows(7.25, NOTE_HZ)
    assert len(frames.sketch) == 15 == rows(7.25, SKETCH_HZ)

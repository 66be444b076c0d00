"""Frames: folding, cutting, and their place on disk."""

import pickle
from dataclasses import fields, replace
from typing import Any

import numpy as np
import psutil
import pytest
from sounds import silent_frames

from index.core.errors import DamagedFramesError
from index.core.frames import (
    FINGERPRINT_HZ,
    LOWEST_MIDI,
    NOT_ALWAYS_HZ,
    NOTE_HZ,
    PATCH_HZ,
    PEAKS_A_SECOND,
    PEAKS_HZ,
    RATES_HZ,
    SKETCH_HZ,
    Frames,
    cut,
    fold_to_chroma,
    rows,
)
from index.store.array_files import ArrayFile, RowsOnDisk
from index.store.frame_store import FrameStore
from index.store.home_files import HomeFiles


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
    more: dict[str, Any] = {
        "network": np.zeros((rows(12.3, PATCH_HZ), 768), np.float16),
        "fingerprint": np.zeros(rows(12.3, FINGERPRINT_HZ), np.uint32),
        "peaks": np.zeros((rows(12.3, PEAKS_HZ), PEAKS_A_SECOND), np.uint16),
    }
    frames = replace(silent_frames(12.3), **more)
    every = [*RATES_HZ, *NOT_ALWAYS_HZ]
    for name in every:
        array = getattr(frames, name)
        array[...] = random.integers(0, 200, array.shape).astype(array.dtype)
    store = FrameStore(tmp_path)
    store.write("ab12", frames)
    back = FrameStore(tmp_path).read("ab12")
    assert (back.duration_s, back.loudness_lufs) == (12.3, -20.0)
    assert len(every) == len(fields(Frames)) - 2
    for name in every:
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
    with pytest.raises(Exception, match="object"):
        FrameStore(tmp_path).write("a1", broken)
    assert FrameStore(tmp_path).ids() == []
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


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


def test_no_file_stays_open_however_many_tracks_are_read(tmp_path):
    store = FrameStore(tmp_path)
    for number in range(100):
        store.write(f"{number:04d}", silent_frames(1.0 + number % 3))
    before = psutil.Process().num_fds()
    held = [store.read(sound_id) for sound_id in store.ids()]
    assert sum(len(frames.notes) + len(frames.embedding) for frames in held) > 0
    assert psutil.Process().num_fds() <= before, "connections of other tests may have been closed meanwhile"
    assert not [each for each in psutil.Process().open_files() if each.path.startswith(str(tmp_path))]


def test_only_the_arrays_that_are_used_are_read(tmp_path, monkeypatch):
    FrameStore(tmp_path).write("a1", silent_frames(600.0))
    asked = []
    read = ArrayFile.read

    def noted(*each: Any) -> Any:
        asked.append(each[1])
        return read(*each)

    monkeypatch.setattr(ArrayFile, "read", noted)
    frames = FrameStore(tmp_path).read("a1")
    assert asked == []
    assert frames.sketch.shape == (1200, 12)
    assert frames.sketch is frames.sketch
    assert asked == ["sketch"]


def test_of_a_long_sound_only_the_rows_that_are_used_are_read(tmp_path):
    random = np.random.default_rng(1)
    frames = silent_frames(3600.0)
    frames.notes[...] = random.integers(0, 256, frames.notes.shape)
    store = FrameStore(tmp_path)
    store.write("a1", frames)
    notes = store.read("a1").notes
    assert isinstance(notes, RowsOnDisk)
    assert (notes.shape, len(notes), notes.dtype) == (frames.notes.shape, len(frames.notes), np.uint8)
    assert np.array_equal(cut(notes, NOTE_HZ, 3000.0, 3010.0), frames.notes[30000:30100])
    for key in (slice(-5, None), slice(5, 2), slice(0, 100, 7), (slice(3, 9), 4), -1, np.array([1, 35999])):
        assert np.array_equal(notes[key], frames.notes[key]), key
    assert np.array_equal(notes, frames.notes)
    assert notes.max() == 255
    assert store._arrays.bytes == 0


def test_what_is_kept_of_arrays_has_a_bound(tmp_path):
    store = FrameStore(tmp_path, most_bytes=200_000)
    for number in range(30):
        store.write(f"{number:04d}", silent_frames(30.0))
    random = np.random.default_rng(2)
    held = [store.read(sound_id) for sound_id in store.ids()]
    for number in random.integers(30, size=300):
        assert held[number].notes.shape == (300, 88)
        assert store._arrays.bytes <= 200_000
        kept = sum(array.nbytes for each in held for name, array in vars(each).items() if name in RATES_HZ)
        assert kept == store._arrays.bytes


def test_an_array_may_be_larger_than_all_that_is_kept(tmp_path):
    store = FrameStore(tmp_path, most_bytes=10)
    store.write("a1", silent_frames(2.0))
    frames = store.read("a1")
    assert frames.notes.shape == (20, 88)
    assert frames.sketch.shape == (4, 12)


def test_another_process_that_writes_is_seen(tmp_path, monkeypatch):
    store = FrameStore(tmp_path)
    store.write("a1", silent_frames(1.0))
    first = store.read("a1")
    assert len(first.notes) == 10
    FrameStore(tmp_path).write("a1", silent_frames(2.0))
    assert len(first.onset) == 100  # of the new file, and no garbage of the old places
    monkeypatch.setattr(HomeFiles, "look_again_s", 0.0)
    assert store.read("a1").duration_s == 2.0
    FrameStore(tmp_path).delete("a1")
    with pytest.raises(FileNotFoundError):
        store.read("a1")
    with pytest.raises(DamagedFramesError, match="taken away"):
        _ = first.mfcc


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:5],
        lambda data: data[:100],
        lambda data: data[:-1],
        lambda data: bytes(len(data)),
        lambda data: b"\xff" * len(data),
        lambda data: data.replace(b"U8", b"U9"),
        lambda data: data.replace(b"duration_s", b"duration_q"),
        lambda data: data.replace(b'"notes"', b'"nodes"'),
        lambda data: data.replace(b"__metadata__", b"__metabata__"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path, damage):
    store = FrameStore(tmp_path)
    store.write("a1", silent_frames(2.0))
    file = store.path("a1")
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DamagedFramesError, match=r"a1\.safetensors.*reprise check --repair"):
        FrameStore(tmp_path).read("a1")


def test_frames_that_were_stored_go_to_another_process_as_plain_ones(tmp_path):
    store = FrameStore(tmp_path)
    store.write("a1", silent_frames(1500.0))
    sent = pickle.loads(pickle.dumps(store.read("a1")))
    assert type(sent) is Frames
    assert type(sent.notes) is np.ndarray
    assert sent.fingerprint is None
    assert replace(store.read("a1"), loudness_lufs=-3.0).notes.shape == (15000, 88)


def test_of_many_sounds_it_is_told_which_have_frames_by_the_names_of_files(tmp_path):
    store = FrameStore(tmp_path / "frames")
    assert store.ids() == []
    assert store.having(["ab1", "cd2"]) == set()
    for sound_id in ("ab1", "ab2", "cd1"):
        store.write(sound_id, silent_frames(1.0))
    (store.folder / "ab" / "ab9.partial").write_bytes(b"half")
    assert store.ids() == ["ab1", "ab2", "cd1"]
    assert store.having(["ab1", "ab9", "cd1", "ef1"]) == {"ab1", "cd1"}
    assert store.strays({"ab1", "cd1", "zz1"}) == {"ab2"}

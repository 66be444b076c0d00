"""Files of one recording are looked up by keys of their fingerprints, in one file for all tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hearing_analyser import HearingAnalyser
from place import Place
from ready_place import write_noise
from sounds import silent_frames
from test_check import checked
from test_mending import ids

from index.core.frames import FINGERPRINT_HZ, Frames
from index.core.moments import Passage
from index.core.tracks import Clip, Track
from index.descriptors.fingerprint_bits import BITS
from index.descriptors.fingerprint_keys import keys_of
from index.ingest.key_index import KeyIndex
from index.ingest.recordings import Recordings
from index.placement.bits import bits_of
from index.store.fingerprint_store import FingerprintStore, bits_of_track, keys_of_track
from index.store.fingerprint_table import FingerprintTable
from index.store.frame_store import FrameStore

RNG = np.random.default_rng(0)


def sound(seed: int, length_s: float = 60.0, wrong: float = 0.0, late_s: float = 0.0) -> Frames:
    """Bits that last for three rows, as those of sounds do; so many of them wrong."""
    rng = np.random.default_rng(seed)
    count, late = round(length_s * FINGERPRINT_HZ), round(late_s * FINGERPRINT_HZ)
    rows = np.repeat(rng.integers(2**32, size=count // 3 + 1, dtype=np.uint32), 3)[:count]
    rows = np.concatenate([rng.integers(2**32, size=late, dtype=np.uint32), rows])
    flips = np.packbits(rng.random((len(rows), BITS)) < wrong, axis=1).view(np.uint32)[:, 0]
    frames = silent_frames(length_s + late_s)
    return replace(frames, fingerprint=rows ^ flips, level_db=np.full_like(frames.level_db, -20.0))


def name(number: int) -> str:
    return f"{number:020x}"


@pytest.fixture
def frames(tmp_path: Path) -> FrameStore:
    store = FrameStore(tmp_path / "home" / "frames")
    for number in range(12):
        store.write(name(number), sound(number, 40 + 3 * number))
    return store


def test_a_longer_sound_has_no_more_keys_and_they_are_those_of_a_shorter_one() -> None:
    for length_s in (40.0, 200.0, 1000.0):
        rows = RNG.integers(2**32, size=round(length_s * FINGERPRINT_HZ), dtype=np.uint32)
        every = np.ones(len(rows), bool)
        own, shorter = keys_of(rows, every, length_s), keys_of(rows, every, length_s - 12)
        assert 200 < len(own) < 600
        assert set(own.tolist()) <= set(shorter.tolist()) <= set(rows.tolist())
    assert not len(keys_of(rows, ~every, length_s)), "silence has none"
    assert len(keys_of(rows[:300], every[:300], 18.0)) == 300


def test_keys_are_looked_up_as_they_would_be_compared_one_by_one() -> None:
    few = RNG.integers(2**32, size=4000, dtype=np.uint32)
    sounds = [np.unique(RNG.choice(few, 60)) for _ in range(300)]
    index = KeyIndex(
        np.concatenate(sounds[:100]), np.repeat(np.arange(100), [len(each) for each in sounds[:100]])
    )
    for asked in range(100, 300):
        wanted = np.unique(RNG.choice(few, 80))
        expected = Counter({n: len(np.intersect1d(each, wanted)) for n, each in enumerate(sounds[:asked])})
        numbers, counts = index.shared(wanted)
        assert Counter(dict(zip(numbers.tolist(), counts.tolist(), strict=True))) == +expected
        index.add(asked, sounds[asked])
    assert len(index._runs) < 10, "runs are merged"


def test_tables_hold_what_the_frames_give_and_open_only_what_is_new(
    frames: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FingerprintStore.of_home(frames.folder.parent, frames)
    names = frames.ids()

    def same(wanted: list[str]) -> None:
        for kept, of in ((store.bits(wanted), bits_of_track), (store.keys(wanted), keys_of_track)):
            found = dict(zip(kept.ids, kept.parts, strict=True))
            assert found.keys() == set(wanted)
            assert all(np.array_equal(rows, of(frames.read(each))) for each, rows in found.items())

    same(names)
    read = frames.read
    opened: list[str] = []

    def noted(sound_id: str) -> Frames:
        opened.append(sound_id)
        return read(sound_id)

    monkeypatch.setattr(frames, "read", noted)
    frames.write(name(99), sound(99))
    frames.write(name(3), sound(33, 49))
    store.note_changed(name(3))
    frames.delete(name(5))
    store.note_changed(name(5))
    kept = store.bits([*names, name(99)])
    assert len(kept.ids) == 12 and name(5) not in kept.ids
    assert {name(3), name(99)} <= set(opened) and len(set(opened)) <= 5 + 1, "some are drawn and compared"
    monkeypatch.undo()
    same([each for each in [*names, name(99)] if each != name(5)])
    same(names[:3])


@pytest.mark.parametrize("damage", ["cut", "swapped", "gone"])
@pytest.mark.parametrize("file", ["rows", "tracks"])
def test_a_table_that_is_damaged_is_made_anew(frames: FrameStore, damage: str, file: str) -> None:
    store = FingerprintStore.of_home(frames.folder.parent, frames)
    store.gather(frames.ids())
    for path in (frames.folder.parent / "fingerprints").glob(f"*/{file}"):
        content = path.read_bytes()
        if damage == "gone":
            path.unlink()
        else:
            path.write_bytes(content[: len(content) // 2] if damage == "cut" else RNG.bytes(len(content)))
    kept = store.bits(frames.ids())
    assert set(kept.ids) == set(frames.ids())
    for each, rows in zip(kept.ids, kept.parts, strict=True):
        assert np.array_equal(rows, bits_of_track(frames.read(each)))


def test_where_no_table_can_be_kept_frames_are_read(frames: FrameStore) -> None:
    (frames.folder.parent / "fingerprints").write_text("in the way")
    kept = FingerprintStore.of_home(frames.folder.parent, frames).bits(frames.ids())
    assert set(kept.ids) == set(frames.ids()) and len(list(kept.parts)) == 12


def test_a_check_finds_a_wrong_row_of_each_table_and_mends_it(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", analyser=HearingAnalyser)
    for number in range(3):
        write_noise(tmp_path / "music" / f"{number}.wav", number, 13 + 2 * number)
    place.add(tmp_path / "music")
    try:
        store = FingerprintStore.of_home(place.home, place.frames)
        first = ids(place)[0]
        frames = place.frames.read(first)
        place.frames.write(first, replace(frames, fingerprint=np.asarray(frames.fingerprint) ^ np.uint32(5)))
        found = checked(place)
        assert any("table of fingerprints" in each for each in found.findings), found.findings
        assert checked(place, repair=True).whole
        assert checked(place).findings == []
        assert set(store.bits(ids(place)).ids) == set(ids(place))
    finally:
        place.vectors.close()


class Library:
    """A few hundred sounds of about the same length, and what was opened of them."""

    def __init__(self, folder: Path) -> None:
        self.frames = FrameStore(folder / "frames")
        self.lengths_s = {}
        for number in range(240):
            length_s = 15.0 + number % 2 if number < 40 else 60.0 + number % 7
            self.frames.write(name(number), sound(number, length_s))
            self.lengths_s[name(number)] = length_s
        FingerprintStore.of_home(folder, self.frames).gather(self.lengths_s)
        self.opened: list[str] = []
        read = self.frames.read

        def noted(sound_id: str) -> Frames:
            self.opened.append(sound_id)
            return read(sound_id)

        self.frames.read = noted  # type: ignore[method-assign]
        self.recordings = Recordings(self.frames, lambda: self.lengths_s)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    yield Library(tmp_path / "home")


@pytest.mark.parametrize("late_s", [0.0, 2.7])
def test_a_recording_is_found_without_opening_the_others(library: Library, late_s: float) -> None:
    for number in (77, 100, 239):
        new = sound(number, library.lengths_s[name(number)])
        assert (found := library.recordings.find(later(new, late_s)))
        assert found.track_id == name(number)
        assert found.offset_s == pytest.approx(late_s, abs=0.07)
    assert len(set(library.opened)) < 20
    assert library.recordings.find(sound(5000, 63.0)) is None


def test_a_tenth_of_the_bits_may_be_wrong_and_a_short_sound_is_compared_with_each(library: Library) -> None:
    def hurt(number: int, wrong: float) -> Frames:
        kept = library.frames.read(name(number))
        rows = bits_of_track(kept)
        flips = np.packbits(RNG.random((len(rows), BITS)) < wrong, axis=1).view(np.uint32)[:, 0]
        return replace(sound(number, kept.duration_s), fingerprint=rows ^ flips)

    for number in (3, 39, 150, 201):
        assert (found := library.recordings.find(hurt(number, 0.07))), number
        assert found.track_id == name(number)
    assert library.recordings.find(hurt(150, 0.3)) is None, "that is no recording that is told to be the same"


def test_what_comes_and_goes_during_a_run_is_known(library: Library) -> None:
    recordings = library.recordings
    recordings.gone([name(77)])
    assert recordings.find(sound(77, 60.0)) is not None, (
        "nothing was read before: it is what the catalogue says"
    )
    recordings.gone([name(77)])
    assert recordings.find(sound(77, 60.0)) is None
    new = sound(700, 64.0)
    assert recordings.find(new) is None
    library.frames.write(name(700), new)
    recordings.came(name(700), new)
    assert (found := recordings.find(sound(700, 64.0))) and found.track_id == name(700)


def later(frames: Frames, late_s: float) -> Frames:
    """The same after so many seconds in which something else sounds."""
    count = round(late_s * FINGERPRINT_HZ)
    rows = np.concatenate([RNG.integers(2**32, size=count, dtype=np.uint32), bits_of_track(frames)])
    longer = silent_frames(frames.duration_s + late_s)
    return replace(longer, fingerprint=rows, level_db=np.full_like(longer.level_db, -20.0))


def test_the_first_clip_of_a_session_opens_no_track_for_its_bits(library: Library) -> None:
    store = FingerprintStore.of_home(library.frames.folder.parent, library.frames)
    kept = store.bits(library.lengths_s)
    table = FingerprintTable(kept.ids, kept.parts, kept.counts)
    assert len(set(library.opened)) <= 3, "a few are drawn and compared"
    asked = library.frames.read(name(150))
    heard = bits_of(Passage(Clip("c", "c.wav", "c", 60.0), asked, 20.0, 30.0))
    among = {
        each: Track(each, "", each, "", "", "", "", None, length_s)
        for each, length_s in library.lengths_s.items()
    }
    best = table.best(heard, among, 10.0)[0]
    assert best.track_id == name(150) and best.start_s == pytest.approx(20.0, abs=0.07)

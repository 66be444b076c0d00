"""What chance reaches is measured on moments that the bits have not chosen: in a large library they propose."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sounds import silent_frames

from index.core.frames import FINGERPRINT_HZ, SKETCH_HZ
from index.core.moments import Grid, Passage
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.descriptors.fingerprint_bits import BITS
from index.factors import build
from index.search.candidates import Shelf
from index.search.fusion import FusionModel
from index.search.searcher import Searcher
from index.store.frame_store import FrameStore

LENGTH_S = 12.0
ROWS = int(LENGTH_S * FINGERPRINT_HZ)
NEAR, OTHERS = 40, 260


class NoVectors:
    """A store that knows of nothing near anything."""

    def query(self, name, vectors, count):
        return [[] for _ in vectors], None


class Held(FrameStore):
    """Frames in memory."""

    def __init__(self, frames, folder):
        super().__init__(folder)
        self._held = frames

    def read(self, sound_id):
        return self._held[sound_id]


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def spoilt(bits, share, rng):
    """The same bits, so many of them wrong."""
    wrong = rng.random((len(bits), BITS)) < share
    return bits ^ np.packbits(wrong, axis=1).view(">u4")[:, 0].astype(np.uint32)


def any_bits(rng):
    """Rows that last for two steps, as those of music last for several."""
    return np.repeat(rng.integers(2**32, size=ROWS // 2, dtype=np.uint32), 2)


def sound(bits):
    quiet = silent_frames(LENGTH_S)
    return replace(quiet, fingerprint=bits, level_db=np.full_like(quiet.level_db, -20))


def found(frames, heard, folder):
    """The best hit for ten seconds of these bits in a library of these sounds, by name; and without the right one."""
    tracks = [Track(name, name, name, "", "", "", "", None, LENGTH_S) for name in frames]
    no_vectors: Any = NoVectors()
    shelf = Shelf.of(tracks, Grid())
    searcher = Searcher(shelf, no_vectors, Held(frames, folder / "frames"), build(), FusionModel.load())
    query = Query(Passage(Clip("c", "", "clip.wav", LENGTH_S), sound(heard), 0.0, 10.0), k=3)
    best = searcher.find(query).hits[0]
    return best, searcher.find(query, lambda track: track.title != "right").hits[0]


@pytest.mark.parametrize("large", [False, True], ids=["all are compared", "some are proposed"])
def test_what_the_bits_have_proposed_does_not_say_what_chance_reaches(rng, large, tmp_path, monkeypatch):
    """A phone has left six bits of ten; some tracks agree by rather more than chance, most do not."""
    if large:
        monkeypatch.setattr("index.search.candidates.SCAN_WINDOWS", 0)
    bits = any_bits(rng)
    heard = spoilt(bits, 0.39, rng)
    frames = {"right": sound(bits)}
    frames |= {f"near {n}": sound(spoilt(heard, 0.45, rng)) for n in range(NEAR)}
    frames |= {f"other {n}": sound(any_bits(rng)) for n in range(OTHERS)}
    best, without = found(frames, heard, tmp_path)
    assert best.track.title == "right"
    assert best.factors["fingerprint"].value == pytest.approx(0.22, abs=0.04)
    assert best.confidence > 0.5
    assert without.confidence < 0.3


@pytest.mark.parametrize("large", [False, True], ids=["all are compared", "some are proposed"])
def test_what_no_other_moment_comes_near_is_a_proof_though_little_is_left(rng, large, tmp_path, monkeypatch):
    """A phone has left 58 bits of a hundred: little, but of no other moment of the library so many agree."""
    if large:
        monkeypatch.setattr("index.search.candidates.SCAN_WINDOWS", 0)
    bits = any_bits(rng)
    heard = spoilt(bits, 0.42, rng)
    frames = {"right": sound(bits)} | {f"other {n}": sound(any_bits(rng)) for n in range(NEAR + OTHERS)}
    best, without = found(frames, heard, tmp_path)
    assert best.track.title == "right"
    assert best.factors["fingerprint"].value == pytest.approx(0.15, abs=0.03)
    assert best.confidence > 0.5
    assert without.confidence < 0.1


@pytest.mark.parametrize("large", [False, True], ids=["all are compared", "some are proposed"])
def test_what_lies_in_the_loud_half_of_a_recording_is_enough(rng, large, tmp_path, monkeypatch):
    """It is nearly silent every other half second, and there a room has left nothing."""
    if large:
        monkeypatch.setattr("index.search.candidates.SCAN_WINDOWS", 0)
    bits = any_bits(rng)
    loud = np.arange(ROWS) / FINGERPRINT_HZ * SKETCH_HZ % 2 < 1
    heard = np.where(loud, spoilt(bits, 0.375, rng), any_bits(rng))
    frames = {"right": in_halves(bits)} | {
        f"other {n}": in_halves(any_bits(rng)) for n in range(NEAR + OTHERS)
    }
    best, without = found(frames, heard, tmp_path)
    assert best.track.title == "right"
    assert best.factors["fingerprint"].value == pytest.approx(0.18, abs=0.03)
    assert best.confidence > 0.5
    assert without.confidence < 0.1


def in_halves(bits):
    """A sound that is 50 dB softer every other half second."""
    whole = sound(bits)
    mfcc = np.zeros_like(whole.mfcc)
    mfcc[1::2, 0] = -50 * np.sqrt(96)
    return replace(whole, mfcc=mfcc)

"""What a cell of a fingerprint counts is known from the MFCC and the notes: what is faint, a room fills."""

from dataclasses import replace

import librosa
import numpy as np
import pytest
from sounds import laid, note, silent_frames

from index.core.frames import FINGERPRINT_HZ
from index.core.moments import Passage
from index.core.tracks import Clip
from index.descriptors.fingerprint_bits import (
    BITS,
    HIGHEST_HZ,
    LOWEST_HZ,
    agreement,
    of_loud_cells,
    of_some_bands,
)
from index.descriptors.fingerprint_weights import _mel_centres, cell_weights
from index.factors.fingerprint import Fingerprint
from index.search.placement import AS_IT_IS

ROWS = 167


@pytest.fixture
def rng():
    return np.random.default_rng(6)


def any_rows(rng, *shape):
    return rng.integers(2**32, size=shape, dtype=np.uint32)


def band_of(hz):
    return round(np.log(hz / LOWEST_HZ) / np.log(HIGHEST_HZ / LOWEST_HZ) * (BITS + 1) - 1)


def test_what_sounds_counts_and_what_does_not_hardly(analyser):
    """Two seconds of a low tone, then two of a high one."""
    low, high = 62, 98
    frames = analyser.analyse(laid([(0.0, note(low, 2.0)), (2.0, note(high, 2.0))], 4.0))
    (weights,) = cell_weights([frames], [0], 60)
    early, late = weights[4:26].mean(axis=0), weights[40:56].mean(axis=0)
    at_low, at_high = (band_of(librosa.midi_to_hz(midi)) for midi in (low, high))
    assert early[at_low] > 0.5 > 5 * early[at_high]
    assert late[at_high] > 0.5
    assert late[at_high] > 2 * late[at_low]


def test_outside_of_a_sound_nothing_counts():
    frames = replace(silent_frames(5.0), fingerprint=np.zeros(83, np.uint32))
    before, without = cell_weights([frames, silent_frames(5.0)], [-10, 0], 30)
    assert not before[:10].any()
    assert before[10:].all()
    assert not without.any()
    assert not cell_weights([frames], [90], 30).any()


def test_levels_lie_on_the_scale_of_the_mfcc():
    bands = librosa.mel_frequencies(98, fmin=0, fmax=11025)[1:-1]
    assert librosa.mel_to_hz(_mel_centres()) == pytest.approx(bands)


def test_where_all_cells_count_alike_it_is_what_some_bands_say(rng):
    query, regions = any_rows(rng, ROWS), any_rows(rng, 5, ROWS + 4)
    regions[2, 3 : 3 + ROWS] = query & np.uint32(0xFFFF0000) | regions[2, 3 : 3 + ROWS] & np.uint32(0xFFFF)
    counted = np.arange(ROWS) % 3 > 0
    found = of_loud_cells(query, regions, counted, np.ones((5, ROWS + 4, BITS), np.float32))
    for lag in range(5):
        some = of_some_bands(query, regions[:, lag : lag + ROWS], counted)
        assert found[:, lag] == pytest.approx(some, abs=1e-5)
    assert found[2, 3] == pytest.approx(np.sqrt(0.5), abs=0.02)


def test_few_cells_count_by_what_chance_leaves_of_them(rng):
    """A quarter of the cells is right, any quarter: half of what would be without the weights of the others."""
    query = any_rows(rng, ROWS)
    heard = rng.random((ROWS, BITS)) < 0.25
    kept = np.packbits(heard, axis=1).view(">u4")[:, 0].astype(np.uint32)
    regions = (query & kept | any_rows(rng, ROWS) & ~kept)[None]
    counted = np.ones(ROWS, bool)
    weights = np.where(heard, 1.0, 0.0).astype(np.float32)[None]
    assert agreement(query, regions, counted)[0, 0] == pytest.approx(0.25, abs=0.03)
    assert of_loud_cells(query, regions, counted, weights)[0, 0] == pytest.approx(0.5, abs=0.03)
    assert of_loud_cells(query, any_rows(rng, 1, ROWS), counted, weights)[0, 0] < 0.1
    assert of_loud_cells(query, regions, counted, np.zeros_like(weights))[0, 0] == 0


def test_what_is_said_of_it_are_all_bits(rng):
    """A room has left seven of ten in the lowest quarter of the bands: that is a proof, and it is five in a hundred."""
    bits = any_rows(rng, 200)
    frames = replace(silent_frames(12.0), fingerprint=bits, level_db=np.zeros(120, np.float16))
    wrong = rng.random((200, BITS)) < np.where(np.arange(BITS) < 8, 0.25, 0.5)
    spoilt = np.packbits(wrong, axis=1).view(">u4")[:, 0].astype(np.uint32) ^ bits
    whole = Passage(Clip("c", "", "loop.wav", 12.0), frames, 0.0, 10.0)
    heard = replace(whole, frames=replace(frames, fingerprint=spoilt))
    (fact,) = Fingerprint().shared(heard, whole, AS_IT_IS)
    rows = int(10 * FINGERPRINT_HZ)
    assert fact.value == pytest.approx(100 * (1 - wrong[:rows].mean()), abs=0.6)


def test_several_sounds_are_weighed_at_once_as_each_by_itself(rng):
    sounds = []
    for seconds in (3.0, 12.0, 30.0):
        frames = silent_frames(seconds)
        frames.notes[...] = rng.integers(0, 256, frames.notes.shape)
        frames.mfcc[...] = rng.normal(0, 20, frames.mfcc.shape)
        sounds.append(replace(frames, fingerprint=any_rows(rng, round(seconds * FINGERPRINT_HZ))))
    sounds.append(replace(silent_frames(5.0), fingerprint=None))
    firsts = [-20, 150, 33, 0]
    together = cell_weights(sounds, firsts, 100)
    for weights, frames, first in zip(together, sounds, firsts, strict=True):
        (alone,) = cell_weights([frames], [first], 100)
        assert np.allclose(weights, alone, atol=1e-5)
        count = 0 if frames.fingerprint is None else len(frames.fingerprint)
        outside = (np.arange(first, first + 100) < 0) | (np.arange(first, first + 100) >= count)
        assert not weights[outside].any()
        assert weights[~outside].any() == bool(count)
    assert not cell_weights(sounds, [1000, 1000, 1000, 0], 100).any()
    assert cell_weights([], [], 100).shape == (0, 100, BITS)

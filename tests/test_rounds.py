"""A theme that comes back, played by others: where bits agree alike in two of its rounds, notes choose."""

from dataclasses import replace

import numpy as np
import pytest
from sounds import frames_with_notes

from index.core.frames import FINGERPRINT_HZ
from index.core.moments import Passage, Span
from index.core.query import Query
from index.core.tracks import Clip
from index.descriptors.fingerprint_bits import BITS, Warp
from index.placement.by_fingerprint import AS_GOOD, SAME_RECORDING
from index.placement.prepared import PreparedQuery
from index.search.fusion import FusionModel
from index.search.placement import SURE_CHANGED, Placer

LENGTH_S, RATIO = 80.0, 1.1
VARIED_S, SAME_S = 10.0, 45.0


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def spoilt(bits, agreement, rng):
    """The same bits, of which exactly so many agree beyond chance."""
    wrong = rng.permutation(len(bits) * BITS).reshape(-1, BITS) < len(bits) * BITS * (1 - agreement) / 2
    return bits ^ np.packbits(wrong, axis=1).view(">u4")[:, 0].astype(np.uint32)


def played(pitches, start_s, each_s):
    return [(start_s + i * each_s, start_s + (i + 1) * each_s, midi) for i, midi in enumerate(pitches)]


def where(rng, varied, same):
    """At which second a theme lies that comes back slower: by its bits rather in a round with other notes."""
    theme = rng.integers(60, 84, size=20).tolist()
    other = [midi + 1 if number % 3 == 0 else midi for number, midi in enumerate(theme)]
    events = [
        *played(rng.integers(60, 84, size=16).tolist(), 23.0, 0.5),
        *played(other, VARIED_S, 0.5 * RATIO),
        *played(theme, SAME_S, 0.5 * RATIO),
    ]
    asked = rng.integers(2**32, size=round(10 * FINGERPRINT_HZ / 3) + 1, dtype=np.uint32).repeat(3)[:167]
    bits = rng.integers(2**32, size=round(LENGTH_S * FINGERPRINT_HZ), dtype=np.uint32)
    slower = Warp(RATIO).rows(asked)
    for start_s, agreement in ((VARIED_S, varied), (SAME_S, same)):
        first = round(start_s * FINGERPRINT_HZ)
        bits[first : first + len(slower)] = spoilt(slower, agreement, rng)
    frames = replace(frames_with_notes(events, LENGTH_S), fingerprint=bits)
    clip = replace(frames_with_notes(played(theme, 0.0, 0.5), 10.0), fingerprint=asked)
    query = PreparedQuery(Query(Passage(Clip("c", "", "clip.wav", 10.0), clip, 0.0, 10.0)))
    windows = [Span(frames, start_s, start_s + 10) for start_s in np.arange(0, LENGTH_S - 10, 2.0)]
    placements = Placer(FusionModel.load().among(100)).place(query, windows)
    best = int(placements.proof.argmax())
    assert placements.proof[best] == pytest.approx(max(varied, same), abs=0.04)
    assert placements.proof[best] > SURE_CHANGED
    return placements.placed.spans[best].start_s


def test_of_two_rounds_that_agree_alike_the_notes_choose(rng):
    assert where(rng, 0.36, 0.348) == pytest.approx(SAME_S, abs=0.15)


def test_a_round_that_agrees_much_better_is_the_one(rng):
    assert where(rng, 0.35, 0.35 - 5 * AS_GOOD) == pytest.approx(VARIED_S, abs=0.15)


def test_of_the_recording_itself_no_other_round_is_taken(rng):
    assert where(rng, SAME_RECORDING + 0.11, SAME_RECORDING + 0.1) == pytest.approx(VARIED_S, abs=0.15)

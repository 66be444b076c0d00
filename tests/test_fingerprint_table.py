"""The fingerprints of all tracks, gone through for the places at which a query agrees best."""

import numpy as np
import pytest

from index.core.frames import FINGERPRINT_HZ
from index.descriptors.fingerprint_bits import BITS
from index.placement.bits import Bits
from index.store.fingerprint_table import PROPOSED, FingerprintTable

RNG = np.random.default_rng(0)
LENGTHS = (900, 1501, 80, 3000)
TRACKS = {
    f"t{number}": np.repeat(RNG.integers(2**32, size=length // 3 + 1, dtype=np.uint32), 3)[:length]
    for number, length in enumerate(LENGTHS)
}
"""Bits that last for three rows, as those of sounds do."""


def table() -> FingerprintTable:
    return FingerprintTable(list(TRACKS), list(TRACKS.values()))


def heard(rows, wrong=0.0) -> Bits:
    flips = np.packbits(np.random.default_rng(1).random((len(rows), BITS)) < wrong, axis=1).view(">u4")[:, 0]
    return Bits(rows ^ flips.astype(np.uint32), np.ones(len(rows), bool))


@pytest.mark.parametrize("first", [0, 333, 334, 1501 - 167])
def test_the_place_is_proposed_first_of_which_little_is_left(first):
    best = table().best(heard(TRACKS["t1"][first : first + 167], wrong=0.35), TRACKS)
    assert best[0].track_id == "t1"
    assert best[0].start_s == pytest.approx(first / FINGERPRINT_HZ, abs=0.07)
    assert len(best) == PROPOSED


def test_a_query_may_begin_before_the_track_and_end_after_it():
    early = np.concatenate([RNG.integers(2**32, size=34, dtype=np.uint32), TRACKS["t3"][:133]])
    assert table().best(heard(early), TRACKS)[0].track_id == "t3"
    assert table().best(heard(early), TRACKS)[0].start_s == pytest.approx(-34 / FINGERPRINT_HZ, abs=0.07)
    around = np.concatenate([early[:40], TRACKS["t2"], early[:40]])
    assert table().best(heard(around), TRACKS)[0].track_id == "t2"


def test_only_tracks_that_are_open_have_places():
    query = heard(TRACKS["t1"][333:500])
    among = table().best(query, {"t0", "t2"})
    assert {place.track_id for place in among} <= {"t0", "t2"}
    assert among
    assert table().best(query, set()) == []


def test_silence_and_an_empty_library_have_no_place():
    rows = TRACKS["t0"][:167]
    assert table().best(Bits(rows, np.zeros(167, bool)), TRACKS) == []
    assert FingerprintTable([], []).best(heard(rows), TRACKS) == []

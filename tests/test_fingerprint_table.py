"""The fingerprints of all tracks, gone through for the places at which a query agrees best."""

import numpy as np
import pytest

from index.core.frames import FINGERPRINT_HZ
from index.core.moments import Moment
from index.core.tracks import Track
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
ALL = {
    name: Track(name, f"{name}.wav", name, "", "", "", "", None, len(rows) / FINGERPRINT_HZ)
    for name, rows in TRACKS.items()
}
WINDOW_S = 10.0


def table() -> FingerprintTable:
    return FingerprintTable(list(TRACKS), list(TRACKS.values()), LENGTHS)


def heard(rows, wrong=0.0) -> Bits:
    flips = np.packbits(np.random.default_rng(1).random((len(rows), BITS)) < wrong, axis=1).view(">u4")[:, 0]
    return Bits(rows ^ flips.astype(np.uint32), np.ones(len(rows), bool))


@pytest.mark.parametrize("first", [0, 333, 334, 1501 - 167])
def test_the_place_is_proposed_first_of_which_little_is_left(first):
    best = table().best(heard(TRACKS["t1"][first : first + 167], wrong=0.35), ALL, WINDOW_S)
    assert best[0].track_id == "t1"
    assert best[0].start_s == pytest.approx(first / FINGERPRINT_HZ, abs=0.07)
    assert best[0].end_s == pytest.approx(best[0].start_s + WINDOW_S)
    assert len(best) == PROPOSED


def test_most_rows_of_ten_seconds_propose():
    """Every fourth row is noise: whoever looks at every fourth alone may find nothing."""
    rows = TRACKS["t1"][332 : 332 + 168]
    spoilt = np.where(np.arange(168) % 4 == 0, RNG.integers(2**32, size=168, dtype=np.uint32), rows)
    best = table().best(heard(spoilt, wrong=0.3), ALL, WINDOW_S)[0]
    assert (best.track_id, best.start_s) == ("t1", pytest.approx(332 / FINGERPRINT_HZ, abs=0.07))


def test_a_query_may_begin_before_the_track_and_end_after_it():
    early = np.concatenate([RNG.integers(2**32, size=34, dtype=np.uint32), TRACKS["t3"][:133]])
    assert table().best(heard(early), ALL, WINDOW_S)[0] == Moment("t3", 0.0, WINDOW_S)
    late = np.concatenate([TRACKS["t3"][-133:], early[:34]])
    ended = table().best(heard(late), ALL, WINDOW_S)[0]
    assert (ended.track_id, ended.end_s) == ("t3", ALL["t3"].duration_s)
    assert ended.start_s == pytest.approx(ended.end_s - WINDOW_S)
    around = np.concatenate([early[:40], TRACKS["t2"], early[:40]])
    assert table().best(heard(around), ALL, WINDOW_S)[0] == Moment("t2", 0.0, ALL["t2"].duration_s)


@pytest.mark.parametrize("own", [58, 75, 90])
def test_a_query_of_which_a_few_seconds_begin_a_track_is_proposed_there(own):
    noise = RNG.integers(2**32, size=167 - own, dtype=np.uint32)
    early = table().best(heard(np.concatenate([noise, TRACKS["t3"][:own]]), wrong=0.1), ALL, WINDOW_S, most=2)
    assert Moment("t3", 0.0, WINDOW_S) in early
    late = table().best(heard(np.concatenate([TRACKS["t0"][-own:], noise]), wrong=0.1), ALL, WINDOW_S, most=2)
    assert ("t0", ALL["t0"].duration_s) in {(each.track_id, each.end_s) for each in late}


def test_a_window_begins_where_the_query_does():
    first = 34
    query = heard(TRACKS["t3"][first : first + 167])
    starts_s = [table().best(query, ALL, window_s)[0].start_s for window_s in (2.0, 20.0)]
    assert starts_s == pytest.approx([first / FINGERPRINT_HZ] * 2, abs=0.07)


def test_only_tracks_that_are_open_have_places():
    query = heard(TRACKS["t1"][333:500])
    among = table().best(query, {name: ALL[name] for name in ("t0", "t2")}, WINDOW_S)
    assert {place.track_id for place in among} <= {"t0", "t2"}
    assert among
    assert table().best(query, {}, WINDOW_S) == []


def test_silence_and_an_empty_library_have_no_place():
    rows = TRACKS["t0"][:167]
    assert table().best(Bits(rows, np.zeros(167, bool)), ALL, WINDOW_S) == []
    assert FingerprintTable([], [], []).best(heard(rows), ALL, WINDOW_S) == []


def test_of_every_two_seconds_one_place_is_proposed():
    everything = table().best(heard(TRACKS["t1"][333:500]), ALL, WINDOW_S, most=10_000)
    blocks = {name: -(-length // 32) for name, length in zip(TRACKS, LENGTHS, strict=True)}
    assert {name: sum(place.track_id == name for place in everything) for name in TRACKS} == blocks

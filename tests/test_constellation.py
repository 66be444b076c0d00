"""Peaks of a spectrogram find a recording in a room where its bits do not, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from sounds import joined, laid, note, silent_frames

from bench.damage import pink_noise
from bench.phones import recorded
from index.core.frames import PEAKS_A_SECOND, SPECTRA_HZ
from index.core.moments import Moment, Passage, Span
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.descriptors.coincidences import coincidences, most_by_block, peaks_near
from index.descriptors.constellation import BINS, NEAR, bins_and_times, constellation
from index.factors.fingerprint import Fingerprint
from index.placement.by_fingerprint import MOST_OF_SOME
from index.placement.by_peaks import Peaks, nearest, peaks_of
from index.placement.prepared import PreparedQuery
from index.search import two_proofs
from index.search.fusion import FusionModel, Scale
from index.search.placement import AS_IT_IS
from index.store.peak_table import PROPOSED, PeakTable

RNG = np.random.default_rng(0)


def slow(seed: int, seconds: float = 40.0):
    """Few notes, each of which lasts."""
    which = np.random.default_rng(seed)
    events, at_s = [], 0.5
    while at_s < seconds - 4:
        length_s = float(which.uniform(1.5, 3.5))
        chord = which.choice(np.arange(48, 84), size=int(which.integers(1, 4)), replace=False).tolist()
        events += [(at_s, note(midi, length_s + 1, level=0.2)) for midi in chord]
        at_s += length_s
    return laid(events, seconds)


@pytest.fixture(scope="module")
def music(analyser):
    """Slow pieces, and their frames."""
    sounds = [slow(seed) for seed in range(6)]
    return [(sound, analyser.analyse(sound)) for sound in sounds]


def passage(frames, start_s=0.0, end_s=None) -> Passage:
    end_s = end_s or frames.duration_s
    return Passage(Clip("c", "", "clip.wav", frames.duration_s), frames, start_s, end_s)


def test_a_peak_is_where_a_tone_stands_out():
    power = np.full((120, BINS), 1e-3, np.float32)
    power[70, 200] = power[20, 9] = power[119, 371] = 1.0
    power[71, 203] = 0.5  # beside a larger one
    found = constellation(power)
    assert found.shape == (3, PEAKS_A_SECOND) and found.dtype == np.uint16
    bins, times = bins_and_times(found)
    assert {(200, 70), (9, 20), (371, 119)} <= set(zip(bins.tolist(), times.tolist(), strict=True))
    assert (203, 71) not in zip(bins.tolist(), times.tolist(), strict=True)


def test_of_each_second_the_highest_peaks_are_kept_and_of_silence_none():
    power = np.zeros((100, BINS), np.float32)
    for number, each in enumerate(range(20, 370, 12)):
        power[10, each] = 1.0 + number
    bins, times = bins_and_times(constellation(power))
    assert len(bins) == PEAKS_A_SECOND and set(times.tolist()) == {10} and bins.min() == 20 + 12 * 14
    assert not constellation(np.zeros((60, BINS), np.float32)).any()
    assert not constellation(np.full((60, BINS), 1e-5, np.float32)).any()


def test_coincidences_are_counted_as_one_by_one():
    regions = constellation_of(RNG, 3, 6)
    query = constellation_of(RNG, 1, 2)[0]
    bins, times = bins_and_times(query)
    firsts = np.array([0, 17, 90])
    found, peaks = coincidences(bins, times, regions, firsts, 150)
    assert peaks.tolist() == [6 * 11] * 3
    for region, first, counted in zip(regions, firsts.tolist(), found, strict=True):
        own_bins, own_times = bins_and_times(region)
        for lag in (0, 1, 77, 149):
            apart = np.abs(own_times[:, None] - first - lag - times) <= NEAR
            assert counted[lag] == np.count_nonzero(apart & (np.abs(own_bins[:, None] - bins) <= 1))


def constellation_of(rng, sounds: int, seconds: int) -> np.ndarray:
    codes = (rng.integers(9, 372, (sounds, seconds, PEAKS_A_SECOND)) << 6) + rng.integers(
        0, 50, (sounds, seconds, PEAKS_A_SECOND)
    )
    codes[..., 11:] = 0
    return codes.astype(np.uint16)


def test_what_a_phone_recorded_is_found_where_tones_last(analyser, music):
    sound, frames = music[0]
    heard = analyser.analyse(recorded(sound.span(13.3, 23.3), np.random.default_rng(1), "home"))
    spans = [Span(each, start_s, start_s + 10) for _, each in music for start_s in np.arange(0, 30, 2.0)]
    found = nearest(peaks_of(passage(heard)), spans, 2.0, 2.0)
    best = int(found.nats.argmax())
    assert spans[best].frames is frames
    assert found.starts_s[best] == pytest.approx(13.3, abs=0.2)
    elsewhere = found.nats[
        [
            abs(at - 13.3) > 1 or span.frames is not frames
            for at, span in zip(found.starts_s, spans, strict=True)
        ]
    ]
    assert found.nats[best] > 20 > elsewhere.max()
    assert found.count[best] > 3 * found.by_chance[best]


def test_a_drone_is_not_alike_for_sounding_all_the_time(analyser):
    """It has its tone at every lag; so has whatever is played in its key."""
    drone = joined(*(laid([(0.1, note(57, 3.9)), (2.0, note(64, 1.9))], 4.0) for _ in range(10)))
    frames = analyser.analyse(drone)
    other = analyser.analyse(laid([(at, note(57, 1.0)) for at in np.arange(0.3, 9, 1.1)], 10.0))
    spans = [Span(frames, start_s, start_s + 10) for start_s in np.arange(0, 30, 2.0)]
    assert nearest(peaks_of(passage(other)), spans, 2.0, 2.0).nats.max() < 14


def test_of_what_has_no_peaks_nothing_is_said(music):
    _, frames = music[0]
    spans = [Span(replace(frames, peaks=None), 0.0, 10.0), Span(frames, 0.0, 10.0)]
    some = nearest(peaks_of(passage(frames, 0.0, 10.0)), spans, 1.0, 1.0)
    assert some.nats[0] == 0 < some.nats[1]
    silence = silent_frames(10.0)
    assert len(peaks_of(passage(silence))) == 0
    assert nearest(peaks_of(passage(silence)), spans, 1.0, 1.0).nats.tolist() == [0, 0]
    assert nearest(Peaks(np.array([50]), np.array([3])), spans, 1.0, 1.0).nats.tolist() == [0, 0]


def test_peaks_of_a_part_begin_where_it_does(music):
    _, frames = music[0]
    whole, part = peaks_of(passage(frames, 0.0, 19.0)), peaks_of(passage(frames, 3.5, 10.0))
    at = 3.5 * SPECTRA_HZ
    inside = (whole.times >= at) & (whole.times < 10 * SPECTRA_HZ)
    assert part.bins.tolist() == whole.bins[inside].tolist()
    assert (part.times + at).tolist() == whole.times[inside].tolist()


def test_where_bits_are_spoilt_peaks_find_the_clip_at_its_second(small, as_clip, made):
    clip = as_clip(made["Song in C"].span(5.3, 15.3))
    bits = RNG.integers(1 << 32, size=len(clip.frames.fingerprint), dtype=np.uint32)
    spoilt = replace(clip, frames=replace(clip.frames, fingerprint=bits))
    best = small.searcher.find(Query(spoilt, k=3)).hits[0]
    assert best.track.title == "Song in C" and best.moment.start_s % 6 == pytest.approx(5.3, abs=0.1)
    part = best.factors["fingerprint"]
    assert part.contribution > 0 and part.value == pytest.approx(MOST_OF_SOME, abs=0.02)
    without = replace(spoilt, frames=replace(spoilt.frames, peaks=None))
    assert "fingerprint" not in small.searcher.find(Query(without, k=3)).hits[0].factors


def test_two_proofs_of_one_place_are_worth_more_than_each_and_of_two_places_no_more(analyser, music):
    sound, frames = music[1]
    heard = analyser.analyse(pink_noise(sound.span(8.0, 18.0), 0, np.random.default_rng(2)))
    query, span = PreparedQuery(Query(passage(heard))), Span(frames, 7.0, 17.0)
    by_chance = Scale(0.08, 0.01)

    def surprise(starts_s: float) -> float:
        bits = two_proofs.Bits(np.array([0.2]), np.array([starts_s]), by_chance, 15.0)
        value, _ = two_proofs.both(query, [span], bits, 2.5)
        assert value[0] <= MOST_OF_SOME * query.bits.weight + 1e-9
        return float(by_chance.surprise(value)[0])

    alone = float(by_chance.surprise(np.array(0.2)))
    assert surprise(8.0) > surprise(9.5) >= alone
    none = two_proofs.Bits(np.array([0.0]), np.array([9.5]), by_chance, 15.0)
    _, at = two_proofs.both(query, [span], none, 2.5)
    assert at[0] == pytest.approx(8.0, abs=0.1)


def test_of_a_recording_that_bits_prove_peaks_lift_no_other_place(analyser, music):
    """Two rounds of a loop have their peaks in common; what bits say of them stays as it is."""
    sound, frames = music[1]
    heard = analyser.analyse(pink_noise(sound.span(8.0, 18.0), 0, np.random.default_rng(2)))
    query, other = PreparedQuery(Query(passage(heard))), replace(frames)
    spans = [Span(frames, 8.0, 18.0), Span(frames, 8.2, 18.2), Span(other, 8.0, 18.0)]
    bits = two_proofs.Bits(np.array([0.3, 0.1, 0.1]), np.full(3, 8.0), Scale(0.08, 0.01), 15.0)
    value, _ = two_proofs.both(query, spans, bits, 2.5)
    assert value[0] > 0.3 and value[1] == 0.1 and value[2] > 0.3


def test_it_is_told_how_many_peaks_fall_together(analyser, music):
    sound, frames = music[2]
    heard = passage(analyser.analyse(recorded(sound.span(10.0, 20.0), np.random.default_rng(3), "home")))
    there = Passage(Track("t", "t.wav", "t", "", "", "", "", None, 40.0), frames, 10.0, 20.0)
    facts = {fact.name: fact for fact in Fingerprint().shared(heard, there, AS_IT_IS)}
    fact = facts["same peaks"]
    assert f"{fact.value} of its {len(peaks_of(heard))} spectral peaks fall together" in fact.text
    elsewhere = replace(there, frames=music[3][1])
    assert "same peaks" not in {each.name for each in Fingerprint().shared(heard, elsewhere, AS_IT_IS)}


LENGTHS = (40, 61, 12, 300)
TRACKS = {f"t{number}": constellation_of(RNG, 1, seconds)[0] for number, seconds in enumerate(LENGTHS)}
ALL = {
    name: Track(name, f"{name}.wav", name, "", "", "", "", None, float(len(rows)))
    for name, rows in TRACKS.items()
}


def table() -> PeakTable:
    numbers = [rows.reshape(-1).view(np.uint32) for rows in TRACKS.values()]
    return PeakTable(list(TRACKS), numbers, [len(each) for each in numbers])


def noisy(bins: np.ndarray, times: np.ndarray, left: float) -> Peaks:
    """Of the peaks so many are left; others are anywhere."""
    kept = RNG.random(len(bins)) < left
    noise = int(np.count_nonzero(~kept))
    return Peaks(
        np.concatenate([bins[kept], RNG.integers(9, 372, noise)]),
        np.concatenate([times[kept], RNG.integers(0, times.max() + 1, noise)]),
    )


@pytest.mark.parametrize("first", [0, 333, 61 * 50 - 500])
def test_the_place_is_proposed_first_of_which_a_quarter_of_the_peaks_is_left(first):
    bins, times = bins_and_times(TRACKS["t1"])
    inside = (times >= first) & (times < first + 500)
    best = table().best(noisy(bins[inside], times[inside] - first, 0.25), ALL, 10.0)
    assert best[0].track_id == "t1" and len(best) <= PROPOSED
    assert best[0].start_s == pytest.approx(first / SPECTRA_HZ, abs=0.12)


def test_a_clip_may_begin_before_the_track_and_only_open_tracks_are_proposed():
    bins, times = bins_and_times(TRACKS["t3"][:8])
    early = Peaks(bins, times + 100)
    assert table().best(early, ALL, 10.0)[0] == Moment("t3", 0.0, 10.0)
    others = {name: track for name, track in ALL.items() if name != "t3"}
    assert all(each.track_id != "t3" for each in table().best(early, others, 10.0))
    assert table().best(Peaks(bins[:3], times[:3]), ALL, 10.0) == []
    assert PeakTable([], [], []).best(early, ALL, 10.0) == []


def test_the_most_that_peaks_are_worth_is_a_proof_in_any_library():
    model = FusionModel.load()
    prior = model.prior["fingerprint"]
    assert (MOST_OF_SOME - prior.location) / (1.5 * prior.spread) > max(model.proof.values())


def test_what_no_constellation_can_hold_leads_nowhere():
    """Numbers read from a damaged file, each of a bin or a spectrum that there is not."""
    bins, times = bins_and_times(constellation_of(RNG, 1, 4)[0])
    for damaged in (0xFFFF, BINS << 6, (100 << 6) + 50, (100 << 6) + 63, 1, 63):
        rows = np.full((9, PEAKS_A_SECOND), damaged, np.uint16)
        count, _ = coincidences(bins, times, rows[None], np.array([0]), 300)
        assert not count.any()
        assert not peaks_near(rows[None], np.arange(500)[None]).any()
        found = most_by_block(bins, times, rows, np.array([0, 4, 9]), 100)
        assert not found.count.any() and not found.usual.any()


def test_where_the_piecewise_search_is_cut_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    power = np.random.default_rng(5).random((523, BINS)).astype(np.float32)
    in_pieces = constellation(power)
    monkeypatch.setattr("index.descriptors.constellation._PIECE", len(power))
    assert np.array_equal(in_pieces, constellation(power))
    assert np.count_nonzero(in_pieces) > 50

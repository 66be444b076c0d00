"""The fingerprint finds a recording at its exact place, whatever was done to it, and no other performance."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sounds import joined, laid, note, silent_frames

from bench.damage import pink_noise, speed, stretch, telephone
from bench.remeasured import same_bits
from index.core.frames import FINGERPRINT_HZ, Frames, rows
from index.core.moments import Grid, Passage
from index.core.query import Query
from index.core.tracks import Clip
from index.descriptors.fingerprint_bits import BITS, UNCHANGED, Warp, agreement, of_some_bands
from index.factors import Span, build
from index.factors.fingerprint import Fingerprint
from index.placement import by_fingerprint
from index.placement.by_fingerprint import SURE
from index.placement.prepared import PreparedQuery
from index.search.candidates import Shelf
from index.search.fusion import FusionModel
from index.search.placement import AS_IT_IS, SURE_CHANGED, Placer, agreement_by_chance
from index.search.searcher import Searcher
from index.store.frame_store import FrameStore

ROUND_S = 12.0


def tune(seed: int, voices: int = 3):
    """A round of a tune; another seed plays the same notes with other touches, as a loop's next round does."""
    which, touch = np.random.default_rng(5), np.random.default_rng(seed)
    events = []
    for _ in range(voices):
        at_s = 0.0
        while at_s < ROUND_S - 1:
            midi, length_s = int(which.integers(52, 80)), float(which.choice([0.25, 0.5, 0.75]))
            late_s, level = float(touch.uniform(0, 0.04)), float(touch.uniform(0.1, 0.3))
            events.append((at_s + late_s, note(midi, length_s + 0.4, level=level)))
            at_s += length_s
    return laid(events, ROUND_S)


@pytest.fixture(scope="module")
def loop():
    """Four rounds of a tune, alike but not the same."""
    return joined(*(tune(seed) for seed in range(4)))


@pytest.fixture(scope="module")
def frames(analyser, loop) -> Frames:
    return analyser.analyse(loop)


def best_place(analyser, frames, sound) -> tuple[float, float]:
    """The value and the start of the best place of a sound, seconds."""
    heard = analyser.analyse(sound)
    query = Passage(Clip("c", "", "clip.wav", heard.duration_s), heard, 0.0, heard.duration_s)
    windows = [Span(frames, start_s, start_s + 10) for start_s in np.arange(0, 4 * ROUND_S - 10, 2.0)]
    values, starts_s = by_fingerprint.place(PreparedQuery(Query(query)), windows, 2.0)
    return float(values.max()), float(starts_s[values.argmax()])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sound: sound,
        lambda sound: pink_noise(sound, 0, np.random.default_rng(0)),
        telephone,
    ],
    ids=["clean", "noise", "telephone"],
)
def test_an_excerpt_lies_in_its_own_round_of_a_loop(analyser, frames, loop, spoil):
    value, start_s = best_place(analyser, frames, spoil(loop.span(25.37, 33.37)))
    assert value > 2 * SURE
    assert start_s == pytest.approx(25.37, abs=0.07)


def test_other_music_has_no_place(analyser, frames):
    other = np.random.default_rng(9)
    strange = laid([(s / 4, note(int(other.integers(50, 80)), 0.6)) for s in range(40)], 10)
    assert best_place(analyser, frames, strange)[0] < SURE


def test_the_search_returns_the_right_round_and_says_why(small, made, as_clip):
    hit = small.searcher.find(Query(as_clip(made["Song in C"].span(5.3, 15.3)), k=1)).hits[0]
    part = hit.factors["fingerprint"]
    assert part.contribution > 0
    assert hit.score == pytest.approx(sum(each.contribution for each in hit.factors.values()))
    assert hit.moment.start_s % 6 == pytest.approx(5.3, abs=0.07)
    assert set(hit.as_json()["factors"]) == {"timbre", "harmony", "melody", "rhythm", "dynamics"}


def test_a_recording_is_found_of_which_a_phone_has_left_little(small, as_clip, made):
    """Four bits of ten are wrong, and notes and sound are those of another piece."""
    clip = as_clip(made["Cadence in D"].span(1, 11))
    bits = as_clip(made["Song in C"].span(5.3, 15.3)).frames.fingerprint
    wrong = np.random.default_rng(2).random((len(bits), BITS)) < 0.405
    noise = np.packbits(wrong, axis=1).view(">u4")[:, 0].astype(np.uint32)
    spoilt = replace(clip, frames=replace(clip.frames, fingerprint=bits ^ noise, peaks=None))
    hits = small.searcher.find(Query(spoilt, k=8)).hits
    (song,) = [hit for hit in hits if hit.track.title == "Song in C"]
    assert 0.1 < song.factors["fingerprint"].value < SURE
    assert song.factors["fingerprint"].contribution > 0
    assert song.moment.start_s % 6 == pytest.approx(5.3, abs=0.15)


class NoVectors:
    """A store that knows of nothing near anything."""

    def query(self, name, vectors, count):
        return [[] for _ in vectors], None


def test_a_place_is_told_from_chance_half_a_step_beside_those_compared_first(frames):
    """Every other place is compared first; rows that last for one step only do not agree beside their own."""
    rng = np.random.default_rng(3)
    bits = rng.integers(2**32, size=600, dtype=np.uint32)
    sound = replace(frames, fingerprint=bits)
    for first in (201, 202):
        noise = np.packbits(rng.random((167, BITS)) < 0.4, axis=1).view(">u4")[:, 0].astype(np.uint32)
        own = replace(frames, fingerprint=bits[first : first + 167] ^ noise)
        query = Passage(Clip("c", "", "clip.wav", 10.0), own, 0.0, 10.0)
        windows = [Span(sound, start_s, start_s + 10) for start_s in np.arange(0, 24, 2.0)]
        values, starts_s = by_fingerprint.place(PreparedQuery(Query(query)), windows, 2.0)
        assert values.max() == pytest.approx(0.2, abs=0.06)
        assert starts_s[values.argmax()] == pytest.approx(first / FINGERPRINT_HZ, abs=0.01)


def test_in_a_large_library_the_bits_of_a_clip_propose_where_nothing_else_does(
    small, as_clip, made, monkeypatch
):
    monkeypatch.setattr("index.search.candidates.SCAN_WINDOWS", 0)
    shelf = Shelf.of(list(small.tracks.values()), Grid())
    no_vectors: Any = NoVectors()
    searcher = Searcher(shelf, no_vectors, small.store, build(), FusionModel.load())
    clip = as_clip(pink_noise(made["Song in C"].span(5.3, 15.3), 0, np.random.default_rng(0)))
    hit = searcher.find(Query(clip, k=1)).hits[0]
    assert hit.track.title == "Song in C"
    assert hit.moment.start_s % 6 == pytest.approx(5.3, abs=0.1)
    others = searcher.find(Query(clip, k=5), lambda track: track.title != "Song in C").hits
    assert all(hit.track.title != "Song in C" for hit in others)
    assert searcher.find(Query(small.passage("Song in C", 5.3))).hits == ()


def test_where_nothing_is_the_same_recording_nothing_is_said_of_it(small):
    hits = small.searcher.find(Query(small.passage("Cadence in D"), k=8)).hits
    assert hits
    for hit in hits:
        assert "fingerprint" not in hit.factors
        assert hit.score == pytest.approx(sum(each.contribution for each in hit.factors.values()))


def test_it_says_how_much_agrees(frames):
    track_like = Clip("c", "", "loop.wav", frames.duration_s)
    passage = Passage(track_like, frames, 12.0, 22.0)
    fact, peaks = Fingerprint().shared(passage, passage, AS_IT_IS)
    assert (fact.name, fact.value, fact.unit) == ("same bits", 100, "%")
    assert peaks.name == "same peaks" and peaks.text.startswith(f"{peaks.value} of its {peaks.value} ")
    assert Fingerprint().shared(passage, Passage(track_like, frames, 17.1, 27.1), AS_IT_IS) == ()


def test_silence_and_sounds_without_a_fingerprint_prove_nothing(frames):
    silent = replace(silent_frames(10.0), level_db=np.full(100, -100, np.float16))
    silent = replace(silent, fingerprint=np.zeros(rows(10, FINGERPRINT_HZ), np.uint32))
    query = Passage(Clip("s", "", "silence.wav", 10.0), silent, 0.0, 10.0)
    assert Fingerprint().similarity(PreparedQuery(Query(query)), [Span(silent, 0, 10)]) == [0]
    old = replace(frames, fingerprint=None)
    known = Passage(Clip("c", "", "loop.wav", frames.duration_s), frames, 0.0, 10.0)
    assert Fingerprint().similarity(PreparedQuery(Query(known)), [Span(old, 0, 10)])[0] == pytest.approx(
        0, abs=SURE
    )
    assert Fingerprint().similarity(
        PreparedQuery(Query(replace(known, frames=old))), [Span(frames, 0, 10)]
    ) == [0]


def changed_place(analyser, frames, sound):
    heard = analyser.analyse(sound)
    query = Passage(Clip("c", "", "clip.wav", heard.duration_s), heard, 0.0, heard.duration_s)
    warps = [Warp(ratio, bands) for ratio in (1.0, 0.93, 1.07) for bands in (-1, 0, 1)]
    return query, by_fingerprint.search(PreparedQuery(Query(query)), frames, warps)


@pytest.mark.parametrize(
    ("change", "bands"),
    [(lambda sound: speed(sound, 0.92), 1), (lambda sound: stretch(sound, 1.09), 0)],
    ids=["tape", "tempo"],
)
def test_a_recording_is_found_that_was_played_faster_or_slower(analyser, frames, loop, change, bands):
    query, found = changed_place(analyser, frames, change(loop.span(25.37, 35.37)))
    assert found.value > SURE_CHANGED
    assert found.start_s == pytest.approx(25.37, abs=0.25)
    assert query.duration_s * found.warp.ratio == pytest.approx(10, rel=0.02)
    assert found.warp.bands == bands


def test_a_clip_may_be_longer_than_the_recording(analyser, loop):
    whole, part = analyser.analyse(loop.span(12, 22)), analyser.analyse(loop.span(12.5, 20))
    query = Passage(Clip("c", "", "clip.wav", whole.duration_s), whole, 0.0, whole.duration_s)
    found = by_fingerprint.search(PreparedQuery(Query(query)), part, [Warp(), Warp(1.07)])
    assert found.value > SURE
    assert found.start_s == 0  # it begins half a second before the recording does


def test_a_changed_recording_comes_first_and_says_so(small, made, as_clip):
    clip = as_clip(speed(made["Song in C"].span(5.3, 15.3), 1.08))
    hit = small.searcher.find(Query(clip, k=1)).hits[0]
    assert hit.track.title == "Song in C"
    assert "fingerprint" in hit.factors
    assert hit.moment.end_s - hit.moment.start_s == pytest.approx(10, rel=0.03)
    passage = Passage(hit.track, small.frames(hit.track.title), hit.moment.start_s, hit.moment.end_s)
    (fact,) = Fingerprint().shared(clip, passage, hit.alignment)
    assert fact.value == pytest.approx(same_bits(clip, passage, hit.alignment.tempo_ratio), abs=0.51)


def test_agreement_counts_the_bits_at_every_lag():
    bits = np.random.default_rng(0).integers(2**32, size=50, dtype=np.uint32)
    region = np.concatenate([bits[40:], ~bits[:20], bits])[None]
    found = agreement(bits[:20], region, np.ones(20, bool))
    assert found.shape == (1, 61)
    assert found[0, 10] == pytest.approx(-1)
    assert found[0, 30] == pytest.approx(1)
    half = agreement(bits[:20] ^ np.uint32(0xFFFF), bits[None, :20], np.ones(20, bool))
    assert half[0, 0] == pytest.approx(1 - 2 * 16 / BITS, abs=1e-6)


@pytest.mark.parametrize("rows", [40, 41])
@pytest.mark.parametrize("silent", [0, 7])
@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("warp", [UNCHANGED, Warp(1.1), Warp(0.9, -2)])
def test_agreement_is_that_of_the_bits_one_by_one(rows, silent, step, warp):
    rng = np.random.default_rng(rows + silent)
    query = rng.integers(0, 2**32, rows, dtype=np.uint32)
    regions = rng.integers(0, 2**32, (3, round(rows * warp.ratio) + 9), dtype=np.uint32)
    counted = np.arange(rows) >= silent
    counted[rows - silent // 2 :] = False
    found = agreement(query, regions, counted, warp, step)
    kept = np.flatnonzero(counted[warp.origin(rows)])[::step]
    bits = [bit for bit in range(32) if int(warp.mask) >> bit & 1]
    for column, lag in enumerate(range(0, 10, step)):
        for number, region in enumerate(regions):
            alike = [
                (int(warp.rows(query)[row]) ^ int(region[row + lag])) >> bit & 1 == 0
                for row in kept
                for bit in bits
            ]
            assert found[number, column] == pytest.approx(2 * np.mean(alike) - 1, abs=1e-5)
    assert found.shape[1] == column + 1


def test_what_is_left_in_some_bands_counts_as_much_as_it_is_unlikely():
    rng = np.random.default_rng(3)
    bits = rng.integers(2**32, size=167, dtype=np.uint32)
    other = rng.integers(2**32, size=(3, 167), dtype=np.uint32)
    high, low, every = np.uint32(0xFFFF0000), np.uint32(0xFF), np.uint32(0)
    regions = np.stack([other[0] & ~high | bits & high, other[1] & ~low | bits & low, other[2] & every])
    found = of_some_bands(bits, regions, np.ones(167, bool))
    assert found[0] == pytest.approx(np.sqrt(0.5), abs=0.02)
    assert found[1] == pytest.approx(0.5, abs=0.02)
    assert found[2] < 0.1
    assert of_some_bands(bits, bits[None], np.ones(167, bool))[0] == pytest.approx(1)


def test_a_recording_of_which_noise_has_left_a_few_bands_is_found():
    frames = silent_frames(120)
    rng = np.random.default_rng(4)
    whole = np.repeat(rng.integers(2**32, size=700, dtype=np.uint32), 3)  # rows are alike in time
    left = np.uint32(0x00FF0000)
    heard = rng.random((167, 32)) < 0.3  # three bits in ten of those bands are wrong, and half of all others
    wrong = np.packbits(heard, axis=1).view(">u4")[:, 0].astype(np.uint32)
    noise = rng.integers(2**32, size=167, dtype=np.uint32)
    own = (whole[1003:1170] ^ wrong) & left | noise & ~left
    clip = replace(frames, fingerprint=own, level_db=np.zeros(101, np.float16), duration_s=10.0)
    library = [
        replace(frames, fingerprint=rng.integers(2**32, size=2000, dtype=np.uint32)) for _ in range(40)
    ]
    library.append(replace(frames, fingerprint=whole))
    spans = [Span(each, start_s, start_s + 10) for each in library for start_s in range(0, 100, 5)]
    passage = Passage(Clip("c", "c", "c", 10.0), clip, 0.0, 10.0)
    value, starts_s = by_fingerprint.place(PreparedQuery(Query(passage)), spans, 3.0)
    best = int(value.argmax())
    assert spans[best].frames is library[-1]
    assert starts_s[best] == pytest.approx(1003 / FINGERPRINT_HZ, abs=0.1)
    right = np.array([span.frames is library[-1] for span in spans])
    model = FusionModel.load().among(len(spans))
    surprise = model.by_chance("fingerprint", value).surprise(value)
    assert surprise[best] > model.proof["fingerprint"] > surprise[~right].max()


@pytest.mark.parametrize("proposed", [False, True])
def test_what_has_no_fingerprint_says_nothing_of_chance(proposed):
    rng = np.random.default_rng(5)

    def sound(heard: bool) -> Frames:
        bits = rng.random((rows(12.0, FINGERPRINT_HZ), BITS)) < 0.5
        for before, row in pairwise(bits):
            stays = rng.random(BITS) < 0.75
            row[stays] = before[stays]
        drawn = np.sum(bits * 2 ** np.arange(BITS, dtype=np.uint64), axis=1).astype(np.uint32)
        return replace(silent_frames(12.0), fingerprint=drawn if heard else None)

    query = PreparedQuery(Query(Passage(Clip("q", "q.wav", "q.wav", 12.0), sound(heard=True), 0.0, 10.0)))
    heard = [Span(sound(heard=True), 0.0, 10.0) for _ in range(20)]
    model, unheard = FusionModel.load(), [Span(sound(heard=False), 0.0, 10.0) for _ in range(140)]

    def by_chance(spans: list[Span]) -> tuple[float, float]:
        elsewhere = agreement_by_chance(query, spans) if proposed else None
        scale = Placer(model).place(query, spans, elsewhere).by_chance
        return scale.location, scale.spread

    assert by_chance([*heard, *unheard]) == pytest.approx(by_chance(heard), abs=0.002)


def test_frames_keep_the_fingerprint(frames, tmp_path):
    store = FrameStore(tmp_path)
    store.write("a" * 16, frames)
    store.write("b" * 16, replace(frames, fingerprint=None))
    back = store.read("a" * 16).fingerprint
    assert back is not None
    assert np.array_equal(back, frames.fingerprint)
    assert store.read("b" * 16).fingerprint is None


def test_a_proof_counts_only_beyond_what_chance_reaches():
    model = FusionModel.load()
    assert model.evidence("fingerprint", np.array([0.0, model.proof["fingerprint"]])).tolist() == [0, 0]
    assert model.evidence("fingerprint", np.array([20.0]))[0] == pytest.approx(
        20 - model.proof["fingerprint"]
    )

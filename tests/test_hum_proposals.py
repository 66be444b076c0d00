"""A large library is scanned quickly for a hum, and only what that proposes is aligned."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hummed_music import STARTS_S, TUNE, TUNE_S, clip_query, piece, sung, track

from index.analysis.f0 import Tune, track_sound
from index.analysis.melody_salience import SALIENCE_HZ, Salience
from index.humming import proposals
from index.humming.proposals import Laid, proposed, sampled
from index.humming.rigid_scan import BLOCK, STRIDE, TOP, best_starts
from index.humming.searcher import COARSE_RATIOS, TuneSearcher
from index.store.salience_store import SalienceTable

ODDS = np.log((0.85 * (np.arange(256) / 255) ** 2 + 0.0125) * 12)


@pytest.fixture(scope="module")
def table() -> SalienceTable:
    salience = Salience()
    return SalienceTable.of([salience.kept(piece(number)) for number in range(10)])


def test_the_scan_is_what_its_description_says() -> None:
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 256, (173, 12)).astype(np.uint8)
    tune = Tune(np.array([3, 3, 7, 7, 7, 0, 11, 11]), np.zeros(8, np.float32), np.ones(8, np.float32))
    found = best_starts(rows, [tune], ODDS, 2)
    levels = np.round((ODDS - ODDS.min()) / np.ptp(ODDS) * TOP)[rows]
    levels = np.pad(levels, ((STRIDE, 40), (0, 0)))

    def part(at: int, key: int, frames: list[int]) -> float:
        """The best of a part's sums, laid up to a stride early or late."""
        return max(
            sum(levels[STRIDE + at + late + i, (tune.low_class[i] + key) % 12] for i in frames)
            for late in (-STRIDE, 0, STRIDE)
        )

    parts = [[0, 1], [2, 3], [4, 5], [6, 7]]
    plain = [
        max(sum(part(at, key, frames) for frames in parts) for key in range(12))
        for at in range(0, 173, STRIDE)
    ]
    blocks = [plain[first : first + BLOCK] for first in range(0, len(plain), BLOCK)]
    np.testing.assert_allclose(found.value, [max(block) / (8 * TOP) for block in blocks], rtol=1e-5)
    assert found.row.tolist() == [
        STRIDE * (BLOCK * number + int(np.argmax(block))) for number, block in enumerate(blocks)
    ]


def test_the_place_of_the_tune_is_proposed_first(
    table: SalienceTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "PROPOSED_S", 40.0)
    pitch = track_sound(sung(TUNE, 4, 1.1))
    spans = proposed(table, np.arange(10), pitch, COARSE_RATIOS, ODDS, 2)
    assert sum(high - low for _, low, high in spans) / SALIENCE_HZ <= 60
    assert any(
        number == 7
        and low / SALIENCE_HZ <= STARTS_S[7] + 0.5
        and high / SALIENCE_HZ >= STARTS_S[7] + TUNE_S - 0.5
        for number, low, high in spans
    )
    assert all(number != 7 for number, *_ in proposed(table, np.arange(7), pitch, COARSE_RATIOS, ODDS, 2))


def test_stretches_lie_within_their_tracks_and_apart(table: SalienceTable) -> None:
    pitch = track_sound(sung(TUNE, 0, 1))
    spans = proposed(table, np.arange(10), pitch, COARSE_RATIOS, ODDS, 1)
    for number, low, high in spans:
        assert 0 <= low < high <= table.bounds[number + 1] - table.bounds[number]
    for (one, _, end), (other, begin, _) in pairwise(spans):
        assert (other, begin) > (one, end) or other > one


def test_a_stretch_is_pooled_as_its_whole_track_is(table: SalienceTable) -> None:
    laid = Laid.of(table, [(2, 31, 90), (7, 8, 60)], 2)
    whole = table.coarser(2)
    for stretch, (low, high) in enumerate(pairwise(laid.table.bounds)):
        first = whole.bounds[laid.track[stretch]] + laid.first[stretch]
        assert np.array_equal(laid.table.rows[low:high], whole.rows[first : first + high - low])


def test_the_sample_is_spread_over_the_library(table: SalienceTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "SAMPLED_S", 100.0)
    assert [number for number, *_ in sampled(table, np.arange(10))] == [0, 4, 8]


def test_a_large_library_finds_what_a_small_one_does(
    table: SalienceTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = [track(number) for number in range(10)]
    query = clip_query(tmp_path, sung(TUNE, 4, 1.1))
    pitch = track_sound(sung(TUNE, 4, 1.1))
    small = TuneSearcher(tracks, table).find_tune(query, pitch)
    monkeypatch.setattr(proposals, "EVERYTHING_S", 0.0)
    monkeypatch.setattr(proposals, "PROPOSED_S", 150.0)
    searcher = TuneSearcher(tracks, table)
    large = searcher.find_tune(query, pitch)
    assert large.hits[0].moment == small.hits[0].moment
    assert large.hits[0].score == pytest.approx(small.hits[0].score, rel=0.5)
    others = searcher.find_tune(query, pitch, lambda each: each.id != tracks[7].id)
    assert others.hits
    assert all(hit.track.id != tracks[7].id for hit in others.hits)


def test_few_allowed_tracks_of_a_large_library_are_aligned_whole(
    table: SalienceTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "EVERYTHING_S", 100.0)
    tracks = [track(number) for number in range(10)]
    query = clip_query(tmp_path, sung(TUNE, 4, 1.1))
    pitch = track_sound(sung(TUNE, 4, 1.1))
    allowed = {tracks[5].id, tracks[7].id}
    few = TuneSearcher(tracks, table).find_tune(query, pitch, lambda each: each.id in allowed)
    monkeypatch.setattr(proposals, "EVERYTHING_S", 1e6)
    whole = TuneSearcher(tracks, table).find_tune(query, pitch, lambda each: each.id in allowed)
    assert few.hits == whole.hits


def test_a_silent_tune_proposes_nothing(table: SalienceTable) -> None:
    silent = Tune(np.zeros(9, np.int64), np.zeros(9, np.float32), np.zeros(9, np.float32))
    assert not best_starts(table.rows, [silent], ODDS, 1).value.any()

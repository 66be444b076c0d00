"""The first look at a large library: a sketch of its melody, on which a tune is laid at a few tempi."""

from __future__ import annotations

import numpy as np
import pytest
from hummed_music import TUNE, piece, sung

from index.analysis.f0 import Tune, track_sound
from index.analysis.melody_salience import SALIENCE_HZ, Salience
from index.humming import proposals
from index.humming.cut import TOP
from index.humming.proposals import proposed
from index.humming.rigid_scan import BLOCK, STRIDE
from index.humming.searcher import COARSE_RATIOS
from index.humming.sketch import Sketch
from index.store.salience_store import SalienceTable

ODDS = np.log((0.85 * (np.arange(256) / 255) ** 2 + 0.0125) * 12)


def _levels(rows: np.ndarray) -> np.ndarray:
    """(positions, 12): the level of two rows' root mean square, each; blocks are filled up with nothing."""
    rows = rows[: len(rows) // STRIDE * STRIDE]
    root = np.round(np.sqrt((rows.astype(float) ** 2).reshape(-1, STRIDE, 12).mean(axis=1))).astype(int)
    return np.asarray(np.round((ODDS - ODDS.min()) / np.ptp(ODDS) * TOP)[root])


def _rows(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 12)).astype(np.uint8)


def test_a_sketch_has_the_level_of_two_rows_in_four_bits() -> None:
    rows = _rows(20 * 700)
    pairs = Sketch.of(rows, ODDS, 2).pairs
    drawn = np.concatenate([pairs & 15, pairs >> 4]).T
    away = np.abs(drawn - _levels(rows))
    assert drawn.shape == (7000, 12)
    assert away.max() <= 1  # a mean between two levels may be rounded either way
    assert (away > 0).mean() < 0.01


@pytest.mark.parametrize("count", [173, 20 * 700])
def test_the_look_is_what_its_description_says(count: int) -> None:
    tune = Tune(np.array([3, 3, 7, 7, 7, 0, 11, 11]), np.zeros(8, np.float32), np.ones(8, np.float32))
    sketch = Sketch.of(_rows(count), ODDS, 2)
    found = sketch.likely([tune], 2)
    levels = np.pad(np.concatenate([sketch.pairs & 15, sketch.pairs >> 4]).T.astype(int), ((1, 20), (0, 0)))
    positions = sketch.pairs.shape[1]
    best = np.zeros(positions)
    for key in range(12):
        total = np.zeros(positions)
        for part in ([0, 1], [2, 3], [4, 5], [6, 7]):
            own = [levels[i : i + positions + 2, (tune.low_class[i] + key) % 12] for i in part]
            sums = np.sum(own, axis=0)
            total += np.max([sums[late : late + positions] for late in range(3)], axis=0)
        best = np.maximum(best, total)
    np.testing.assert_allclose(found, best.reshape(-1, BLOCK).max(axis=1) / (8 * TOP), rtol=1e-5)


def test_a_silent_tune_is_likely_nowhere() -> None:
    silent = Tune(np.zeros(9, np.int64), np.zeros(9, np.float32), np.zeros(9, np.float32))
    assert not Sketch.of(_rows(200), ODDS, 1).likely([silent], 1).any()


def test_only_what_the_sketch_leaves_is_scanned_finely(monkeypatch: pytest.MonkeyPatch) -> None:
    salience = Salience()
    table = SalienceTable.of([salience.kept(piece(number)) for number in range(10)])
    scanned: list[int] = []
    scan = proposals.best_starts

    def counted(*asked: object) -> object:
        scanned.append(len(asked[4]))  # type: ignore[arg-type]
        return scan(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(proposals, "best_starts", counted)
    monkeypatch.setattr(proposals, "PROPOSED_S", 60.0)
    pitch = track_sound(sung(TUNE, 4, 1.1))
    spans = proposed(table, np.arange(10), pitch, COARSE_RATIOS, ODDS, 2)
    blocks = -(-len(table.rows) // (BLOCK * STRIDE))
    assert scanned[0] < blocks / 2
    assert any(number == 7 for number, *_ in spans)
    alone = proposed(table, np.array([3]), pitch, COARSE_RATIOS, ODDS, 2)
    assert {number for number, *_ in alone} == {3}
    assert scanned[1] <= (table.bounds[4] - table.bounds[3]) / (BLOCK * STRIDE) + 2
    assert sum(high - low for _, low, high in alone) <= 3 * 60 * SALIENCE_HZ

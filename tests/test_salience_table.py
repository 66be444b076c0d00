"""Tables of melody salience on a coarser grid."""

import numpy as np
import pytest

from index.humming.proposals import Laid
from index.store import salience_store
from index.store.salience_store import SalienceTable


def one_by_one(rows, step):
    """What a stretch gives by itself: groups of rows, the last one repeated where it lacks some."""
    found = []
    for first in range(0, len(rows), step):
        group = rows[first : first + step].astype(float)
        group = np.concatenate([group, np.repeat(group[-1:], step - len(group), axis=0)])
        found.append(np.round(np.sqrt((group**2).mean(axis=0))))
    return np.array(found, np.uint8).reshape(-1, rows.shape[1])


def test_two_rows_are_the_root_of_their_mean_power():
    table = SalienceTable.of(
        [np.array([[0, 100], [100, 100], [7, 255]], np.uint8), np.array([[3, 4]], np.uint8)]
    )
    coarse = table.coarser(2)
    assert coarse.rows.tolist() == [[71, 100], [7, 255], [3, 4]]
    assert coarse.bounds.tolist() == [0, 2, 3]


@pytest.mark.parametrize("step", [1, 2, 3, 5])
@pytest.mark.parametrize("at_once", [1, 4, 1 << 15])
def test_stretches_are_taken_together_each_by_itself(step, at_once, monkeypatch):
    monkeypatch.setattr(salience_store, "_AT_ONCE", at_once)
    rng = np.random.default_rng(step)
    table = SalienceTable.of([rng.integers(0, 256, (count, 12)).astype(np.uint8) for count in (17, 1, 8, 30)])
    firsts, ends = np.array([0, 3, 17, 20, 26, 26]), np.array([17, 9, 18, 25, 56, 27])
    found = table.pooled(firsts, ends, step)
    for number, (first, end) in enumerate(zip(firsts, ends, strict=True)):
        low, high = found.bounds[number : number + 2]
        assert np.array_equal(found.rows[low:high], one_by_one(table.rows[first:end], step)), number


def test_a_table_without_tracks_stays_one():
    coarse = SalienceTable.of([]).coarser(2)
    assert coarse.rows.shape == (0, 12)
    assert coarse.bounds.tolist() == [0]


def test_stretches_of_tracks_begin_where_the_coarse_grid_of_their_track_does():
    rng = np.random.default_rng(1)
    tracks = [rng.integers(0, 256, (count, 12)).astype(np.uint8) for count in (9, 20)]
    laid = Laid.of(SalienceTable.of(tracks), [(0, 3, 7), (1, 4, 99)], 2)
    assert (laid.track.tolist(), laid.first.tolist(), laid.asked.tolist()) == ([0, 1], [1, 2], [0, 1])
    assert laid.table.bounds.tolist() == [0, 3, 11], (
        "from the second row of the coarse grid, to the track's end"
    )
    assert np.array_equal(laid.table.rows[:3], one_by_one(tracks[0][2:7], 2))
    assert np.array_equal(laid.table.rows[3:], one_by_one(tracks[1][4:], 2))
    assert len(Laid.of(SalienceTable.of(tracks), [], 2).table.rows) == 0

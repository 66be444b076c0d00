"""Alignment: a query found again at another key, tempo and lag."""

import numpy as np
import pytest

from index.descriptors.alignment import TEMPO_RATIOS, align, centred, resample_each, resample_rows, template

KEYS = tuple(range(12))


def wandering(frames, seed=0, step=4):
    """Chroma in which one pitch class after another sounds, each for some frames, centred."""
    random = np.random.default_rng(seed)
    rows = np.zeros((frames, 12), np.float32)
    for start in range(0, frames, step):
        rows[start : start + step, random.integers(12)] = 1
    return rows - rows.mean(axis=1, keepdims=True)


@pytest.mark.parametrize(("shift", "told"), [(0, 0), (3, 3), (6, 6), (7, -5), (11, -1), (-5, -5), (-6, 6)])
def test_shifts_lie_between_minus_five_and_six(shift, told):
    assert centred(shift) == told


def test_resampling_keeps_means_and_ends():
    rows = wandering(40)
    assert np.allclose(resample_rows(rows, 40), rows, atol=1e-6)
    for count in (13, 20, 40, 57):
        assert np.allclose(resample_rows(rows, count).mean(axis=0), rows.mean(axis=0), atol=1e-5)
    assert np.allclose(resample_rows(rows, 20), rows.reshape(20, 2, 12).mean(axis=1), atol=1e-6)


def test_several_are_resampled_as_each_by_itself():
    parts = [wandering(length, seed) for seed, length in enumerate((40, 13, 40, 57, 20, 1))]
    for count in (1, 13, 20, 64):
        alone = np.array([resample_rows(part, count) for part in parts])
        assert np.allclose(resample_each(parts, count), alone, atol=1e-6)
    assert resample_each([], 20).shape[:2] == (0, 20)


@pytest.mark.parametrize("shift", [0, 1, 5, 6, -3, -5])
@pytest.mark.parametrize("lag", [0, 3, 8])
def test_the_key_and_the_lag_are_found_exactly(shift, lag):
    query = wandering(100)
    bank = template(query, 10, 10, (1.0,), KEYS)
    region = wandering(120, seed=5)
    region[lag : lag + 100] = np.roll(query, shift, axis=1)
    found = align(bank, region[None], KEYS, 21)
    assert (int(found.shift_semitones[0]), int(found.lag_frames[0])) == (shift, lag)
    assert found.value[0] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("place", range(len(TEMPO_RATIOS)))
def test_the_tempo_is_found(place):
    ratio = TEMPO_RATIOS[place]
    query = wandering(100)
    bank = template(query, 10, 10, TEMPO_RATIOS, KEYS)
    played = resample_rows(query, round(100 * ratio))
    region = np.zeros((int(bank.lengths.max()) + 20, 12), np.float32)
    region[6 : 6 + len(played)] = np.roll(played, 2, axis=1)
    found = align(bank, region[None], KEYS, 21)
    assert found.ratio[0] == pytest.approx(ratio)
    assert int(found.shift_semitones[0]) == 2
    assert abs(int(found.lag_frames[0]) - 6) <= 1


def test_regions_do_not_disturb_each_other():
    query = wandering(60)
    bank = template(query, 10, 10, (1.0,), KEYS)
    regions = np.stack([wandering(70, seed=s) for s in range(1, 5)])
    regions[2, 4:64] = query
    together = align(bank, regions, KEYS, 11)
    alone = [align(bank, region[None], KEYS, 11).value[0] for region in regions]
    assert np.allclose(together.value, alone, atol=1e-5)
    assert int(together.value.argmax()) == 2


def test_silence_is_like_nothing():
    bank = template(wandering(60), 10, 10, (1.0,), KEYS)
    assert align(bank, np.zeros((1, 70, 12), np.float32), KEYS, 11).value[0] == 0
    silent = template(np.zeros((60, 12), np.float32), 10, 10, (1.0,), KEYS)
    assert align(silent, wandering(70)[None], KEYS, 11).value[0] == 0


def test_a_louder_region_is_no_better():
    query = wandering(60)
    bank = template(query, 10, 10, (1.0,), KEYS)
    region = wandering(70, seed=3)[None]
    assert align(bank, 9 * region, KEYS, 11).value[0] == pytest.approx(
        align(bank, region, KEYS, 11).value[0], abs=1e-4
    )

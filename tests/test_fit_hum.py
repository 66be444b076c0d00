"""The weights of a hum's evidence and its confidence are found again where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from bench import fit_confidence
from bench.fit_hum import NAMES, Choice, choice, fit, held_out
from bench.metrics import calibration_error
from index.humming.evidence import Evidence
from index.humming.places import Chance, Place


def hums(weights: np.ndarray, count: int, kind: str, seed: int) -> list[Choice]:
    """Hums whose right piece is drawn by these weights."""
    rng, made = np.random.default_rng(seed), []
    for number in range(count):
        features = rng.normal(size=(12, len(NAMES)))
        right = int((features @ weights + rng.gumbel(size=12)).argmax())
        made.append(Choice(kind, f"{kind}{number}", features, np.arange(12) == right))
    return made


def test_weights_are_found_again() -> None:
    true = np.zeros(len(NAMES))
    true[[0, 2, 7]] = 2.0, 1.0, -1.0
    fitted = fit(hums(true, 400, "a", 0))
    assert fitted[0] + fitted[1] == pytest.approx(1.0)
    assert fitted[[0, 2, 7]] == pytest.approx([1.0, 0.5, -0.5], abs=0.15)
    assert np.abs(np.delete(fitted, [0, 2, 7])).max() < 0.15


def test_every_kind_weighs_alike() -> None:
    one, other = np.eye(len(NAMES))[0] * 2, np.eye(len(NAMES))[2] * 2
    fitted = fit(hums(one, 300, "many", 0) + hums(other, 30, "few", 1))
    assert fitted[2] > 0.5, "the few would weigh a tenth by their number"


def test_hums_are_answered_by_weights_of_other_works_alone() -> None:
    features = np.zeros((5, len(NAMES)))
    features[0, 0], features[1, 0] = 1.0, -1.0
    highest, lowest = np.arange(5) == 0, np.arange(5) == 1
    ours = [Choice("a", "ours", features, highest) for _ in range(10)]
    theirs = [Choice("a", "theirs", features, lowest) for _ in range(10)]
    assert {each.rank for each in held_out(ours + theirs)} == {5}
    assert {each.rank for each in held_out([*ours, Choice("a", "more", features, highest)])} == {1}


def test_the_best_place_of_each_piece_that_was_held_competes() -> None:
    told = Evidence(0.9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    held = Place(0, 0.9, 0.0, 9.0, 0, told, chance=Chance(0.7, 5.0))
    far = Place(1, 0.2, 0.0, 9.0, 0, told)
    made = choice("a", "right", ["other", "right", "other", "late"], [held, held, held, far])
    assert made.right.tolist() == [False, True]
    assert made.features.tolist() == [[0.9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 5.0]] * 2
    assert made.found(np.zeros(len(NAMES))).rank == 1
    assert choice("a", "late", ["late"], [far]).found(np.ones(len(NAMES))).rank == 0


def test_the_confidence_is_calibrated_and_the_longer_is_not_the_less_sure() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(4000):
        odds, lead, voiced_s = rng.uniform(0, 1.5), rng.uniform(0, 0.4), rng.uniform(3, 12)
        chance = 1 / (1 + np.exp(4 - 2 * odds - 8 * lead))
        rows.append((odds, lead, voiced_s, bool(rng.random() < chance)))
    found = fit_confidence.fit([rows])
    assert found[3] >= 0
    assert found[2] > found[1] > 0 > found[0]
    sure = 1 / (1 + np.exp(-fit_confidence.features(rows) @ found))
    assert calibration_error(sure.tolist(), [row[3] for row in rows]) < 0.04

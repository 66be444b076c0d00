"""Fit how sure a hum's first hit is, on what `bench.graded_hums --keep` and `bench.world.sung_tunes --keep` kept.

    python -m bench.fit_confidence FILE [FILE ...] [--check FILE ...]

Each FILE weighs alike. Prints the logistic for `index.humming.places.CONFIDENCE`, and the calibration error of each
file with it and with what is there now; those after --check are not fitted on.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from bench.metrics import brier, calibration_error
from index.humming.places import CONFIDENCE, confidence

SHRINKING = 0.0003
Row = tuple[float, float, float, bool]
"""Odds, lead, seconds of tune, right."""


def features(rows: list[Row]) -> np.ndarray:
    """(n, 4): one, odds, lead, logarithm of the seconds."""
    return np.array([[1.0, odds, lead, math.log(max(voiced_s, 0.5))] for odds, lead, voiced_s, _ in rows])


def fit(files: list[list[Row]]) -> np.ndarray:
    """The logistic, (4,), by maximum likelihood, shrunk a little; what is longer is not less sure (Platt, 1999)."""
    x = np.concatenate([features(rows) for rows in files])
    right = np.concatenate([[row[3] for row in rows] for rows in files])
    weight = np.concatenate([np.full(len(rows), 1 / len(rows) / len(files)) for rows in files])

    def loss(weights: np.ndarray) -> float:
        odds = x @ weights
        missed = np.logaddexp(0, odds) - right * odds
        return float(weight @ missed + SHRINKING * (weights[1:] ** 2).sum())

    bounds = [(None, None), (None, None), (None, None), (0, None)]
    found: np.ndarray = minimize(loss, np.zeros(4), bounds=bounds).x
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--check", type=Path, nargs="*", default=[])
    chosen = parser.parse_args()
    read: dict[Path, list[Row]] = {
        file: json.loads(file.read_text("utf-8")) for file in (*chosen.files, *chosen.check)
    }
    weights = fit([read[file] for file in chosen.files])
    print(json.dumps(dict(zip(CONFIDENCE, weights.round(3).tolist(), strict=True))))
    for file, rows in read.items():
        right = [row[3] for row in rows]
        told = {}
        for name, sure in (
            ("now", [confidence(*row[:3]) for row in rows]),
            ("fitted", (1 / (1 + np.exp(-features(rows) @ weights))).tolist()),
        ):
            told[name] = {
                "error": round(calibration_error(sure, right), 3),
                "Brier": round(brier(sure, right), 3),
            }
        print(file.stem, len(rows), round(float(np.mean(right)), 2), json.dumps(told))


if __name__ == "__main__":
    main()

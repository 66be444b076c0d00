"""Drums for `bench.bands`, made on the spot: `demo.render` plays none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def drums(
    beats: Sequence[float], length: int, rate_hz: int, loud: float, rng: np.random.Generator
) -> np.ndarray:
    """(length,) float32: a bass drum, a snare and a cymbal in turn."""
    out = np.zeros(length, np.float32)
    for number, at_s in enumerate(beats):
        time = np.arange(int(0.18 * rate_hz)) / rate_hz
        noise = rng.standard_normal(len(time))
        hit: np.ndarray = 0.25 * np.exp(-time / 0.02) * np.diff(noise, prepend=0.0)
        if number % 4 == 0:
            hit = hit + np.exp(-time / 0.06) * np.sin(2 * np.pi * 55 * time + 6 * (1 - np.exp(-time / 0.02)))
        if number % 4 == 2:
            hit = hit + 0.5 * np.exp(-time / 0.05) * (noise + np.sin(2 * np.pi * 190 * time))
        first = round(at_s * rate_hz)
        if first < length:
            part = out[first : first + len(time)]
            part += (loud * hit)[: len(part)].astype(np.float32)
    return out

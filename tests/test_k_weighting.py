"""The filter of loudness by rows, against the recursion that defines it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from pyloudnorm.iirfilter import IIRfilter
from scipy.signal import sosfilt

from index.audio.k_weighting import ROW, KWeighting


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 48000, 192000])
def test_it_is_the_recursive_filter_however_the_sound_is_cut(rate_hz: int) -> None:
    rng = np.random.default_rng(rate_hz)
    samples = (0.3 * rng.standard_normal(40 * 1024 + 17) + 0.5).astype(np.float32)  # an offset is taken away
    stages = [
        IIRfilter(4.0, 2**-0.5, 1500.0, rate_hz, "high_shelf"),
        IIRfilter(0.0, 0.5, 38.0, rate_hz, "high_pass"),
    ]
    expected = sosfilt([[*each.b, *each.a] for each in stages], samples.astype(np.float64))
    passing = KWeighting(rate_hz)
    cuts = [0, ROW, 10 * ROW, 11 * ROW, 640 * ROW]
    whole = np.concatenate(
        [
            *(passing.weighted(samples[first:last]) for first, last in pairwise(cuts)),
            passing.rest(samples[cuts[-1] :]),
        ]
    )
    assert len(whole) == len(samples)
    assert whole == pytest.approx(expected, abs=1e-8)
    assert np.array_equal(passing.rest(samples[cuts[-1] :]), whole[cuts[-1] :])


def test_of_no_sound_there_is_nothing() -> None:
    assert len(KWeighting(44100).weighted(np.zeros(0, np.float32))) == 0
    assert len(KWeighting(44100).rest(np.zeros(0, np.float32))) == 0

"""Moving means are those of scipy.ndimage, bit by bit; and no program starts with that."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from index.core.smoothing import gaussian_mean, moving_max, moving_mean, quick_length


def values(*shape: int, dtype: type = np.float32) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(0, 100, shape).astype(dtype)


@pytest.mark.parametrize("width", [1, 2, 5, 10, 41, 201])
@pytest.mark.parametrize("ends", ["nearest", "constant", "reflect"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moving_means_are_scipys(width, ends, dtype):
    for shape in ((1,), (3,), (40,), (1000,), (300, 7), (7, 300)):
        given = values(*shape, dtype=dtype)
        for axis in range(len(shape)):
            wanted = uniform_filter1d(given, width, axis=axis, mode=ends)
            found = moving_mean(given, width, axis, ends)
            assert found.dtype == wanted.dtype and found.tobytes() == wanted.tobytes(), (shape, axis)


@pytest.mark.parametrize("deviation", [0.4, 1.0, 3.3])
def test_gaussian_means_are_scipys(deviation):
    for count in (1, 2, 5, 60, 3000):
        given = values(count, dtype=np.float64)
        assert gaussian_mean(given, deviation).tobytes() == gaussian_filter1d(given, deviation).tobytes(), (
            count
        )


@pytest.mark.parametrize("reach", [0, 1, 2, 11, 19])
def test_moving_maxima_are_scipys(reach):
    for shape in ((1,), (3,), (40,), (300, 7), (7, 300)):
        given = np.abs(values(*shape))
        for axis in range(len(shape)):
            wanted = maximum_filter1d(given, 2 * reach + 1, axis=axis, mode="constant")
            assert np.array_equal(moving_max(given, reach, axis), wanted), (shape, axis)


def test_of_nothing_there_are_no_means():
    for nothing in (np.zeros(0, np.float32), np.zeros((0, 88), np.float32)):
        assert moving_mean(nothing, 5).shape == nothing.shape
    assert gaussian_mean(np.zeros(0), 1.0).shape == (0,)


def test_lengths_are_quick_for_a_transform():
    assert [quick_length(each) for each in range(1, 3000)] == [
        next_fast_len(each, real=True) for each in range(1, 3000)
    ]


def test_numpy_transforms_as_scipy_does():
    for count in (60, 601, 3000):
        row, size = values(count, dtype=np.float64), quick_length(2 * count)
        own, theirs = np.fft.rfft(row, size), rfft(row, size)
        np.testing.assert_allclose(own, theirs, rtol=1e-12, atol=1e-9)
        power = own.real**2 + own.imag**2
        np.testing.assert_allclose(np.fft.irfft(power, size), irfft(power, size), rtol=1e-12, atol=1e-6)


@pytest.mark.parametrize(
    "program", ["index.library", "index.store.descriptors", "index.workers.analyse_file"]
)
def test_nothing_starts_with_scipys_filters(program):
    code = (
        f"import sys, {program}\n"
        "slow = {'scipy.ndimage', 'scipy.fft', 'scipy.special', 'numpy.f2py'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

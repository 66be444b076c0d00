"""Moving and weighted means over rows, as `scipy.ndimage` computes them, bit by bit.

Every program and each worker needs these few; `scipy.ndimage` takes a third of the time in which a worker starts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

Ends = Literal["nearest", "constant", "reflect"]
"""What is taken to lie beyond both ends: the last value, nothing (0), or the values before it in reverse."""
_PADDED: dict[Ends, Literal["edge", "constant", "symmetric"]] = {
    "nearest": "edge",
    "constant": "constant",
    "reflect": "symmetric",
}
_REACHES = 4.0
"""Standard deviations to each side that a Gaussian is computed for."""


def moving_mean(values: np.ndarray, width: int, axis: int = 0, ends: Ends = "nearest") -> np.ndarray:
    """The mean of the `width` values around each, of their shape and type (floating point).

    An even width reaches one further to the left.
    """
    if not values.size:
        return values.copy()
    around = _beyond(values, width // 2, width - width // 2 - 1, axis, ends)
    means = np.empty((values.shape[axis], *around.shape[1:]))
    means[0] = np.add.accumulate(around[:width])[-1]
    np.subtract(around[width:], around[:-width], out=means[1:])
    np.add.accumulate(means, out=means)
    means /= width
    return np.moveaxis(means.astype(values.dtype), 0, axis)


def moving_max(values: np.ndarray, reach: int, axis: int = 0) -> np.ndarray:
    """The largest of each value and so many to either side of it; fewer at the ends, none of which is negative."""
    rows = np.moveaxis(values, axis, 0)
    around = np.pad(rows, [(reach, reach), *[(0, 0)] * (rows.ndim - 1)])
    wanted, width = 2 * reach + 1, 1
    while width < wanted:  # of so many values the largest is known; soon of twice as many
        further = min(width, wanted - width)
        around = np.maximum(around[:-further], around[further:])
        width += further
    return np.moveaxis(around, 0, axis)


def gaussian_mean(values: np.ndarray, deviation: float) -> np.ndarray:
    """(n,) values, weighted by a Gaussian of this standard deviation around each; reflected at the ends."""
    if not values.size:
        return values.copy()
    weights = _gaussian(deviation)
    reach, count = len(weights) // 2, len(values)
    around = _beyond(values, reach, reach, 0, "reflect")
    means = around[reach : reach + count] * weights[reach]
    for away in range(reach, 0, -1):
        left, right = (around[first : first + count] for first in (reach - away, reach + away))
        means += (left + right) * weights[reach - away]
    return means.astype(values.dtype)


@lru_cache(maxsize=64)
def quick_length(least: int) -> int:
    """The least length from `least` on that a transform of real numbers is quick for: of factors 2, 3 and 5."""
    length = max(1, least)
    while not _is_quick(length):
        length += 1
    return length


def _is_quick(length: int) -> bool:
    for factor in (2, 3, 5):
        while length % factor == 0:
            length //= factor
    return length == 1


def _beyond(values: np.ndarray, before: int, behind: int, axis: int, ends: Ends) -> np.ndarray:
    """float64, with so many more at both ends of an axis, which is the first one then."""
    rows = np.moveaxis(values, axis, 0).astype(np.float64)
    return np.pad(rows, [(before, behind), *[(0, 0)] * (rows.ndim - 1)], mode=_PADDED[ends])


def _gaussian(deviation: float) -> np.ndarray:
    reach = int(_REACHES * deviation + 0.5)
    weights = np.exp(-0.5 / deviation**2 * np.arange(-reach, reach + 1) ** 2)
    return weights / weights.sum()

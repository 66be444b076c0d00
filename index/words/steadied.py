"""What every window has of a property, steadied by the windows around it in its track.

What is heard of one window alone is often an error, and the best of many windows nearly always is one.
"""

from __future__ import annotations

import numpy as np

AROUND = 4
"""Windows on either side, of which all count alike."""
_ALL = 2 * AROUND + 1


def steady(own: np.ndarray, first_rows: np.ndarray, counts: np.ndarray, at_once: int) -> np.ndarray:
    """The mean of each value and of the mean of those around it, (n,) float32.

    Parameters
    ----------
    own : np.ndarray, shape=(n,), float32
        A property of all windows, track by track.
    first_rows, counts : np.ndarray, shape=(tracks,), int64
        Where tracks begin, and their windows: at least one.
    at_once : int
        So many windows are looked at together, such that they fit the processor's cache.
    """
    around = np.empty(len(own), np.float32)
    inner = around[AROUND : len(own) - AROUND]
    for begin in range(0, len(inner), at_once):
        part = inner[begin : begin + at_once]
        one = own[begin : begin + len(part) + _ALL - 1]
        two = one[:-1] + one[1:]
        four = two[:-2] + two[2:]
        np.add(four[:-4], four[4:], out=two[: len(four) - 4])
        np.add(two[: len(part)], one[_ALL - 1 :], out=part)
    around /= _ALL
    _beside_ends(around, own, first_rows, counts)
    around += own
    around /= 2
    return around


def _beside_ends(around: np.ndarray, own: np.ndarray, first_rows: np.ndarray, counts: np.ndarray) -> None:
    """Fill in the means of what is so near to where a track begins or ends that some around it lacks."""
    last_rows = first_rows + counts - 1
    reach = np.arange(2 * AROUND)
    there = reach < counts[:, None]
    for edge, way in ((first_rows, 1), (last_rows, -1)):
        rows = np.where(there, edge[:, None] + way * reach, 0)
        sums = np.cumsum(np.where(there, own[rows], 0), axis=1, dtype=np.float64)
        for inwards in range(AROUND):
            some = counts > inwards
            mean = sums[some, inwards + AROUND] / np.minimum(counts[some], inwards + AROUND + 1)
            around[edge[some] + way * inwards] = mean

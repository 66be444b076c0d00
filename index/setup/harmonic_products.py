"""basic-pitch's widest convolution as matrix products; needed at set-up only.

Its eight channels are one image, shifted by harmonics, so the eight filters of 39 bins by 3 frames over eight channels
are filters of 176 bins over that one image. GROUP neighbouring bins are computed at once: a product with a matrix that
holds the filters moved along. What a channel lacks at the ends of the image is left out of the matrices there, which
makes the result that of the convolution, but for rounding. Over time two frames are computed from four products instead
of six (Winograd's F(2, 3)). The next convolution, of 5 by 5, is added up from products of PART bins with its kernel.

Everything lies as (frame, bin). Even and odd frames are kept apart until little is left of them.

References
----------
Lavin, Gray, "Fast algorithms for convolutional neural networks", CVPR 2016.
"""

from __future__ import annotations

import numpy as np

from index.setup.graph import Graph

GROUP = 24
"""Bins of the result that are computed by one product."""
PART = 8
"""The same for the convolution that follows; GROUP is a multiple of it."""
REACH = 2
"""Bins and frames on either side that decide a result of that one."""
HALVES = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
"""Three taps over time to the four factors of F(2, 3)."""


def contour_logits(
    graph: Graph,
    level: str,
    frames: int,
    *,
    wide: tuple[np.ndarray, np.ndarray],
    narrow: tuple[np.ndarray, np.ndarray],
    shifts: tuple[int, ...],
    bins: tuple[int, int],
) -> str:
    """(windows, frames, bins of the level) to (windows, frames - 6, bins): both convolutions, a rectifier between.

    Parameters
    ----------
    frames : of `level`, an even number
    wide : kernel (filters, channels, frequency, time) and bias of the first
    narrow : the same of the second, which has one filter
    shifts : bins from a channel of the image to the level
    bins : of the image, and of the level
    """
    pairs = frames // 2 - 1
    factors = _factors(graph, level, frames)
    scattered = _scattering(narrow[0])
    parts: tuple[list[str], list[str]] = ([], [])
    for first in range(0, bins[0], GROUP):
        low, high, matrices = _banded(wide[0], shifts, bins, first)
        products = []
        for place, (factor, matrix) in enumerate(zip(factors, matrices, strict=True)):
            near = graph.add("Slice", factor, np.array([low]), np.array([high]), np.array([1]))
            bias = [np.tile(wide[1], GROUP)] if place == 1 else []  # both frames get this product
            products.append(graph.add("Gemm" if bias else "MatMul", near, matrix, *bias))
        first_two = graph.add("Add", products[0], products[1])
        last_two = graph.add("Add", products[2], products[3])
        both = graph.add("Add", first_two, products[2]), graph.add("Sub", products[1], last_two)
        for kept, heard in zip(parts, both, strict=True):
            rows = graph.add("Reshape", graph.add("Relu", heard), np.array([-1, PART * len(wide[0])]))
            shares = graph.add("MatMul", rows, scattered)
            kept.append(
                graph.add("Reshape", shares, np.array([-1, pairs, GROUP // PART, scattered.shape[1]]))
            )
    even, odd = (_taps(graph, graph.add("Concat", *kept, axis=2)) for kept in parts)
    kept_pairs = pairs - REACH
    sums = []
    for one, other, late in ((even, odd, 0), (odd, even, 1)):
        total = ""
        for tap in range(2 * REACH + 1):
            share = (other if tap % 2 else one)[tap]
            at = (tap + late) // 2
            share = graph.add("Slice", share, np.array([at]), np.array([at + kept_pairs]), np.array([1]))
            total = graph.add("Add", total, share) if total else share
        sums.append(_overlapped(graph, total, bins[0]))
    stacked = graph.add("Concat", *(graph.add("Unsqueeze", each, np.array([2])) for each in sums), axis=2)
    return graph.add("Add", graph.add("Reshape", stacked, np.array([-1, 2 * kept_pairs, bins[0]])), narrow[1])


def _factors(graph: Graph, level: str, frames: int) -> list[str]:
    """What the four products are made of: each (windows x pairs, bins)."""
    axis, step = np.array([1]), np.array([2])
    even = [
        graph.add("Slice", level, np.array([at]), np.array([frames - 2 + at]), axis, step) for at in (0, 2)
    ]
    odd = [
        graph.add("Slice", level, np.array([at]), np.array([frames - 3 + at]), axis, step) for at in (1, 3)
    ]
    found = [
        graph.add("Sub", even[0], even[1]),
        graph.add("Add", odd[0], even[1]),
        graph.add("Sub", even[1], odd[0]),
        graph.add("Sub", odd[0], odd[1]),
    ]
    return [graph.add("Flatten", each, axis=2) for each in found]


def _banded(
    kernel: np.ndarray, shifts: tuple[int, ...], bins: tuple[int, int], first: int
) -> tuple[int, int, list[np.ndarray]]:
    """The bins [low, high) of the level that decide bins [first, first + GROUP), and four matrices.

    Each is (high - low, GROUP x filters).
    """
    filters, _, tall, _ = kernel.shape
    half = tall // 2
    low = max(0, first + min(shifts) - half)
    high = min(bins[1], first + GROUP - 1 + max(shifts) + half + 1)
    matrices = np.zeros((len(HALVES), high - low, GROUP, filters))
    turned = np.einsum("pt,fcht->phcf", HALVES, kernel.astype(np.float64))
    for row in range(GROUP):
        for tap in range(tall):
            place = first + row + tap - half
            for channel, shift in enumerate(shifts):
                if 0 <= place < bins[0] and 0 <= place + shift < bins[1]:
                    matrices[:, place + shift - low, row] += turned[:, tap, channel]
    return low, high, [each.reshape(high - low, -1).astype(np.float32) for each in matrices]


def _scattering(kernel: np.ndarray) -> np.ndarray:
    """(PART x filters, taps x (PART + 2 REACH)): what PART bins add to the bins around them, by tap over time."""
    _, filters, tall, taps = kernel.shape
    matrix = np.zeros((PART, filters, taps, PART + 2 * REACH), np.float32)
    for row in range(PART):
        for tap in range(tall):
            matrix[row, :, :, row + 2 * REACH - tap] = kernel[0, :, tap]
    return matrix.reshape(PART * filters, -1)


def _taps(graph: Graph, shares: str) -> list[str]:
    """The shares (windows, pairs, parts, taps x width) tap by tap."""
    width = PART + 2 * REACH
    return [
        graph.add("Slice", shares, np.array([at]), np.array([at + width]), np.array([3]))
        for at in range(0, (2 * REACH + 1) * width, width)
    ]


def _overlapped(graph: Graph, shares: str, bins: int) -> str:
    """(windows, pairs, parts, PART + 2 REACH) to (windows, pairs, bins): the margins added to the neighbours."""
    parts = bins // PART

    def moved(part: tuple[int, int], columns: tuple[int, int], pads: list[int]) -> str:
        starts, ends = (np.array([part[end], columns[end]]) for end in (0, 1))
        return graph.add("Pad", graph.add("Slice", shares, starts, ends, np.array([2, 3])), np.array(pads))

    within = graph.add("Slice", shares, np.array([REACH]), np.array([REACH + PART]), np.array([3]))
    below = moved((1, parts), (0, REACH), [0, 0, 0, PART - REACH, 0, 0, 1, 0])
    above = moved((0, parts - 1), (PART + REACH, PART + 2 * REACH), [0, 0, 1, 0, 0, 0, 0, PART - REACH])
    whole = graph.add("Add", graph.add("Add", within, below), above)
    return graph.add("Reshape", whole, np.array([0, 0, bins]))

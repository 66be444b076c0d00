"""Builds MusiCNN for onnxruntime from the tensors of its checkpoint; needed at set-up only.

Three graphs. `front` and `middle` are convolutional over time: the log-mel frames of a track in, 753 features
a frame out. `backend` takes the maxima and means of the features over a patch to its embedding and
tags. Batch norms that follow a rectifier stay a multiplication and an addition, moved behind the maximum over
frequency where there is one (a falling one turns the maximum into a minimum: its filters are negated before
and after).

The two timbral convolutions (7 frames by 38 or 67 bands, 204 filters each) are three quarters of the work.
They are correlations over frequency of which only the maximum is wanted, so they are done on the spectrum of
each frame along frequency: a product for each bin, and back to the places d and -d around the centre by a
cosine sum c and a sine sum s. The greater of the two places is c + |s|. That takes a quarter of the
multiplications, and is exact to some 2e-6. A long kernel is cut in parts, which makes the spectrum shorter.

References
----------
Pons, Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR LBD 2019.
https://github.com/jordipons/musicnn (ISC licence): musicnn/models.py is the architecture followed here.
"""

from __future__ import annotations

import numpy as np

from index.models.weights import package_file
from index.setup.checkpoint import read_checkpoint
from index.setup.graph import Graph

EPSILON = 1e-3
"""Of TensorFlow's batch norm."""
BANDS = 96
FRONT = 561
FRAMES = 64
"""Frames of one run of the front end: what its filters make of more would not fit a processor's cache."""
BEFORE, AFTER = 63, 64
"""Frames that the longest filter reaches around each."""
TOGETHER = 8
"""Frames of one row in the products of the filters over time."""
LAST = np.iinfo(np.int64).max
POOLED = 753
"""Features a frame: 561 of the five front-end blocks, and three times 64 of the mid-end."""


def tensors(which: str) -> dict[str, np.ndarray]:
    """The tensors of one checkpoint, "MTT" or "MSD"."""
    return read_checkpoint(package_file("musicnn", f"{which}_musicnn"))


def norm(weights: dict[str, np.ndarray], number: int) -> tuple[np.ndarray, np.ndarray]:
    """Batch norm number `number` as (factor, summand), float64."""
    prefix = f"batch_normalization_{number}" if number else "batch_normalization"
    beta, gamma, mean, variance = (
        weights[f"{prefix}/{part}"].astype(np.float64)
        for part in ("beta", "gamma", "moving_mean", "moving_variance")
    )
    factor = gamma / np.sqrt(variance + EPSILON)
    return factor, beta - mean * factor


def front(which: str) -> bytes:
    """`mel` (FRAMES + BEFORE + AFTER, 96) to `front` (FRAMES, 561): timbral filters, then those over time.

    At the ends of a track the context holds the value that the metadata entry "rest" names, which the first batch
    norm turns into zero.
    """
    weights, graph = tensors(which), Graph()
    factor, summand = norm(weights, 0)
    image = _normed(graph, "mel", factor, summand)
    near = _cut(graph, image, 0, BEFORE - 3, BEFORE + FRAMES + 3)
    near = graph.add("Transpose", near, perm=[1, 0])
    blocks = [_timbral_block(graph, near, weights, number, parts) for number, parts in ((0, 1), (1, 2))]
    blocks += [_temporal_block(graph, image, weights, number) for number in (2, 3, 4)]
    heard = graph.add("Concat", *blocks, axis=1)
    return graph.model(
        {"mel": [FRAMES + BEFORE + AFTER, BANDS]},
        {"front": [FRAMES, FRONT]},
        {heard: "front"},
        metadata={"rest": repr(float(-summand[0] / factor[0]))},
    )


def middle(which: str) -> bytes:
    """`front` (frames, 561) to `features` (frames, 753)."""
    weights, graph = tensors(which), Graph()
    first = _mid_layer(graph, "front", weights, 5)
    second = graph.add("Add", _mid_layer(graph, first, weights, 6), first)
    third = graph.add("Add", _mid_layer(graph, second, weights, 7), second)
    features = graph.add("Concat", "front", first, second, third, axis=1)
    return graph.model({"front": ["frames", FRONT]}, {"features": ["frames", POOLED]}, {features: "features"})


def backend(which: str) -> bytes:
    """`highest` and `mean` of the features over time (patches, 753) to an embedding and tags.

    Outputs: `embedding` (patches, 200) and `tags` (patches, 50), probabilities.
    """
    weights, graph = tensors(which), Graph()
    # TensorFlow flattens (753, 2): maximum and mean of one feature are neighbours
    factor, summand = norm(weights, 9)
    kernel = weights["dense/kernel"].astype(np.float64)
    bias = weights["dense/bias"] + summand @ kernel
    scaled = factor[:, None] * kernel
    hidden = graph.add(
        "Add",
        graph.add("MatMul", "highest", scaled[0::2].astype(np.float32)),
        graph.add("MatMul", "mean", scaled[1::2].astype(np.float32)),
    )
    hidden = graph.add("Relu", graph.add("Add", hidden, bias.astype(np.float32)))
    factor, summand = norm(weights, 10)
    embedding = graph.add(
        "Add", graph.add("Mul", hidden, factor.astype(np.float32)), summand.astype(np.float32)
    )
    logits = graph.add(
        "Add", graph.add("MatMul", embedding, weights["dense_1/kernel"]), weights["dense_1/bias"]
    )
    return graph.model(
        {"highest": ["patches", POOLED], "mean": ["patches", POOLED]},
        {"embedding": ["patches", 200], "tags": ["patches", 50]},
        {embedding: "embedding", graph.add("Sigmoid", logits): "tags"},
    )


def _timbral_block(graph: Graph, image: str, weights: dict[str, np.ndarray], number: int, parts: int) -> str:
    """Maximum over frequency of a tall convolution, from `image` (96, frames + 6) to (frames, filters)."""
    kernel, bias = _convolution(weights, number)
    factor, summand = norm(weights, number + 1)
    sign = np.where(factor < 0, -1.0, 1.0)
    taps, tall, filters = kernel[:, :, 0].shape
    places = BANDS - tall + 1
    part = -(-tall // parts)
    size = places + part - 1 + (places + part - 1) % 2
    bins = np.arange(size // 2 + 1)
    forward = _spectra(size, part, parts)
    spectrum = graph.add("MatMul", forward.reshape(-1, BANDS).astype(np.float32), image)
    spectrum = graph.add("Reshape", spectrum, np.array([len(bins), 2 * parts, -1]))
    shifted = [
        graph.add("Slice", spectrum, np.array([tap]), np.array([tap - taps + 1 or LAST]), np.array([2]))
        for tap in range(taps)
    ]
    spectrum = graph.add("Transpose", graph.add("Concat", *shifted, axis=1), perm=[0, 2, 1])
    padded = np.zeros((taps, parts * part, filters))
    padded[:, :tall] = kernel[:, :, 0] * sign
    centred = np.outer(bins, np.arange(part) + (places - 1) / 2)
    filter_spectrum = np.einsum(
        "tpkf,bk->btpf", padded.reshape(taps, parts, part, filters), np.exp(2j * np.pi / size * centred)
    )
    once = np.isin(bins, (0, size // 2))  # all other bins represent their mirror image, too
    filter_spectrum *= (np.where(once, 1, 2) / size)[:, None, None, None]
    offsets = np.arange(places % 2 == 0, places + 1, 2)[: -(-places // 2)] / 2  # from the centre, outwards
    angle = 2 * np.pi / size * np.outer(offsets, bins)
    sums = []
    for real, imaginary, back in (
        (filter_spectrum.real, -filter_spectrum.imag, np.cos(angle)),
        (filter_spectrum.imag, filter_spectrum.real, np.sin(angle)),
    ):
        product = np.stack([real, imaginary], axis=3).reshape(len(bins), -1, filters)
        heard = graph.add("MatMul", spectrum, product.astype(np.float32))
        heard = graph.add("Reshape", heard, np.array([len(bins), -1]))
        sums.append(graph.add("MatMul", back.astype(np.float32), heard))
    greater = graph.add("Add", sums[0], graph.add("Abs", sums[1]))
    highest = graph.add("Reshape", _highest_row(graph, greater, len(offsets)), np.array([-1, filters]))
    return _rectified(graph, highest, (sign, bias), (factor, summand))


def _spectra(size: int, part: int, parts: int) -> np.ndarray:
    """Real discrete Fourier transform of the stretches [part i, part i + size) of a frame.

    Shape (bins, parts, 2, 96): real and imaginary part. What lies past the last band counts as zero.
    """
    forward = np.zeros((size // 2 + 1, parts, 2, BANDS))
    for index in range(parts):
        bands = np.arange(part * index, min(part * index + size, BANDS))
        turn = np.exp(-2j * np.pi / size * np.outer(np.arange(size // 2 + 1), bands - part * index))
        forward[:, index, 0, bands], forward[:, index, 1, bands] = turn.real, turn.imag
    return forward


def _highest_row(graph: Graph, rows: str, count: int) -> str:
    """Maximum over the first axis, row by row: half the time of ReduceMax here."""
    return graph.add("Max", *(_cut(graph, rows, 0, row, row + 1) for row in range(count)))


def _temporal_block(graph: Graph, image: str, weights: dict[str, np.ndarray], number: int) -> str:
    """Maximum over frequency of a long convolution over time, from `image` (all frames, 96) to (FRAMES, filters).

    TOGETHER neighbouring frames are one row of a matrix product: its matrix holds the kernel as many times, each
    moved on by one frame.
    """
    kernel, bias = _convolution(weights, number)
    factor, summand = norm(weights, number + 1)
    sign = np.where(factor < 0, -1.0, 1.0)
    taps, filters = kernel[:, 0, 0].shape
    first = BEFORE - (taps - 1) // 2  # TensorFlow's "same": the odd one at the end
    moved = np.zeros((taps + TOGETHER - 1, TOGETHER, filters), np.float32)
    for place in range(TOGETHER):
        moved[place : place + taps, place] = kernel[:, 0, 0] * sign
    stretches = first + np.add.outer(np.arange(0, FRAMES, TOGETHER), np.arange(len(moved)))
    rows = graph.add("Transpose", graph.add("Gather", image, stretches, axis=0), perm=[0, 2, 1])
    heard = graph.add("MatMul", rows, moved.reshape(len(moved), -1))
    highest = graph.add("ReduceMax", heard, axes=[1], keepdims=0)
    highest = graph.add("Reshape", highest, np.array([FRAMES, filters]))
    return _rectified(graph, highest, (sign, bias), (factor, summand))


def _cut(graph: Graph, values: str, axis: int, first: int, last: int) -> str:
    return graph.add("Slice", values, np.array([first]), np.array([last]), np.array([axis]))


def _rectified(
    graph: Graph, highest: str, biased: tuple[np.ndarray, np.ndarray], normed: tuple[np.ndarray, np.ndarray]
) -> str:
    """Sign and bias, rectifier and batch norm, behind the maximum."""
    return _normed(graph, graph.add("Relu", _normed(graph, highest, *biased)), *normed)


def _normed(graph: Graph, state: str, factor: np.ndarray, summand: np.ndarray) -> str:
    return graph.add("Add", graph.add("Mul", state, factor.astype(np.float32)), summand.astype(np.float32))


def _mid_layer(graph: Graph, features: str, weights: dict[str, np.ndarray], number: int) -> str:
    """Convolution over seven frames of all features, rectifier, batch norm: (frames, 64).

    One product gives what each frame adds to those around it, which is then added up.
    """
    kernel, bias = _convolution(weights, number)
    taps, filters = len(kernel), kernel.shape[-1]
    products = graph.add("MatMul", features, kernel[:, :, 0].transpose(1, 0, 2).reshape(-1, taps * filters))
    products = graph.add("Pad", products, np.array([taps // 2, 0] * 2))
    heard = ""
    for tap in range(taps):
        starts, ends = np.array([tap, tap * filters]), np.array([tap - taps + 1 or LAST, (tap + 1) * filters])
        share = graph.add("Slice", products, starts, ends, np.array([0, 1]))
        heard = graph.add("Add", heard, share) if heard else share
    return _normed(graph, graph.add("Relu", graph.add("Add", heard, bias)), *norm(weights, number + 1))


def _convolution(weights: dict[str, np.ndarray], number: int) -> tuple[np.ndarray, np.ndarray]:
    prefix = f"conv2d_{number}" if number else "conv2d"
    return weights[f"{prefix}/kernel"], weights[f"{prefix}/bias"]

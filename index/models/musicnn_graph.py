"""Builds MusiCNN for onnxruntime from the tensors of its checkpoint; needed at set-up only.

Two graphs. `frontend` is convolutional over time: the log-mel frames of a track in, 753 features a frame out, in one
run. `backend` takes the maxima and means of the features over a patch to its embedding and tags. Batch norms that
follow a rectifier stay a multiplication and an addition, moved behind the maximum over frequency where there is one
(a falling one turns the maximum into a minimum: its filters are negated before and after).

References
----------
Pons, Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR LBD 2019.
https://github.com/jordipons/musicnn (ISC licence): musicnn/models.py is the architecture followed here.
"""

from __future__ import annotations

import numpy as np

from index.models.checkpoint import read_checkpoint
from index.models.graph import Graph
from index.models.weights import package_file

EPSILON = 1e-3
"""Of TensorFlow's batch norm."""
BANDS = 96
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


def frontend(which: str) -> bytes:
    """Log-mel frames `mel` (frames, 96) to `features` (frames, 753)."""
    weights, graph = tensors(which), Graph()
    factor, summand = norm(weights, 0)
    image = graph.add("Unsqueeze", "mel", np.array([0, 1]))
    image = graph.add("Add", graph.add("Mul", image, _row(factor)), _row(summand))
    blocks = [_front_block(graph, image, weights, number) for number in range(5)]
    front = graph.add("Concat", *blocks, axis=1)  # (1, 561, frames)
    first = _mid_layer(graph, front, weights, 5)
    second = graph.add("Add", _mid_layer(graph, first, weights, 6), first)
    third = graph.add("Add", _mid_layer(graph, second, weights, 7), second)
    dense = graph.add("Concat", front, first, second, third, axis=1)
    features = graph.add("Transpose", graph.add("Squeeze", dense, np.array([0])), perm=[1, 0])
    return graph.model({"mel": ["frames", BANDS]}, {"features": ["frames", POOLED]}, {features: "features"})


def backend(which: str) -> bytes:
    """`highest` and `mean` (patches, 753) of the features over time to `embedding` (patches, 200) and `tags` (patches, 50)."""
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


def _front_block(graph: Graph, image: str, weights: dict[str, np.ndarray], number: int) -> str:
    """Convolution, rectifier, batch norm and the maximum over frequency: (1, filters, frames)."""
    kernel, bias = _convolution(weights, number)
    factor, summand = norm(weights, number + 1)
    sign = np.where(factor < 0, -1.0, 1.0)
    filters = kernel.transpose(3, 2, 0, 1) * sign[:, None, None, None]
    frames, bands = filters.shape[2:]
    padding = [(frames - 1) // 2, 0, frames // 2, 0]  # TensorFlow's "same": the odd one at the end
    heard = graph.add("Conv", image, filters.astype(np.float32), pads=padding)
    heard = graph.add("MaxPool", heard, kernel_shape=[1, BANDS - bands + 1])
    heard = graph.add("Squeeze", heard, np.array([3]))
    heard = graph.add("Add", graph.add("Mul", heard, _column(sign)), _column(bias))
    return graph.add("Add", graph.add("Mul", graph.add("Relu", heard), _column(factor)), _column(summand))


def _mid_layer(graph: Graph, features: str, weights: dict[str, np.ndarray], number: int) -> str:
    """Convolution over seven frames of all features, rectifier, batch norm: (1, 64, frames)."""
    kernel, bias = _convolution(weights, number)
    filters = kernel[:, :, 0, :].transpose(2, 1, 0)
    factor, summand = norm(weights, number + 1)
    heard = graph.add(
        "Relu", graph.add("Conv", features, filters.astype(np.float32), bias.astype(np.float32), pads=[3, 3])
    )
    return graph.add("Add", graph.add("Mul", heard, _column(factor)), _column(summand))


def _convolution(weights: dict[str, np.ndarray], number: int) -> tuple[np.ndarray, np.ndarray]:
    prefix = f"conv2d_{number}" if number else "conv2d"
    return weights[f"{prefix}/kernel"], weights[f"{prefix}/bias"]


def _column(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, 1).astype(np.float32)


def _row(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)

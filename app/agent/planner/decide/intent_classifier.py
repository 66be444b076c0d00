"""How likely each intent is, by the text network: what the rules do not know, sentences like these may tell.

A sentence is written down plainly (titles, times and results each by one and the same example), becomes a vector of
MiniLM's, and a logistic regression reads the intent from it. Its numbers (intents.npz) are made from the examples by
`python -m bench.train_intents`; it knows nothing of the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.vocabulary import any_of
from index.core.errors import WeightsError
from index.models.text import text_network_missing

WEIGHTS = "intents.npz"
_STANDS_FOR = {
    "c": "the clip", "h": "result 2", "t": "1:20", "m": "clair de lune", "q": "clair de lune", "p": "/music",
}  # fmt: skip


class Likely:
    """The network and the regression; both are loaded when they are first asked."""

    def __init__(self, encoder: Any = None, weights: Path | None = None) -> None:
        self._encoder = encoder
        self._weights = weights or Path(__file__).with_name(WEIGHTS)
        self._missing = False
        self._regression: tuple[list[str], np.ndarray, np.ndarray] | None = None

    def intents(self, words: str) -> Mapping[str, float]:
        """The probability of every intent, in plain words as `natural` writes them; empty without the network."""
        if not words.strip() or self._missing or (self._encoder is None and text_network_missing()):
            return {}
        try:
            names, weights, offsets = self._load()
            vector = self._network().encode([words])[0]
        except (WeightsError, FileNotFoundError):
            self._missing = not text_network_missing()  # it may be prepared while the assistant runs
            return {}
        scores = weights @ vector + offsets
        shares = np.exp(scores - scores.max())
        return dict(zip(names, (shares / shares.sum()).tolist(), strict=True))

    def _network(self) -> Any:
        if self._encoder is None:
            from index.models.text import TextEncoder

            self._encoder = TextEncoder()
        return self._encoder

    def _load(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        if self._regression is None:
            with np.load(self._weights) as kept:
                names = [str(name) for name in kept["intents"]]
                weights = kept["weights"].astype(np.float32)
                self._regression = names, weights, kept["offsets"].astype(np.float32)
        return self._regression


def natural(reading: Reading) -> str:
    """The prepared words as a plain sentence, so that a strange title says nothing about the intent."""

    def name(match: re.Match[str]) -> str:
        return _STANDS_FOR[match[1]] if match[0] in reading.named else " "

    return re.sub(rf"\b{any_of('composers')}\b", "haydn", re.sub(r"<([chtmqp])\d+>", name, reading.text))

"""The tie-breaker: which example of a wish is nearest in meaning, by the text network.

The examples are data (examples.jsonl). Their vectors are computed once and kept in a folder.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import WeightsError

NEAR = 0.5
"""Below this cosine no example is near enough to go by."""
VOTERS = 5
"""The nearest examples vote, each by the cube of its cosine."""
CLEAR = 0.5
"""Share of the votes that the winner needs."""


class Nearest:
    """Examples and their vectors; the network is loaded when it is first asked."""

    def __init__(self, cache_folder: str = "", encoder: Any = None) -> None:
        self._folder = Path(cache_folder) if cache_folder else None
        self._encoder = encoder
        self._missing = False
        self._examples: tuple[list[str], np.ndarray] | None = None

    def intent(self, words: str) -> str | None:
        """The intent of the nearest example, or None if none is near, or the network is not there."""
        if not words.strip() or self._missing:
            return None
        try:
            intents, vectors = self._load()
            vector = self._network().encode([words])[0]
        except (WeightsError, FileNotFoundError):
            self._missing = True
            return None
        closeness = np.clip(vectors @ vector, 0.0, 1.0)
        voters = np.argsort(-closeness)[:VOTERS]
        if closeness[voters[0]] < NEAR:
            return None
        votes: dict[str, float] = {}
        for voter in voters:
            votes[intents[voter]] = votes.get(intents[voter], 0.0) + float(closeness[voter]) ** 3
        winner = max(votes, key=lambda intent: votes[intent])
        return winner if votes[winner] >= CLEAR * sum(votes.values()) else None

    def _network(self) -> Any:
        if self._encoder is None:
            from index.models.text import TextEncoder

            self._encoder = TextEncoder()
        return self._encoder

    def _load(self) -> tuple[list[str], np.ndarray]:
        if self._examples is None:
            text = Path(__file__).with_name("examples.jsonl").read_text(encoding="utf-8")
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
            self._examples = (
                [row["intent"] for row in rows],
                self._vectors([row["text"] for row in rows], text),
            )
        return self._examples

    def _vectors(self, texts: list[str], source: str) -> np.ndarray:
        key = hashlib.sha256(source.encode()).hexdigest()[:16]
        kept = self._folder / f"examples-{key}.npy" if self._folder else None
        if kept and kept.exists():
            return np.load(kept)
        vectors: np.ndarray = self._network().encode(texts)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            partial = kept.with_suffix(".part")
            with partial.open("wb") as file:
                np.save(file, vectors)
            partial.replace(kept)
        return vectors

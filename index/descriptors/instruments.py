"""Detection of instrument families: a logistic regression over MusiCNN's embedding.

MusiCNN's own tags include violin and guitar, but no organ, clarinet or trumpet. The weights in families.json
were trained by bench/train_families.py on scores of the training split, rendered with several soundfonts;
sounds outside all families (synthesisers, distorted guitars) should leave all of them unlikely. The number of
players is not estimated.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

FAMILIES = (
    "piano",
    "harpsichord",
    "organ",
    "accordion",
    "plucked strings",
    "strings",
    "voices",
    "brass",
    "winds",
    "mallets",
)
FOREIGN_TAGS = (
    "ambient",
    "beat",
    "beats",
    "dance",
    "drums",
    "electronic",
    "metal",
    "pop",
    "rock",
    "synth",
    "techno",
)
"""MusiCNN's tags for music unlike that on which the families were trained."""
THRESHOLD = 0.5
"""Activation threshold: from this probability a family is reported."""


@dataclass(frozen=True)
class FamilyModel:
    """The weights in families.json."""

    mean: np.ndarray
    """(200,) of the embedding."""
    weights: np.ndarray
    """(families, 200)."""
    bias: np.ndarray
    """(families,)."""

    def probabilities(self, embedding: np.ndarray) -> np.ndarray:
        """(families,) probability that each family plays in a passage, from its mean embedding, (200,)."""
        odds = self.weights @ (embedding - self.mean) + self.bias
        return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


@lru_cache(maxsize=1)
def family_model() -> FamilyModel:
    """The model that ships with the product."""
    numbers = json.loads(Path(__file__).with_name("families.json").read_text("utf-8"))
    if tuple(numbers["families"]) != FAMILIES:
        raise ValueError("families.json was made for other families: run bench.train_families")
    return FamilyModel(*(np.array(numbers[name]) for name in ("mean", "weights", "bias")))


def detected_families(
    embedding: np.ndarray, threshold: float = THRESHOLD, foreign: float = 0.0
) -> list[tuple[str, float]]:
    """Families detected in a passage, most probable first, with their probability.

    Parameters
    ----------
    embedding : np.ndarray, shape=(200,)
        The passage's mean MusiCNN embedding.
    foreign : float
        Probability that the music is of a kind unlike the training data: drums, electronics.
    """
    chances = family_model().probabilities(np.asarray(embedding, float)) * (1 - foreign)
    order = np.argsort(-chances, kind="stable")
    return [(FAMILIES[i], float(chances[i])) for i in order if chances[i] >= threshold]

"""Which family of instruments plays: a logistic regression over MusiCNN's embedding.

MusiCNN's own words know a violin and a guitar, but no organ, clarinet or trumpet. The numbers in families.json
were learned by bench/train_families.py from scores of the training side played by several soundfonts; what no
family explains (synthesisers, distorted guitars) is meant to leave all of them unlikely. Nothing is known of how
many play.
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
"""MusiCNN's words for music unlike that which the families were learned from."""
SURE = 0.5
"""From this probability on a family is named."""


@dataclass(frozen=True)
class FamilyModel:
    """The numbers of families.json."""

    mean: np.ndarray
    """(200,) of the embedding."""
    weights: np.ndarray
    """(families, 200)."""
    bias: np.ndarray
    """(families,)."""

    def probabilities(self, embedding: np.ndarray) -> np.ndarray:
        """(families,) in [0, 1]: how likely each plays in a passage, of its mean embedding, (200,)."""
        odds = self.weights @ (embedding - self.mean) + self.bias
        return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


@lru_cache(maxsize=1)
def family_model() -> FamilyModel:
    """The numbers that ship with the product."""
    numbers = json.loads(Path(__file__).with_name("families.json").read_text("utf-8"))
    if tuple(numbers["families"]) != FAMILIES:
        raise ValueError("families.json was made for other families: run bench.train_families")
    return FamilyModel(*(np.array(numbers[name]) for name in ("mean", "weights", "bias")))


def heard_families(
    embedding: np.ndarray, threshold: float = SURE, foreign: float = 0.0
) -> list[tuple[str, float]]:
    """Families that play in a passage, likeliest first, with their probability; `embedding` is its mean, (200,).

    `foreign` is the probability that it is music of a kind the numbers were not learned from: drums, machines.
    """
    chances = family_model().probabilities(np.asarray(embedding, float)) * (1 - foreign)
    order = np.argsort(-chances, kind="stable")
    return [(FAMILIES[i], float(chances[i])) for i in order if chances[i] >= threshold]

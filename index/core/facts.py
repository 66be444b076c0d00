"""Measurements as values: facts with units, and the passage to be compared with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from index.core.hits import Alignment
from index.core.moments import Passage


@dataclass(frozen=True)
class Fact:
    """One thing measured, with its unit and the few words that say it."""

    name: str
    value: str | float
    unit: str
    text: str

    def as_json(self) -> dict[str, Any]:
        """The fact as JSON keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Beside:
    """Another passage with which one is compared, and the alignment of the two."""

    passage: Passage
    alignment: Alignment


def unit_rows(array: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1, float32; a row of zeros stays."""
    norm = np.linalg.norm(array, axis=-1, keepdims=True)
    return (array / np.maximum(norm, 1e-9)).astype(np.float32)

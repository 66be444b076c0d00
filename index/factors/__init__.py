"""The factors, in the order in which they are listed. A new one is a new file here and one line below."""

from __future__ import annotations

from index.core.facts import Fact
from index.core.moments import Span
from index.factors.base import Factor, Measures, MeasuresMeans
from index.factors.character import Character
from index.factors.dynamics import Dynamics
from index.factors.fingerprint import Fingerprint
from index.factors.harmony import Harmony
from index.factors.melody import Melody
from index.factors.rhythm import Rhythm
from index.factors.timbre import Timbre
from index.models.embedding import Embedding

__all__ = ["Fact", "Factor", "Measures", "MeasuresMeans", "Span", "build"]


def build(embedding: Embedding | None = None) -> dict[str, Factor]:
    """Every factor that is built, by name; `embedding` says where timbre's vector is from, if not from MusiCNN."""
    factors: list[Factor] = [
        Timbre(embedding),
        Harmony(),
        Melody(),
        Rhythm(),
        Dynamics(),
        Character(),
        Fingerprint(),
    ]
    return {factor.name: factor for factor in factors}

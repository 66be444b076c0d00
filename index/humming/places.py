"""Where a tune may lie, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from index.humming.evidence import Evidence

CONFIDENCE = {"intercept": -5.022, "odds": 2.698, "margin": 8.996, "length": 0.0}
"""Logistic over a hit's log odds, its margin over the best other piece, and the log of the tune's voiced seconds, which
beside these say nothing (docs/decisions/0047)."""


@dataclass(frozen=True)
class Chance:
    """What a piece gives any tune."""

    images: float
    """How well the images of the tune that is asked fit it, log odds a frame."""
    length: float
    """Logarithm of the rows in which they were looked for."""


@dataclass(frozen=True)
class Place:
    """A span of a track with which the tune was aligned."""

    track: int
    odds: float
    """Log odds a frame of voiced tune, at most 2.4; after exact alignment, the total evidence."""
    start_s: float
    end_s: float
    shift_semitones: int
    evidence: Evidence | None = None
    ratio: float = 1.0
    """How many times as long as the tune."""
    chance: Chance | None = None
    """Of its piece, where that was among the likeliest."""


def confidence(odds: float, margin: float, voiced_s: float) -> float:
    """Calibrated probability that a place has the tune that was hummed.

    Parameters
    ----------
    odds : float
        Total evidence, log odds a frame.
    margin : float
        Its lead over the best place of another piece.
    voiced_s : float
        Voiced seconds of the hum.
    """
    features: Mapping[str, float] = {"odds": odds, "margin": margin, "length": math.log(max(voiced_s, 0.5))}
    total = CONFIDENCE["intercept"] + sum(CONFIDENCE[name] * value for name, value in features.items())
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))

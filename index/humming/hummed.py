"""What a search by humming answers; who only tells it needs none of the search itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from index.analysis.f0 import PitchTrack
from index.core.hits import Results


@dataclass(frozen=True)
class HummedResults(Results):
    """What a hum found, and the pitch that was estimated from it."""

    pitch: PitchTrack = field(default_factory=lambda: PitchTrack(0.1, np.zeros(0), np.zeros(0, bool)))

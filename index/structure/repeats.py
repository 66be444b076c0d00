"""How a passage is repeated in its own track: exactly, varied, or only something similar.

The classes follow from what the search measured. The thresholds were read off repeats in rendered scores:
written-out repeats have a harmony similarity of 0.94 or more in the same key and tempo, variations a
confidence well above chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from index.core.hits import Hit
from index.factors.melody import tempo_words
from index.text.interval_words import shift_words

Kind = Literal["exact", "varied", "akin"]

EXACT_HARMONY = 0.9
"""From this harmony similarity on, in the same key and tempo, a repetition is exact."""
EXACT_TEMPO = 0.03
"""The largest relative difference in tempo of an exact repetition."""
LEAST_CONFIDENCE = 0.25
"""Below this confidence a moment is similar, as much within a piece is, but hardly the passage again."""


@dataclass(frozen=True)
class Repetition:
    """How one repetition of a passage differs from it."""

    kind: Kind
    how: str
    """What was changed, in words: "a fourth higher, 9 % faster"; empty for an exact repetition."""


def classify_repetition(hit: Hit) -> Repetition:
    """Classify a hit in the passage's own track: an exact repetition, a varied one, or only similar."""
    shift, ratio = hit.alignment.shift_semitones, hit.alignment.tempo_ratio
    moved = [shift_words(shift)] if shift else []
    if abs(ratio - 1) > EXACT_TEMPO:
        moved.append(tempo_words(ratio))
    harmony = hit.factors.get("harmony")
    close = harmony is not None and harmony.value >= EXACT_HARMONY
    if close and not moved:
        return Repetition("exact", "")
    if hit.confidence < LEAST_CONFIDENCE:
        return Repetition("akin", ", ".join(moved))
    if not close:
        moved.append("with other notes")
    return Repetition("varied", ", ".join(moved))

"""How a passage comes back in its own track: as it was, varied, or only something like it.

Read from what the search measured. The limits were read off repeats in rendered scores: written-out repeats have a
harmony of 0.94 and more in the same key at the same tempo, variations a confidence well above that of chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from index.core.moments import Hit
from index.factors.harmony import shift_words
from index.factors.melody import tempo_words

Kind = Literal["exact", "varied", "akin"]

EXACT_HARMONY = 0.9
"""From this similarity of the notes on, in the same key and tempo, a return is no variation."""
EXACT_TEMPO = 0.03
"""The most by which the tempo of an exact return differs."""
RETURN_CONFIDENCE = 0.25
"""Below it a place is like the passage, as much in a piece is, but hardly the passage again."""


@dataclass(frozen=True)
class Return:
    """One place where a passage comes back, and how."""

    kind: Kind
    how: str
    """What was changed, in words: "a fourth higher, 9 % faster"; empty for an exact return."""


def how_it_returns(hit: Hit) -> Return:
    """Whether a hit in the passage's own track is its exact return, a varied one, or none."""
    shift, ratio = hit.alignment.shift_semitones, hit.alignment.tempo_ratio
    moved = [shift_words(shift)] if shift else []
    if abs(ratio - 1) > EXACT_TEMPO:
        moved.append(tempo_words(ratio))
    harmony = hit.factors.get("harmony")
    close = harmony is not None and harmony.value >= EXACT_HARMONY
    if close and not moved:
        return Return("exact", "")
    if hit.confidence < RETURN_CONFIDENCE:
        return Return("akin", ", ".join(moved))
    if not close:
        moved.append("with other notes")
    return Return("varied", ", ".join(moved))

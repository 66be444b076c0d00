"""The planner's answers to a hummed tune."""

from __future__ import annotations

from app.agent.planner.phrases import Data, say, where
from index.factors.harmony import shift_words
from index.factors.melody import tempo_words

SURE = 0.5
"""From this confidence on, the first hit is named as the tune."""


def hummed(data: Data) -> str:
    """Which piece was hummed, where in it, and how the recording lies beside the hum."""
    hits = data["hits"]
    if not hits:
        return say("hummed_none")
    best = hits[0]
    ratio = best["alignment"]["tempo_ratio"]
    told = {
        "best": f"{where(best)} (#1, confidence {best['confidence']:.2f})",
        "shift": shift_words(best["alignment"]["shift_semitones"]),
        "tempo": tempo_words(ratio),
        "ratio": f"{ratio:.2f}",
    }
    first = say("hummed" if best["confidence"] >= SURE else "hummed_unsure", **told)
    return f"{first} {say('hummed_others')}" if len(hits) > 1 else first

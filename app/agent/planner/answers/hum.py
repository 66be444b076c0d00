"""The planner's answers to a hummed tune."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.agent.planner.answers.measured import measured
from app.agent.planner.answers.phrases import Data, say, where
from app.agent.planner.decide.content import leaves_open
from app.agent.planner.parse.conversation import Talk
from app.agent.planner.parse.prepared import prepare
from index.factors.melody import tempo_words
from index.text.interval_words import shift_words

HUM_WISH, CLIP_WISH = "This is me humming", "Find moments that sound like this clip"
"""What is offered where a clip was taken for the other."""
SURE = 0.5
"""From this confidence on, the first hit is named as the tune."""


@dataclass(frozen=True)
class Taken:
    """What a clip was taken for, and the other to click."""

    words: str
    choices: tuple[str, ...]


def taken_for(talk: Talk) -> Taken | None:
    """What the newest clip was taken for, where the user's words left that open and it was searched for."""
    if len(talk.done) != 1 or not talk.kind or not leaves_open(prepare(talk.words, talk).text):
        return None
    call, message = talk.done[0]
    if call.name == "find_by_humming":
        return Taken(say("taken_for_tune"), (CLIP_WISH,))
    if call.name == "find_similar_moments" and message.status != "error":
        data = message.artifact if isinstance(message.artifact, Mapping) else {}
        return Taken(say("taken_for_music"), (HUM_WISH,)) if _may_be_a_tune(data) else None
    return None


def _may_be_a_tune(data: Data) -> bool:
    """Whether a clip that was taken for music may have been a tune: it was not found as what it was taken for.

    Silence is neither, and nobody hums for so long that passages of it are offered.
    """
    if data.get("no_music") == "silence" or data.get("offers"):
        return False
    return not data.get("itself") and all(hit["confidence"] < SURE for hit in data.get("hits") or ())


def hummed(data: Data) -> str:
    """Which piece was hummed, where in it, and how the recording lies beside the hum."""
    hits = data["hits"]
    if not hits:
        return say("hummed_none")
    best = hits[0]
    ratio = best["alignment"]["tempo_ratio"]
    told = {
        "best": f"{where(best)} (#1, confidence {best['confidence']:.2f})",
        "shift": measured(shift_words(best["alignment"]["shift_semitones"])),
        "tempo": measured(tempo_words(ratio)),
    }
    first = say("hummed" if best["confidence"] >= SURE else "hummed_unsure", **told)
    return f"{first} {say('hummed_others')}" if len(hits) > 1 else first

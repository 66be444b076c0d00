"""The tool transcribe_vocals: the words sung or spoken in a moment, with their times."""

from __future__ import annotations

from index.core.errors import clock, printable
from index.core.tracks import Clip
from index.text.notation import parse_moment
from tools.answer import ToolAnswer
from tools.resolve import Resolved, resolve, spoken_span
from tools.session import Session

LONGEST_CLIP_S = 15 * 60.0
"""A clip that is named without a time is written down whole, up to this length."""


def transcribe_vocals(session: Session, moment: str) -> ToolAnswer:
    """Write down the words that are sung or spoken in a moment, with their times.

    moment: "clip", "clip:2", "#3" (a result), or a title; a time may follow: "Title @ 1:23-1:33".
    """
    resolved = _whole_clip(session, resolve(session, moment))
    passage = resolved.passage
    heard = session.library.transcribe(passage)
    span = spoken_span(passage.start_s, passage.end_s)
    lines = [f"Words in “{printable(passage.name)}”, {span}, as heard by Whisper ({heard.network}):"]
    lines += [f"{clock(round(line.start_s, 1))} {printable(line.text)}" for line in heard.lines]
    if not heard.lines:
        lines = [f"No words were heard in “{printable(passage.name)}”, {span}."]
    if resolved.offers[1:]:
        others = ", ".join(offer.moment for offer in resolved.offers[1:])
        lines.append(f"It is long; this is its most characteristic passage. Others: {others}.")
    return ToolAnswer(
        "\n".join(lines), {"kind": "words", "moment": resolved.record, "transcript": heard.as_json()}
    )


def _whole_clip(session: Session, resolved: Resolved) -> Resolved:
    """All of a clip that was named without a time, where it is not too long to wait for."""
    clip = resolved.passage.source
    timed = parse_moment(resolved.reference).start_s is not None
    if timed or not isinstance(clip, Clip) or clip.duration_s > LONGEST_CLIP_S:
        return resolved
    return Resolved(resolved.reference, session.library.passage(clip, 0.0, clip.duration_s))

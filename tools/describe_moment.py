"""The tool describe_moment: what was measured in a passage, in words."""

from __future__ import annotations

from index.errors import clock, printable
from tools.answer import ToolAnswer
from tools.references import resolve
from tools.session import Session


def describe_moment(session: Session, moment: str) -> ToolAnswer:
    """Describe the measured character of a moment: key, chords, tempo, loudness, texture, second by second.

    moment: "clip", "clip:2", "#3" (a result), or a title; a time may follow: "Title @ 1:23-1:33".
    """
    resolved = resolve(session, moment)
    passage = resolved.passage
    description = session.library.describe(passage)
    span = f"{clock(round(passage.start_s, 1))}-{clock(round(passage.end_s, 1))}"
    lines = [f"“{printable(passage.name)}”, {span}: {description.sentence}"]
    lines += [f"{fact.name}: {fact.text}" for fact in description.facts]
    lines += [f"{clock(round(second.time_s))} {second.text}" for second in description.seconds]
    return ToolAnswer(
        "\n".join(lines),
        {"kind": "description", "description": description.as_json(), "moment": resolved.record},
    )

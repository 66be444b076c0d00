"""Words that were written down, with their times, below a player of the passage. Knows no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.view.addresses import clip_url, moment_url
from app.view.words import in_html
from index.core.errors import clock


def words_html(thread_id: str, artifact: Mapping[str, Any]) -> str:
    """The transcribed lines of a passage; empty if there are none."""
    lines = artifact.get("transcript", {}).get("lines", ())
    rows = "".join(
        f"<dt>{clock(round(float(line['start_s']), 1))}</dt><dd>{_line(line)}</dd>" for line in lines
    )
    if not rows:
        return ""
    address = in_html(passage_url(thread_id, artifact.get("moment", {})))
    player = f'<audio class="rp-heard" controls preload="none" src="{address}"></audio>'
    return f'{player}<dl class="rp-moments">{rows}</dl>'


def _line(line: Mapping[str, Any]) -> str:
    """The words of a line; each tells its time where the pointer rests on it."""
    words = line.get("words") or ()
    if not words:
        return in_html(str(line["text"]))
    return " ".join(
        f'<span title="{clock(round(float(word["start_s"]), 1))}">{in_html(str(word["text"]))}</span>'
        for word in words
    )


def passage_url(thread_id: str, moment: Mapping[str, Any]) -> str:
    """Where a passage, as `Resolved.record` wrote it down, can be heard."""
    sound_id, start_s, end_s = str(moment["id"]), float(moment["start_s"]), float(moment["end_s"])
    if moment["source"] == "clip":
        return f"{clip_url(thread_id, sound_id)}/{start_s:.3f}-{end_s:.3f}.wav"
    return moment_url(sound_id, start_s, end_s)

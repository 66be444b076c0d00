"""What a turn found, drawn below its words: cards of hits, evidence, lists of tracks, descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.ui.conversation import Call, hits_of
from app.ui.evidence import evidence_html
from app.ui.hit_card import CardActions, hit_card, query_words
from app.ui.plots import chroma_picture
from app.ui.words import count, in_html, length
from index.errors import RepriseError, clock
from index.moments import Hit

if TYPE_CHECKING:
    from app.ui.opened import Opened

TRACKS_SHOWN = 12


def draw_found(opened: Opened, thread_id: str, call: Call, actions: CardActions) -> None:
    """Draw what one call found; calls whose answer is all in the words draw nothing."""
    artifact = call.artifact or {}
    if call.kind == "hits":
        itself = artifact.get("itself")
        for hit in hits_of(call):
            hit_card(opened, hit, call.call_id, actions, itself=hit.rank == itself)
    elif call.kind == "explanation":
        with st.container(key=f"hit_why_{_plain(call.call_id)}"):
            st.html(explanation_html(opened, thread_id, artifact))
    elif call.kind == "description":
        st.html(_description(artifact))
    elif call.kind == "tracks":
        st.html(_tracks(artifact))


def explanation_html(opened: Opened, thread_id: str, artifact: Mapping[str, Any]) -> str:
    """The evidence, with the chroma of both passages where their frames are still there."""
    query, hit = artifact.get("query", {}), Hit.from_record(artifact["hit"])
    return evidence_html(artifact, query_words(query), _pictures(opened, thread_id, query, hit))


def _pictures(opened: Opened, thread_id: str, query: Mapping[str, Any], hit: Hit) -> tuple[str, str] | None:
    try:
        start_s, end_s = float(query["start_s"]), float(query["end_s"])
        if query.get("source") == "clip":
            source: Any = next(c for c in opened.assistant.clips(thread_id) if c.id == query["id"])
        else:
            source = opened.library.track(str(query["id"]))
        asked = opened.library.passage(source, start_s, end_s).frames
        moment = hit.moment
        found = opened.library.passage(hit.track, moment.start_s, moment.end_s).frames
    except (RepriseError, OSError, KeyError, StopIteration):
        return None
    shifted = chroma_picture(found, moment.start_s, moment.end_s, -hit.alignment.shift_semitones)
    return chroma_picture(asked, start_s, end_s), shifted


def _description(artifact: Mapping[str, Any]) -> str:
    """A passage second by second."""
    seconds = artifact.get("description", {}).get("seconds", ())
    rows = "".join(
        f"<dt>{clock(round(float(second['time_s'])))}</dt><dd>{in_html(str(second['text']))}</dd>"
        for second in seconds
    )
    return f'<dl class="rp-moments">{rows}</dl>' if rows else ""


def _tracks(artifact: Mapping[str, Any]) -> str:
    tracks, total = artifact.get("tracks", ()), int(artifact.get("total", 0))
    rows = []
    for track in tracks[:TRACKS_SHOWN]:
        by = ", ".join(
            str(part) for part in (track.get("composer") or track.get("artist"), track.get("year")) if part
        )
        title = f"<b>{in_html(str(track['title']))}</b><div class='rp-by'>{in_html(by)}</div>"
        rows.append(f"<li><div>{title}</div><span>{length(float(track['duration_s']))}</span></li>")
    if not rows:
        return ""
    left = total - len(rows)
    more = f"<li><span>and {count(left, 'more track', 'more tracks')}</span></li>" if left > 0 else ""
    return f'<ul class="rp-list">{"".join(rows)}{more}</ul>'


def _plain(text: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in text)

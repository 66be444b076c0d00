"""What a turn found, drawn below its words: cards of hits, evidence, lists of tracks, descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.ui.conversation import Call, hits_of
from app.ui.evidence import evidence_html
from app.ui.heard import words_html
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
    elif call.kind == "comparison":
        with st.container(key=f"hit_both_{_plain(call.call_id)}"):
            st.html(comparison_html(opened, thread_id, artifact))
    elif call.kind == "description":
        st.html(_description(artifact))
    elif call.kind == "words":
        st.html(words_html(thread_id, artifact))
    elif call.kind == "playlist":
        _playlist(call)
    elif call.kind == "tracks":
        st.html(_tracks(artifact))


def explanation_html(opened: Opened, thread_id: str, artifact: Mapping[str, Any]) -> str:
    """The evidence, with the chroma of both passages where their frames are still there."""
    query, hit = artifact.get("query", {}), Hit.from_record(artifact["hit"])
    return evidence_html(artifact, query_words(query), _pictures(opened, thread_id, query, hit))


def comparison_html(opened: Opened, thread_id: str, artifact: Mapping[str, Any]) -> str:
    """Two moments against each other, drawn as a match is."""
    comparison, first, second = artifact["comparison"], artifact.get("first", {}), artifact.get("second", {})
    shift = int(comparison.get("hit", {}).get("alignment", {}).get("shift_semitones", 0))
    pictures = (_picture(opened, thread_id, first), _picture(opened, thread_id, second, -shift))
    evidence = {"explanation": comparison, "hit": comparison.get("hit", {})}
    name = str(first.get("name", "the first"))
    return evidence_html(evidence, name, pictures if all(pictures) else None, str(second.get("name", "")))


def _pictures(opened: Opened, thread_id: str, query: Mapping[str, Any], hit: Hit) -> tuple[str, str] | None:
    moment = hit.moment
    found = {"id": hit.track.id, "start_s": moment.start_s, "end_s": moment.end_s}
    shift = hit.alignment.shift_semitones
    pictures = (_picture(opened, thread_id, query), _picture(opened, thread_id, found, -shift))
    return pictures if all(pictures) else None


def _picture(opened: Opened, thread_id: str, moment: Mapping[str, Any], shift: int = 0) -> str:
    """The chroma of a moment of a clip or track; empty where its frames are gone."""
    try:
        if moment.get("source") == "clip":
            source: Any = next(c for c in opened.assistant.clips(thread_id) if c.id == moment["id"])
        else:
            source = opened.library.track(str(moment["id"]))
        start_s, end_s = float(moment["start_s"]), float(moment["end_s"])
        return chroma_picture(opened.library.passage(source, start_s, end_s).frames, start_s, end_s, shift)
    except (RepriseError, OSError, KeyError, StopIteration):
        return ""


def _playlist(call: Call) -> None:
    """The playlist's file, to be taken elsewhere."""
    path = Path(str((call.artifact or {}).get("path", "")))
    if path.is_file():
        key = f"download_{_plain(call.call_id)}"
        st.download_button("Download the playlist", path.read_bytes(), path.name, key=key)


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

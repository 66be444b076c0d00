"""What a turn found, drawn below its words: cards of hits, evidence, lists of tracks, descriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.agent.memory.kept import hit_of, readable
from app.ui.drawing import clicked, put_html, stand_in
from app.ui.exports import draw_export
from app.ui.hit_card import CardActions, hit_card, query_words
from app.ui.players import Side, ab_player
from app.view.evidence import evidence_html
from app.view.hum_plot import tune_html
from app.view.lyrics import words_html
from app.view.plots import chroma_picture
from app.view.repeats import returns_html
from app.view.turns import Call, hits_of, records_of
from app.view.words import in_html, in_markdown, length
from index.core.errors import RepriseError, clock
from index.core.hits import Alignment
from index.core.lengths import counted
from tools.sound_hits import compared_of

if TYPE_CHECKING:
    from app.ui.opened import Opened
    from index.core.hits import Hit

TRACKS_SHOWN = 12


def draw_found(opened: Opened, thread_id: str, call: Call, actions: CardActions) -> None:
    """Draw what one call found; calls whose answer is all in the words draw nothing."""
    artifact = call.artifact or {}
    if call.kind == "hits":
        with stand_in("What this leans on"):
            _priors(opened, call)
        with stand_in("The line of the track"):
            put_html(returns_html(artifact))
        itself, compared = artifact.get("itself"), compared_of(artifact)
        if hummed := artifact.get("hummed"):
            with stand_in("The hum's line"):
                put_html(_tune(opened, hummed, hits_of(call)))
        for record in records_of(call):
            with stand_in("This hit"):
                hit = hit_of(record)
                hit_card(opened, hit, call.call_id, actions, itself=hit.rank == itself, compared=compared)
    elif call.kind == "explanation":
        with st.container(key=f"hit_why_{_plain(call.call_id)}"):
            draw_explanation(opened, thread_id, artifact, call.call_id)
    elif call.kind == "comparison":
        with st.container(key=f"hit_both_{_plain(call.call_id)}"):
            _draw_comparison(opened, thread_id, artifact, call.call_id)
    elif call.kind == "description":
        put_html(_description(artifact))
    elif call.kind == "words":
        put_html(words_html(thread_id, artifact))
    elif call.kind == "playlist":
        _playlist(call)
    elif call.kind == "tracks":
        put_html(_tracks(artifact))


def draw_explanation(opened: Opened, thread_id: str, artifact: Mapping[str, Any], key: str) -> None:
    """The evidence for a hit: both passages to be heard against each other, their pictures, chords and shares."""
    query, hit = artifact.get("query", {}), hit_of(artifact.get("hit"))
    found = {"id": hit.track.id, "start_s": hit.moment.start_s, "end_s": hit.moment.end_s}
    name = query_words(query)
    sides = (_side(opened, thread_id, name, query), _side(opened, thread_id, hit.track.title, found))
    pictures = _draw_both(opened, thread_id, sides, hit.alignment, key)
    put_html(evidence_html(artifact, name, pictures))


def _draw_comparison(opened: Opened, thread_id: str, artifact: Mapping[str, Any], key: str) -> None:
    """Two moments against each other, drawn as a match is."""
    comparison, first, second = artifact["comparison"], artifact.get("first", {}), artifact.get("second", {})
    hit = comparison["hit"]
    laid = {**second, "start_s": hit["moment"]["start_s"], "end_s": hit["moment"]["end_s"]}
    names = (_named(first, "the first"), _named(second, "the second"))
    sides = (_side(opened, thread_id, names[0], first), _side(opened, thread_id, names[1], laid))
    pictures = _draw_both(opened, thread_id, sides, Alignment(**hit["alignment"]), key)
    put_html(evidence_html({"explanation": comparison, "hit": hit}, names[0], pictures, names[1]))


def _named(moment: Mapping[str, Any], otherwise: str) -> str:
    return "your clip" if moment.get("source") == "clip" else str(moment.get("name") or otherwise)


def _draw_both(
    opened: Opened,
    thread_id: str,
    sides: tuple[Side | None, Side | None],
    alignment: Alignment,
    key: str,
) -> tuple[str, str] | None:
    """The players of two passages; their chroma, the second's in the key of the first. Nothing where one is gone."""
    first, second = sides
    if first is None or second is None:
        return None
    ab_player(opened, thread_id, (first, second), alignment.tempo_ratio, key)
    return _picture(opened, first), _picture(opened, second, -alignment.shift_semitones)


def _side(opened: Opened, thread_id: str, name: str, moment: Mapping[str, Any]) -> Side | None:
    """The passage of a clip or track; None where it is gone, or was never a sound."""
    if "id" not in moment:
        return None
    try:
        if moment.get("source") == "clip":
            source: Any = next(c for c in opened.assistant.clips(thread_id) if c.id == moment["id"])
        else:
            source = opened.library.track(str(moment["id"]))
        passage = opened.library.passage(source, float(moment["start_s"]), float(moment["end_s"]))
    except (RepriseError, OSError, StopIteration):
        return None
    return Side(name, source, passage.start_s, passage.end_s)


def _picture(opened: Opened, side: Side, shift: int = 0) -> str:
    """The chroma of a passage."""
    frames = opened.library.passage(side.source, side.start_s, side.end_s).frames
    return chroma_picture(frames, side.start_s, side.end_s, shift)


def _tune(opened: Opened, hummed: Sequence[float | None], hits: Sequence[Hit]) -> str:
    """The hum over the melody of the first hit; empty where there is none, or its frames are gone."""
    try:
        moment = hits[0].moment
        return tune_html(hummed, hits[0], opened.library.passage(hits[0].track, moment.start_s, moment.end_s))
    except (RepriseError, OSError, IndexError, ValueError):
        return ""


def _priors(opened: Opened, call: Call) -> None:
    """What a recommendation leans on, each to be switched off."""
    priors = (call.artifact or {}).get("priors", ())
    if not priors:
        return
    history = opened.library.catalogue.history
    with st.container(horizontal=True, gap="xsmall", key=f"priors_{_plain(call.call_id)}"):
        for prior in priors:
            on, name = history.on(prior["name"]), str(prior["name"])
            st.button(
                in_markdown(str(prior["text"])) + ("" if on else " (switched off)"),
                icon=":material/close:" if on else ":material/undo:",
                key=f"prior_{name}_{_plain(call.call_id)}_{'on' if on else 'off'}_{_plain(str(prior['text']))[:20]}",
                type="tertiary",
                help="Recommend without it from now on" if on else "Lean on it again from now on",
                on_click=clicked(history.switch),
                args=(name, not on),
            )


def _playlist(call: Call) -> None:
    """The playlist's file, to be taken elsewhere, and the same in other formats."""
    artifact = call.artifact or {}
    path, key = Path(str(artifact.get("path", ""))), _plain(call.call_id)
    with st.container(horizontal=True, gap="small", key=f"playlist_{key}"):
        if path.is_file():
            content = partial(path.read_bytes)
            st.download_button(
                f"Download {path.name}", content, path.name, key=f"download_{key}", on_click="ignore"
            )
        with st.popover("Other formats", key=f"formats_{key}"):
            draw_export(str(artifact.get("name", "Playlist")), readable(artifact.get("hits", ())), key)


def _description(artifact: Mapping[str, Any]) -> str:
    """A passage second by second."""
    seconds = artifact.get("description", {}).get("seconds", ())
    rows = "".join(
        f"<dt>{clock(round(float(second['time_s'])))}</dt><dd>{in_html(str(second['text']))}</dd>"
        for second in seconds
    )
    also = f'<div class="rp-small">{in_html(str(artifact["also"]))}</div>' if artifact.get("also") else ""
    return f'<dl class="rp-moments">{rows}</dl>{also}' if rows else also


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
    more = f"<li><span>and {counted(left, 'more track', 'more tracks')}</span></li>" if left > 0 else ""
    return f'<ul class="rp-list">{"".join(rows)}{more}</ul>'


def _plain(text: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in text)

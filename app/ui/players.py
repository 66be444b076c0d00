"""What needs a script of ours in the browser: players of hits, of clips and of two passages, and what is in view."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.view.addresses import asset_url, clip_url, moment_url, track_url
from app.view.plots import bars
from index.core.errors import RepriseError, clock
from index.core.tracks import Clip
from index.structure.segmentation import musical_span

if TYPE_CHECKING:
    from app.ui.opened import Opened
    from index.core.frames import Frames
    from index.core.hits import Hit
    from index.core.moments import Passage
    from index.core.tracks import Track

MOMENT_BARS = 80
CLIP_BARS = 130
ELSEWHERE_S = 0.1
"""How far from a moment's start a phrase or beat has to begin to be offered: nearer than this it sounds the same."""
_WHOLE_FROM_S = 1.0
_NO_FRAMES = [30] * 40


def moment_player(opened: Opened, hit: Hit, key: str) -> None:
    """A player that starts at the hit's moment; one click more plays on in the track, or from the phrase nearby."""
    moment, track = hit.moment, hit.track
    try:
        passage: Passage | None = opened.library.passage(track, moment.start_s, moment.end_s)
    except (RepriseError, OSError):
        passage = None
    frames: Frames | None = passage.frames if passage else None
    data = {
        "label": f"{track.title} from {clock(round(moment.start_s, 1))}",
        "track": track.id,
        "moment_url": moment_url(track.id, moment.start_s, moment.end_s),
        "track_url": track_url(track.id),
        "start_s": moment.start_s,
        "end_s": moment.end_s,
        "track_s": max(track.duration_s, moment.end_s),
        "peaks": bars(frames, moment.start_s, moment.end_s, MOMENT_BARS) if frames else _NO_FRAMES,
        "track_peaks": bars(frames, 0.0, track.duration_s, MOMENT_BARS) if frames else _NO_FRAMES,
        "musical": musical_offer(passage, track.id) if passage else None,
    }
    _component("player")(data=data, key=key, height="content")


def musical_offer(passage: Passage, track_id: str) -> dict[str, Any] | None:
    """The moment as music has it, for its player: from the phrase or beat nearby to where the next phrase begins.

    None where nothing is sure, or nothing begins elsewhere than the moment.
    """
    near = musical_span(passage)
    if near.start is None or abs(near.start.time_s - passage.start_s) < ELSEWHERE_S:
        return None
    start_s = near.start.time_s
    end_s = near.end.time_s if near.end and near.end.kind == "phrase" else passage.end_s
    whole = abs(start_s - passage.start_s) >= _WHOLE_FROM_S
    return {
        "label": f"from the {near.start.kind}, {clock(round(start_s) if whole else start_s)}",
        "title": f"{near.facts[0].text.capitalize()}; plays until {clock(round(end_s, 1))}.",
        "url": moment_url(track_id, start_s, end_s),
        "start_s": start_s,
        "end_s": end_s,
        "peaks": bars(passage.frames, start_s, end_s, MOMENT_BARS),
    }


@dataclass(frozen=True)
class ClipShown:
    """A clip as its player shows it: the span that was searched, and passages worth searching."""

    thread_id: str
    clip: Clip
    span: tuple[float, float]
    offers: tuple[Mapping[str, Any], ...] = ()


def clip_player(opened: Opened, shown: ClipShown, key: str, on_pick: Callable[[], None]) -> None:
    """The clip's waveform; a click on a passage, or dragging any span, calls `on_pick`."""
    clip = shown.clip
    try:
        frames = opened.library.passage(clip, 0.0, clip.duration_s).frames
        peaks = bars(frames, 0.0, clip.duration_s, CLIP_BARS)
    except (RepriseError, OSError):
        peaks = _NO_FRAMES
    data = {
        "name": clip.name,
        "note": f" · {clip.noise}" if clip.noise else "",
        "sound_url": clip_url(shown.thread_id, clip.id),
        "duration_s": clip.duration_s,
        "span": list(shown.span),
        "offers": [{"start_s": offer["start_s"], "end_s": offer["end_s"]} for offer in shown.offers],
        "peaks": peaks,
        "can_pick": True,
    }
    _component("clip")(data=data, key=key, on_pick_change=on_pick)


@dataclass(frozen=True)
class Side:
    """One of two passages that are heard against each other."""

    name: str
    source: Track | Clip
    start_s: float
    end_s: float


def ab_player(opened: Opened, thread_id: str, sides: tuple[Side, Side], tempo_ratio: float, key: str) -> None:
    """Both passages one above the other; a switch goes on at the same musical place.

    They are cut to what they have in common: the second is as long as the first, times the tempo ratio.
    """
    first, second = sides
    common_s = min(first.end_s - first.start_s, (second.end_s - second.start_s) / tempo_ratio)
    data = [
        _side(opened, thread_id, side, common_s * pace)
        for side, pace in zip(sides, (1.0, tempo_ratio), strict=True)
    ]
    plain = re.sub(r"[\W_]+", "-", key)  # a component's key may not hold two underscores
    _component("ab")(data={"sides": data}, key=f"ab-{plain}", height="content")


def _side(opened: Opened, thread_id: str, side: Side, length_s: float) -> dict[str, Any]:
    end_s = side.start_s + length_s
    try:
        frames = opened.library.passage(side.source, side.start_s, end_s).frames
        peaks = bars(frames, side.start_s, end_s, CLIP_BARS)
    except (RepriseError, OSError):
        peaks = _NO_FRAMES
    url = (
        f"{clip_url(thread_id, side.source.id)}/{side.start_s:.3f}-{end_s:.3f}.wav"
        if isinstance(side.source, Clip)
        else moment_url(side.source.id, side.start_s, end_s)
    )
    return {"name": side.name, "url": url, "start_s": side.start_s, "length_s": length_s, "peaks": peaks}


def keep_in_view(thread_id: str, turn: int, *, live: bool) -> None:
    """Show the conversation from the beginning of this turn (-1: there is none), until the user scrolls."""
    _component("view")(data={"thread": thread_id, "turn": turn, "live": live}, key="view", height=1)


def _component(name: str) -> Any:
    """The component whose script is assets/NAME.js; the browser fetches and keeps it once."""
    address = asset_url(f"{name}.js")
    script = (
        "export default async (component) =>\n"
        f'  (await import(new URL("{address}", document.baseURI))).default(component)\n'
    )
    return st.components.v2.component(f"reprise_{name}", js=script, isolate_styles=False)

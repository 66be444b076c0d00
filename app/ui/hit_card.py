"""A hit as a card: what and where it is, how alike and why, a player, and what can be done with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.ui.drawing import clicked, draw_said, stand_in
from app.ui.players import moment_player
from app.view.evidence import FACTOR_COLOURS, painted
from app.view.plots import chroma_picture
from app.view.turns import pin
from app.view.words import in_html, percent, span
from index.core.errors import RepriseError, clock
from index.text.wording import closer_than

if TYPE_CHECKING:
    from app.ui.opened import Opened
    from index.core.hits import Hit
    from index.core.tracks import Track

CONFIDENCE_HELP = (
    "The probability that this is the same music: an excerpt, a repeat or another performance. "
    "Music can feel very much alike and still be another piece."
)
LIKENESS_HELP = (
    "How alike the two moments are, beside moments drawn at random from your library: "
    "of so many only one would be closer. Half of all moments are closer than half of all moments."
)


@dataclass(frozen=True)
class CardActions:
    """What the buttons of a card do; each is told the hit and its pin."""

    more: Callable[[Hit, str], None]
    why: Callable[[Hit, str], None]
    draw_why: Callable[[str], None]
    """Draws the evidence for a pin into the card, if it was asked for."""


@st.fragment
@stand_in("This hit")
def hit_card(
    opened: Opened, hit: Hit, call_id: str, actions: CardActions, *, itself: bool = False, compared: int = 0
) -> None:
    """Draw a hit, found among so many moments. A button keeps meaning it, however many searches come after."""
    pinned = pin(call_id, hit.rank)
    key = re.sub(r"\W", "_", f"{call_id}_{hit.rank}")
    with st.container(key=f"hit_{key}"):
        draw_said()
        with st.container(horizontal=True, key=f"body_{key}", gap="small"):
            st.html(picture_html(opened, hit), width=132)
            with st.container(key=f"words_{key}"):
                st.html(head_html(hit, itself))
                moment_player(opened, hit, f"player_{key}")
                with st.container(horizontal=True, gap="xsmall", key=f"buttons_{key}"):
                    _buttons(opened, hit, pinned, key, actions)
            st.html(verdict_html(hit, compared), width=190 if hit.factors else "content")
        actions.draw_why(pinned)


def _buttons(opened: Opened, hit: Hit, pinned: str, key: str, actions: CardActions) -> None:
    st.button("more like this", key=f"more_{key}", on_click=clicked(_ask_more), args=(actions, hit, pinned))
    st.button("why?", key=f"why_{key}", on_click=actions.why, args=(hit, pinned))
    saved = opened.saved.has(hit)
    st.button(
        "♥" if saved else "♡",
        key=f"saved_{'on' if saved else 'off'}_{key}",
        help="Saved; click to take it out" if saved else "Save this moment",
        on_click=clicked(_toggle),
        args=(opened, hit),
    )
    disliked = opened.library.catalogue.history.has("disliked", hit.moment)
    st.button(
        "not for me",
        key=f"disliked_{'on' if disliked else 'off'}_{key}",
        help="Click to take it back" if disliked else "Recommend less like this",
        on_click=clicked(_dislike),
        args=(opened, hit, disliked),
    )
    if st.session_state.pop("_whole_page", False):
        st.rerun()


def _toggle(opened: Opened, hit: Hit) -> None:
    opened.saved.toggle(hit)


def _dislike(opened: Opened, hit: Hit, disliked: bool) -> None:
    history = opened.library.catalogue.history
    if disliked:
        history.take_back("disliked", hit.moment)
    else:
        history.record("disliked", [hit.moment])


def _ask_more(actions: CardActions, hit: Hit, pinned: str) -> None:
    actions.more(hit, pinned)
    st.session_state["_whole_page"] = True


def picture_html(opened: Opened, hit: Hit) -> str:
    """The hit's chroma over time; an empty picture where its frames are gone."""
    moment = hit.moment
    try:
        passage = opened.library.passage(hit.track, moment.start_s, moment.end_s)
        picture = chroma_picture(passage.frames, moment.start_s, moment.end_s)
    except (RepriseError, OSError):
        return '<div class="rp-picture"></div>'
    told = in_html(f"Chroma over time of {hit.track.title}, {moment.span}")
    return f'<div class="rp-picture" role="img" aria-label="{told}">{painted(picture)}</div>'


def head_html(hit: Hit, itself: bool = False) -> str:
    """Title, span, author and year."""
    track, moment = hit.track, hit.moment
    by = ", ".join(part for part in (track.author, str(track.year or "")) if part)
    this = '<span class="rp-chip">this is your clip</span>' if itself else ""
    return (
        f'<div class="rp-title"><span class="rp-rank">{hit.rank}</span>{in_html(track.title)} '
        f'<span class="rp-chip">{span(moment.start_s, moment.end_s)}</span>{this}</div>'
        f'<div class="rp-by">{in_html(by) or "&nbsp;"}{also_html(track)}</div>'
    )


def also_html(track: Track) -> str:
    """The other files of a recording, behind whom it is by."""
    if not track.also:
        return ""
    files = in_html("\n".join((track.path, *track.also)))
    return f' <span class="rp-also" title="{files}">{in_html(track.other_files)}</span>'


def verdict_html(hit: Hit, compared: int = 0) -> str:
    """Likeness and confidence, and a bar for each factor that the hit has, heaviest first.

    Whether it is the same music is no question where it was found without a sound, by words alone.
    """
    parts = sorted(hit.factors.items(), key=lambda item: -item[1].contribution)
    likeness = closer_than(hit.likeness, compared) if parts else f"likeness {100 * hit.likeness:.0f}"
    same = (
        f'<span class="rp-tip" tabindex="0" role="note" aria-description="{in_html(CONFIDENCE_HELP)}">'
        f"same music: {percent(hit.confidence)}</span>"
    )
    return (
        '<div class="rp-verdict">'
        f'<span class="rp-tip" tabindex="0" role="note" aria-description="{in_html(LIKENESS_HELP)}">'
        f"{likeness}</span>{same if parts else ''}</div>"
        + "".join(_bar(name, part.likeness) for name, part in parts)
    )


def _bar(name: str, likeness: float) -> str:
    value = round(100 * likeness)
    colour = FACTOR_COLOURS.get(name, "var(--rp-soft)")
    return (
        f'<div class="rp-factor"><span>{in_html(name)}</span>'
        f'<span class="rp-bar" role="img" aria-label="{in_html(name)} {value} of 100">'
        f'<i style="width:{value}%;background:{colour}"></i></span><b>{value}</b></div>'
    )


def spoken(hit: Hit) -> str:
    """A hit as a button's words name it: “Title” at 1:23."""
    return f"“{hit.track.title}” at {clock(round(hit.moment.start_s))}"


def query_words(query: Mapping[str, Any]) -> str:
    """What the search began from, shortly: the clip, or the track's title."""
    return "your clip" if query.get("source") == "clip" else str(query.get("name", "the query"))

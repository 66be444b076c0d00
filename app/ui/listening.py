"""The sidebar's part on listening: what is remembered, what recommendations lean on, and an end to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.drawing import clicked, draw_said, stand_in
from index.catalogue.history import Switch
from index.core.lengths import counted

if TYPE_CHECKING:
    from app.ui.opened import Opened
    from index.catalogue.history import History

SWITCH_LABELS: Mapping[Switch, str] = {
    "history": "Remember what I play and like",
    "taste": "Recommend by what I liked",
    "hour": "Lean on the hour and the day",
    "conversation": "Lean on this conversation",
}
_SAID = {
    "finished": "played to the end",
    "skipped": "skipped",
    "liked": "liked",
    "disliked": "not for you",
    "saved": "put into playlists",
}


@st.fragment
@stand_in("What is remembered")
def draw_listening(opened: Opened) -> None:
    """A line that says what is remembered, and what can be changed."""
    history = opened.library.catalogue.history
    draw_said()
    st.html(f'<h2 class="rp-h2">Listening</h2><div class="rp-side rp-small">{remembered(history)}</div>')
    with st.popover("Change", key="listening"):
        for switch, label in SWITCH_LABELS.items():
            key = f"switch_{switch}"
            st.session_state[key] = history.on(switch)
            st.toggle(label, key=key, on_change=clicked(_switch), args=(history, switch, key))
        st.caption("Nothing of it leaves this computer.")
        st.button("Forget everything", key="forget", on_click=clicked(history.forget))


def remembered(history: History) -> str:
    """What is remembered, in a line."""
    counts = history.counts()
    said = [f"{counts[kind]:,} {words}" for kind, words in _SAID.items() if counts[kind]]
    off = "" if history.on("history") else "Nothing new is remembered. "
    if not said:
        return f"{off}Nothing is remembered yet." if not off else off.strip()
    return f"{off}{counted(sum(counts.values()), 'moment')}: {', '.join(said)}"


def _switch(history: History, switch: Switch, key: str) -> None:
    history.switch(switch, bool(st.session_state[key]))

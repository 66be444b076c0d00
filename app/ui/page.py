"""The page's frame: theme, sidebar, the conversation in the address, the input at the bottom."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.ui.chat import Chat
from app.ui.drawing import clicked, draw_said
from app.ui.opened import Opened, opened
from app.ui.sidebar import draw_sidebar
from index.core.errors import RepriseError

_ASSETS = Path(__file__).with_name("assets")
RECORDING_HZ = 44100
NOTHING_CAME = (
    "The file did not arrive, so nothing was asked. If it is still being written or downloaded, wait until it is "
    "whole; a file may have at most 500 MB."
)


def draw_page() -> None:
    """Draw everything, for one visit or click."""
    st.set_page_config(page_title="Reprise", page_icon=_ASSETS / "icon.svg", layout="centered")
    styles = "".join((_ASSETS / name).read_text(encoding="utf-8") for name in ("theme.css", "player.css"))
    st.html(f"<style>{styles}</style>")
    try:
        parts = opened()
    except RepriseError as error:
        st.error(str(error))
        st.stop()
    thread_id = _thread_id(parts)
    chat = Chat(parts, thread_id)
    draw_sidebar(parts, thread_id, _go)
    draw_said()
    with st.bottom:  # put there by hand, it does not make the page follow the end of what is drawn
        said = st.chat_input(
            "Ask, drop a clip, or hum …",
            key="said",
            accept_file="multiple",
            accept_audio=True,
            audio_sample_rate=RECORDING_HZ,
        )
    if said and not (said.text.strip() or said.files or said.audio):
        st.warning(NOTHING_CAME)
    elif said:
        clicked(chat.ask)(said.text.strip(), list(said.files), said.audio)
        draw_said()
    chat.draw()


def _thread_id(parts: Opened) -> str:
    """The conversation of this visit: the one in the address if it exists, else a new one."""
    wanted = st.query_params.get("c", "")
    known = st.session_state.get("thread_id", "")
    goes_on = wanted and (wanted == known or _has_begun(parts, wanted))
    thread_id = wanted if goes_on else parts.assistant.new_thread()
    if thread_id != wanted:
        st.query_params["c"] = thread_id
    st.session_state["thread_id"] = thread_id
    return thread_id


def _has_begun(parts: Opened, thread_id: str) -> bool:
    """Whether something was said in a conversation, or is being answered in it, or was when a server ended."""
    return (
        parts.assistant.exists(thread_id)
        or parts.runs.current(thread_id) is not None
        or bool(parts.askings.broken(thread_id))
    )


def _go(thread_id: str) -> None:
    """Open another conversation, or a new one."""
    for name in ("turns_shown", "closed_whys", "thread_id"):
        st.session_state.pop(name, None)
    if thread_id:
        st.query_params["c"] = thread_id
    else:
        st.query_params.clear()

"""The list of conversations: open, begin, search, rename, take along, delete."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.drawing import clicked, draw_said, stand_in
from app.view.words import in_html, in_markdown, shortened
from index.playlists.files import file_stem

if TYPE_CHECKING:
    from app.ui.opened import Opened

THREADS_SHOWN = 12
SEARCHED_FROM = 5
"""With so many conversations there is a field to search them."""
LONGEST_NAME = 60


@st.fragment
@stand_in("The list of conversations")
def draw_threads(opened: Opened, thread_id: str, go: Callable[[str], None]) -> None:
    """Draw the list; `go` opens a conversation ("" for a new one). A search draws nothing but the list anew."""
    if st.session_state.pop("_other_thread", False):
        st.rerun()
    draw_said()
    st.button("New conversation", key="new", on_click=_open, args=(go, ""))
    threads = opened.assistant.threads()
    if not threads:
        return
    st.html('<h2 class="rp-h2">Conversations</h2>')
    wanted = _wanted() if len(threads) >= SEARCHED_FROM else ""
    current = next((thread for thread in threads if thread.id == thread_id), None)
    if wanted:
        threads = opened.assistant.threads(wanted)
        if not threads:
            st.html(f'<div class="rp-side rp-small">No conversation holds “{in_html(wanted)}”.</div>')
    shown = len(threads) if st.session_state.get("all_threads") else THREADS_SHOWN
    for thread in threads[:shown]:
        state = "on" if thread.id == thread_id else "off"
        name = in_markdown(shortened(thread.name or "Conversation", LONGEST_NAME))
        key = f"thread_{state}_{thread.id}"
        st.button(name, key=key, type="tertiary", width="stretch", on_click=_open, args=(go, thread.id))
        if thread.excerpt:
            st.html(f'<div class="rp-excerpt">{in_html(thread.excerpt)}</div>')
    if len(threads) > shown:
        st.button(f"{len(threads) - shown} more", key="more_threads", type="tertiary", on_click=_show_all)
    if current is not None:
        _change(opened, thread_id, current.name, go)


def _change(opened: Opened, thread_id: str, name: str, go: Callable[[str], None]) -> None:
    """Another name for the conversation that is open, the conversation as a file, or its end."""
    with st.popover("Rename, export or delete", type="tertiary", key="change_thread"):
        key = f"name_{thread_id}"
        st.text_input("Name", name, key=key, on_change=clicked(_rename), args=(opened, thread_id, key))
        st.download_button(
            "Export with its sounds",
            partial(_packed, opened, thread_id, name),
            f"{file_stem(name, 'Conversation')}.zip",
            "application/zip",
            key="export_thread",
            help="Markdown, with the clips and the moments that were found as sound files, in a ZIP file",
            on_click="ignore",
        )
        st.button(
            "Delete this conversation",
            key="delete_thread",
            on_click=clicked(_delete),
            args=(opened, thread_id, go),
        )


def _open(go: Callable[[str], None], thread_id: str) -> None:
    go(thread_id)
    st.session_state["_other_thread"] = True


def _wanted() -> str:
    """What is searched for."""
    return st.text_input(
        "Search conversations",
        key="thread_search",
        placeholder="Search conversations",
        label_visibility="collapsed",
        icon=":material/search:",
    ).strip()


def _packed(opened: Opened, thread_id: str, name: str) -> bytes:
    from app.export.markdown import zipped

    return zipped(name, opened.assistant.history(thread_id), opened.assistant.library.clip_file)[0]


def _rename(opened: Opened, thread_id: str, key: str) -> None:
    if name := str(st.session_state[key]).strip():
        opened.assistant.rename(thread_id, name)


def _delete(opened: Opened, thread_id: str, go: Callable[[str], None]) -> None:
    opened.assistant.delete(thread_id)
    _open(go, "")


def _show_all() -> None:
    st.session_state["all_threads"] = True

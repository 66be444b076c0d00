"""The list of conversations: open, begin, rename, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.words import in_markdown, shortened

if TYPE_CHECKING:
    from app.ui.opened import Opened

THREADS_SHOWN = 12
LONGEST_NAME = 60


def draw_threads(opened: Opened, thread_id: str, go: Callable[[str], None]) -> None:
    """Draw the list; `go` opens a conversation ("" for a new one)."""
    st.button("New conversation", key="new", on_click=go, args=("",))
    threads = opened.assistant.threads()
    if not threads:
        return
    st.html('<h2 class="rp-h2">Conversations</h2>')
    shown = len(threads) if st.session_state.get("all_threads") else THREADS_SHOWN
    for thread in threads[:shown]:
        state = "on" if thread.id == thread_id else "off"
        name = in_markdown(shortened(thread.name or "Conversation", LONGEST_NAME))
        key = f"thread_{state}_{thread.id}"
        st.button(name, key=key, type="tertiary", width="stretch", on_click=go, args=(thread.id,))
    if len(threads) > shown:
        st.button(f"{len(threads) - shown} more", key="more_threads", type="tertiary", on_click=_show_all)
    current = next((thread for thread in threads if thread.id == thread_id), None)
    if current is not None:
        _change(opened, thread_id, current.name, go)


def _change(opened: Opened, thread_id: str, name: str, go: Callable[[str], None]) -> None:
    """Another name for the conversation that is open, or its end."""
    with st.popover("Rename or delete", type="tertiary", key="change_thread"):
        key = f"name_{thread_id}"
        st.text_input("Name", name, key=key, on_change=_rename, args=(opened, thread_id, key))
        st.button(
            "Delete this conversation", key="delete_thread", on_click=_delete, args=(opened, thread_id, go)
        )


def _rename(opened: Opened, thread_id: str, key: str) -> None:
    if name := str(st.session_state[key]).strip():
        opened.assistant.rename(thread_id, name)


def _delete(opened: Opened, thread_id: str, go: Callable[[str], None]) -> None:
    opened.assistant.delete(thread_id)
    go("")


def _show_all() -> None:
    st.session_state["all_threads"] = True

"""Chips of the words that a description was understood as; what is clicked away is left out of the next search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from app.view.turns import Call
from app.view.words import in_html, in_markdown

Press = Callable[[str, str, Mapping[str, Any]], None]
"""Begins a turn: its words, a tool, the tool's arguments."""


def draw_chips(call: Call, press: Press) -> None:
    """A button for each word of a search by words; nothing for other calls."""
    artifact = call.artifact or {}
    words: list[Mapping[str, Any]] = list(artifact.get("understood", ()))
    if call.name != "find_by_description" or not words:
        return
    key = "".join(char if char.isalnum() else "_" for char in call.call_id)
    with st.container(horizontal=True, gap="xsmall", key=f"chips_{key}"):
        for place, word in enumerate(words):
            left = words[:place] + words[place + 1 :]
            st.button(
                f"{in_markdown(chip_words(word))} ✕" if left else in_markdown(chip_words(word)),
                key=f"chip_{key}_{place}",
                help=f"Search again without “{in_markdown(phrase(word))}”" if left else None,
                disabled=not left,
                on_click=press,
                args=without(word, left, artifact.get("query", {})),
            )
        if unknown := artifact.get("unknown"):
            listed = ", ".join(f"“{each}”" for each in unknown)
            st.html(f'<span class="rp-small">not understood: {in_html(listed)}</span>')


def phrase(word: Mapping[str, Any]) -> str:
    """A word with its degree or its "no", as a description says it."""
    return str(word.get("phrase") or word["words"])


def chip_words(word: Mapping[str, Any]) -> str:
    """A word, and what it was taken for where that is another one: "fiddle: violin"."""
    said, meaning = phrase(word), str(word["meaning"])
    return said if meaning == word["words"] else f"{said}: {meaning}"


def without(
    word: Mapping[str, Any], left: list[Mapping[str, Any]], query: Mapping[str, Any]
) -> tuple[str, str, Mapping[str, Any]]:
    """The turn that asks for the other words."""
    description = ", ".join(phrase(each) for each in left)
    args = {"description": description, "k": query.get("k", 5), "filters": query.get("filters", {})}
    return f"Without “{phrase(word)}”, {description}", "find_by_description", args

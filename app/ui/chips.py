"""Chips of what a search was understood as: the words of a description, and the conditions, new or kept from before.

What is clicked away is left out of the search that is made then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from app.view.conditions import Condition
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


def draw_conditions(call: Call, conditions: Sequence[Condition], press: Press) -> None:
    """A button for each condition of a search, those that were kept from before after the others."""
    if not conditions:
        return
    key = "".join(char if char.isalnum() else "_" for char in call.call_id)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"pills_of_{key}"):
        told = False
        for place, condition in enumerate(conditions):
            if condition.kept and not told:
                told = True
                st.html('<span class="rp-small">kept from before:</span>', width="content")
            words = in_markdown(condition.words)
            st.button(
                f"{words} ✕",
                key=f"condition_{key}_{place}",
                icon=":material/history:" if condition.kept else None,
                help=f"Search again without “{words}”",
                on_click=press,
                args=(f"Without “{condition.words}”", condition.tool, condition.args),
            )


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

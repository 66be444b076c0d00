"""The sidebar's part on who answers: the model in use, the ones that run here, and how to connect another."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from app.agent.llm.ollama import is_loopback
from app.view.words import in_html, in_markdown

if TYPE_CHECKING:
    from app.ui.opened import Opened

BUILTIN = "builtin"


def draw_assistant(opened: Opened, thread_id: str) -> None:
    """Who answers in this conversation, and a click to have it be another."""
    assistant = opened.assistant
    model, usual = assistant.model_of(thread_id), assistant.model_name
    st.html(
        f'<h2 class="rp-h2">Assistant</h2>{model_html(model, opened.settings.base_url if model == usual else "")}'
    )
    here = opened.local.names()
    offered = [name for name in here if f"ollama:{name}" != model]
    with st.container(key="models"):
        if offered and not model.startswith("ollama:"):
            st.html('<div class="rp-side rp-small">Ollama is running here.</div>')
            _use(opened, thread_id, f"ollama:{offered[0]}", f"Use {offered[0]}")
            offered = offered[1:]
        if offered:
            with st.popover("Other models here", type="tertiary", key="other_models"):
                for name in offered:
                    _use(opened, thread_id, f"ollama:{name}", name)
        if model != usual:
            back = "the built-in planner" if usual == BUILTIN else usual.partition(":")[2]
            _use(opened, thread_id, "", f"Back to {back}")
    st.html(connect_html())


def _use(opened: Opened, thread_id: str, model: str, label: str) -> None:
    st.button(
        in_markdown(label),
        key=f"use_{model or 'usual'}",
        width="stretch",
        on_click=opened.assistant.use_model,
        args=(thread_id, model),
        help="For this conversation, until Reprise ends. REPRISE_MODEL sets it for good." if model else None,
    )


def model_html(model: str, base_url: str = "") -> str:
    """The model in use, and where it runs."""
    if model == BUILTIN:
        return _side("Built-in planner", "No language model, nothing leaves this computer.")
    provider, _, name = model.partition(":")
    if is_loopback(base_url) or (provider == "ollama" and not base_url):
        return _side(name, "Runs on this computer.")
    where = urlsplit(base_url).hostname or provider
    return _side(name, f"What you write goes to {where}; your music does not.")


def connect_html() -> str:
    """How a language model is connected, to be unfolded."""
    return (
        '<div class="rp-side"><details><summary>Connect a language model</summary><ul>'
        "<li>Ollama on this computer: <code>REPRISE_MODEL=ollama:qwen3:4b</code></li>"
        "<li>llama.cpp, vLLM, LM Studio: <code>REPRISE_MODEL=openai:NAME</code> and "
        "<code>REPRISE_BASE_URL=http://localhost:8080/v1</code></li>"
        "<li>OpenAI: <code>REPRISE_MODEL=openai:gpt-5-mini</code> and <code>OPENAI_API_KEY</code></li>"
        "<li>Anthropic: <code>REPRISE_MODEL=anthropic:claude-haiku-4-5</code> and "
        "<code>ANTHROPIC_API_KEY</code></li>"
        "<li>Set them, then start Reprise again.</li></ul></details></div>"
    )


def _side(what: str, about: str) -> str:
    return (
        f'<div class="rp-side"><div>{in_html(what)}</div><div class="rp-small">{in_html(about)}</div></div>'
    )

"""What is opened once and shared by all visits: the library, the assistant, the turns at work.

`st.cache_resource` stands here alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.agent.llm.ollama import LocalModels
from app.agent.running import Runs
from app.ui.asked import Askings
from app.view.saved import Saved

if TYPE_CHECKING:
    from app.agent.assistant import Assistant
    from app.settings import Settings
    from index.protocol import MusicLibrary


@dataclass(frozen=True)
class Opened:
    """The parts that the page is wired to."""

    settings: Settings
    library: MusicLibrary
    assistant: Assistant
    runs: Runs
    saved: Saved
    askings: Askings
    local: LocalModels = field(default_factory=LocalModels)
    """Language models that run on this computer."""


@st.cache_resource(show_spinner=False)
def opened() -> Opened:
    """The parts, opened at the first call.

    Raises
    ------
    RepriseError
        If a setting cannot be used.
    """
    from app.settings import load_settings
    from app.wiring import open_assistant, open_library, wake_vectors

    settings = load_settings()
    wake_vectors(settings)
    library = open_library(settings)
    assistant = open_assistant(settings, library)
    saved = Saved(settings.home, library.catalogue.history)
    return Opened(
        settings, library, assistant, Runs(), saved, Askings(settings.home, assistant.memory.is_taken)
    )

"""Builds the library, the tools and the agent from the settings: the one place where parts meet.

Importing this module is cheap; each part is imported when it is opened.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from app.agent.assistant import Assistant
    from app.agent.memory.conversations import Memory
    from index.core.options import LibraryOptions
    from index.library import Library
    from index.protocol import MusicLibrary
    from index.status import LibraryStatus
    from tools.session import StartAdding


def open_library(settings: Settings | None = None) -> Library:
    """The library that the settings describe; it opens its files when they are first needed."""
    from index.system.collecting import collect_rarely

    collect_rarely()
    from index.library import Library

    return Library(library_options(settings or load_settings()))


def library_status(settings: Settings | None = None) -> tuple[LibraryStatus, Path]:
    """What the library holds, and its home; nothing that hears or searches is imported for that."""
    from index.catalogue.catalogue import Catalogue
    from index.status import status_of
    from index.system.files import private_folder

    options = library_options(settings or load_settings())
    private_folder(options.folder)
    catalogue = Catalogue(options.folder, options.database_url, options.index_name)
    try:
        return status_of(options, catalogue), options.home
    finally:
        catalogue.close()


def library_options(settings: Settings) -> LibraryOptions:
    """Where the library of the settings is, and how it is indexed."""
    from index.core.moments import Grid
    from index.core.options import LibraryOptions, StoreAccess

    return LibraryOptions(
        home=settings.home,
        embedder=settings.embedder,
        grid=Grid(settings.window_s, settings.hop_s),
        noise=settings.noise,
        chroma_url=settings.chroma_url,
        chroma=StoreAccess(settings.chroma_token, settings.chroma_tenant, settings.chroma_database),
        database_url=settings.database_url,
        store_url=settings.store_url,
        store_cache_bytes=int(settings.store_cache_gb * 1e9),
        keep_days=settings.keep_days,
        whisper=settings.whisper,
        clip_s=60 * settings.clip_minutes,
    )


def open_assistant(
    settings: Settings | None = None, library: MusicLibrary | None = None, *, remember: bool = True
) -> Assistant:
    """The assistant over a library; one serves all windows of a process.

    Without `remember` its conversations end with the process.
    """
    from index.system.collecting import collect_rarely

    collect_rarely()
    settings = settings or load_settings()
    if library is None:
        wake_vectors(settings)
        library = open_library(settings)
    library.wake()
    from app.agent.assistant import Assistant
    from tools import all_tools

    memory = open_memory(settings, remember=remember)
    return Assistant(settings, library, all_tools(), memory, start_adding=adding(settings))


def wake_vectors(settings: Settings) -> None:
    """Start what a first search of a large library waits for longest, before anything else is imported."""
    from index.core.options import index_folder
    from index.store.vector_server import wake

    if not settings.chroma_url:
        wake(index_folder(settings.home, settings.embedder) / "chroma")


def open_memory(settings: Settings, *, remember: bool = True) -> Memory:
    """The conversations: in the home, or at the server that the settings name."""
    from app.agent.memory.conversations import Memory
    from index.catalogue.database import Connections, is_server

    if remember and is_server(settings.database_url):
        from app.agent.memory.server import ServerMemory

        return ServerMemory(Connections(settings.database_url, "of the conversations"))
    return Memory(settings.home / "threads.sqlite" if remember else None)


def adding(settings: Settings) -> StartAdding:
    """Adds a folder by `reprise add` in a process of its own, which outlives the conversation."""

    def start_adding(folder: Path, wait_s: float) -> bool:
        from app.background import start

        started = start(settings.home, f"Adding {folder}", "add", str(folder))
        try:
            started.process.wait(timeout=wait_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    return start_adding

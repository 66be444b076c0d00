"""Builds the library, the tools and the agent from the settings: the one place where parts meet.

Importing this module is cheap; each part is imported when it is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from index.library import Library


def open_library(settings: Settings | None = None) -> Library:
    """The library that the settings describe; it opens its files when they are first needed."""
    from index.library import Library, LibraryOptions
    from index.moments import Grid

    settings = settings or load_settings()
    return Library(
        LibraryOptions(
            home=settings.home,
            embedder=settings.embedder,
            grid=Grid(settings.window_s, settings.hop_s),
            noise=settings.noise,
            chroma_url=settings.chroma_url,
            database_url=settings.database_url,
            cache_mb=settings.cache_mb,
        )
    )

"""Moments of the music you own: sound in, hits out. Usable from a notebook, without a page and without a chat.

The names below are the public face; whatever else lies in the rooms may change.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> from index import Library, LibraryOptions, RepriseError
>>> with TemporaryDirectory() as home:
...     library = Library(LibraryOptions(Path(home)))
...     try:
...         library.find_text("slow solo harpsichord")
...     except RepriseError as error:
...         print(error)
...     finally:
...         library.close()
The library is empty: add music with `reprise add FOLDER`, or make the demo library with `reprise demo`.

With music in it, ten seconds of a file find their like, and say why:

    library.add([Path("~/Music").expanduser()])
    clip = library.clip(Path("clip.wav"))
    query = Query(library.passage(clip), k=5, filters=Filters({"composer": "Bach"}))
    for hit in library.find(query).hits:
        print(hit.track.title, hit.moment.start_s, hit.likeness, hit.confidence)
        print(library.explain(query, hit).summary)
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.core.errors import RepriseError
    from index.core.filters import Filters
    from index.core.hits import Hit, Results
    from index.core.moments import Grid, Moment, Passage
    from index.core.options import LibraryOptions
    from index.core.query import Query
    from index.core.tracks import Clip, Track
    from index.library import Library

os.environ.setdefault("NUMBA_CACHE_LOCATOR_CLASSES", "index.system.compiled_locator.CompiledOnce")
"""Whom numba asks where compiled code is: it has to stand there before numba is imported anywhere."""

__all__ = [
    "Clip",
    "Filters",
    "Grid",
    "Hit",
    "Library",
    "LibraryOptions",
    "Moment",
    "Passage",
    "Query",
    "RepriseError",
    "Results",
    "Track",
]

_ROOMS = {
    "index.core.errors": ("RepriseError",),
    "index.core.filters": ("Filters",),
    "index.core.hits": ("Hit", "Results"),
    "index.core.moments": ("Grid", "Moment", "Passage"),
    "index.core.options": ("LibraryOptions",),
    "index.core.query": ("Query",),
    "index.core.tracks": ("Clip", "Track"),
    "index.library": ("Library",),
}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for: importing a room must not open the whole house."""
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(room), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

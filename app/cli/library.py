"""What all commands share: the library opened and closed, and answers for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.core.errors import RepriseError

if TYPE_CHECKING:
    from index.library import Library
    from index.protocol import MusicLibrary

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@contextmanager
def opened_library() -> Iterator[Library]:
    """The library of the settings, closed at the end."""
    from app.wiring import open_library

    library = open_library()
    try:
        yield library
    finally:
        library.close()


def paths_to_add(library: MusicLibrary, named: Sequence[Path]) -> list[Path]:
    """The paths that are to be looked at; without any, all that the library was made of.

    A path that is not there counts where the library knows files below it: their drive may be unplugged.

    Raises
    ------
    RepriseError
        If none of the paths is there.
    """
    if not named:
        folders, known = library.catalogue.folders.given(), library.catalogue.files()
        return [*folders, *(Path(path) for path in known if not _below(path, folders))]
    paths = [path if path.exists() else path.expanduser() for path in named]
    if not any(path.exists() or path.is_symlink() for path in paths):
        absolute = [path.absolute() for path in paths]
        if not any(_below(each, absolute) for each in library.catalogue.files()):
            raise RepriseError(f"There is no {' and no '.join(str(path) for path in named)}.")
    return paths


def _below(path: str, folders: Sequence[Path]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def print_json(value: Any) -> None:
    """A value as one line of JSON."""
    import json

    print(json.dumps(value))

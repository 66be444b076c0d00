"""What all commands share: the library opened and closed, and answers for programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from index.library import Library

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


def print_json(value: Any) -> None:
    """A value as one line of JSON."""
    import json

    print(json.dumps(value))

"""What comes along with a message: files become clips, and a language model is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.agent.events import Brought
from index.errors import AudioReadError, RepriseError, printable
from index.moments import Clip

if TYPE_CHECKING:
    from index.library import Library

_HEARD_AS = {"tune": ", which sounds like a tune by one voice", "speech": ", which sounds like speech"}
"""What a model is told of a clip that is not simply music."""


def clips_of(library: Library, files: Sequence[Brought | Path]) -> tuple[list[Clip], list[RepriseError]]:
    """The files as clips, and what is wrong with those that cannot be read."""
    clips: list[Clip] = []
    problems: list[RepriseError] = []
    for file in files:
        brought = file if isinstance(file, Brought) else Brought(Path(file))
        try:
            if not brought.path.is_file():
                raise AudioReadError(brought.path, "there is no such file")
            name = brought.name or brought.path.name
            clips.append(library.clip(brought.path, name, recorded=brought.recorded))
        except RepriseError as problem:
            problems.append(problem)
    return clips, problems


def noted(words: str, brought: Sequence[Mapping[str, Any]], named: Sequence[Clip], unread: str = "") -> str:
    """The words as a language model gets them: with a note on the clips that came along."""
    clips = ", ".join(
        f"clip:{clip['number']} “{printable(known.name)}”, {known.duration_s:.0f} s{_HEARD_AS.get(clip['kind'], '')}"
        for clip, known in zip(brought, named, strict=True)
    )
    notes = (f"(brought with this: {clips})" if clips else "", f"({unread})" if unread else "")
    return "\n".join(part for part in (words.strip(), *notes) if part)

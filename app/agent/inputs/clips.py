"""What comes along with a message: files become clips, and a language model is told of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.agent.events import Brought, Event, Listening
from app.agent.turn import Turn, TurnStoppedError
from index.core.errors import AudioReadError, RepriseError, clock, printable
from index.core.lengths import minutes_words
from index.core.tracks import Clip
from index.workers.listening import Listened

if TYPE_CHECKING:
    from index.protocol import MusicLibrary

_HEARD_AS = {"tune": ", which sounds like a tune by one voice", "speech": ", which sounds like speech"}
"""What a model is told of a clip that is not simply music."""


def clips_of(
    library: MusicLibrary, files: Sequence[Brought | Path], turn: Turn
) -> Generator[Event, None, tuple[list[Clip], list[RepriseError]]]:
    """The files as clips, and what is wrong with those that cannot be read; how far listening is, meanwhile.

    Raises
    ------
    TurnStoppedError
        As soon as the turn is stopped; what was at work then is ended.
    """
    clips: list[Clip] = []
    problems: list[RepriseError] = []
    for file in files:
        brought = file if isinstance(file, Brought) else Brought(Path(file))
        name = brought.name or brought.path.name
        try:
            if not brought.path.is_file():
                raise AudioReadError(brought.path, "there is no such file")
            clips.append((yield from _heard(library, brought, name, turn)))
        except TurnStoppedError:
            raise
        except RepriseError as problem:
            problems.append(problem)
    return clips, problems


def _heard(library: MusicLibrary, brought: Brought, name: str, turn: Turn) -> Generator[Event, None, Clip]:
    """One clip, listened to step by step."""
    steps = library.hear(brought.path, name, recorded=brought.recorded)
    try:
        while True:
            told = next(steps)
            turn.check()
            if isinstance(told, Listened):
                yield Listening(name, told.done_s, told.total_s)
    except StopIteration as over:
        clip: Clip = over.value
        return clip
    finally:
        steps.close()


def noted(words: str, brought: Sequence[Mapping[str, Any]], named: Sequence[Clip], unread: str = "") -> str:
    """The words as a language model gets them: with a note on the clips that came along."""
    clips = ", ".join(
        f"clip:{clip['number']} “{printable(known.name)}”, {known.duration_s:.0f} s"
        f"{_HEARD_AS.get(clip['kind'], '')}{_partly(known, clip['number'])}"
        for clip, known in zip(brought, named, strict=True)
    )
    notes = (f"(brought with this: {clips})" if clips else "", f"({unread})" if unread else "")
    return "\n".join(part for part in (words.strip(), *notes) if part)


def _partly(clip: Clip, number: int) -> str:
    """What a model is told of a clip of which only the beginning was listened to."""
    if not clip.heard_s:
        return ""
    part = f"{clock(round(clip.heard_s))}-{clock(round(clip.heard_s) + 600)}"
    return (
        f", of which Reprise has listened to the first {minutes_words(clip.heard_s)}; "
        f"another ten minutes are named as in clip:{number} @ {part}"
    )


def names_of(files: Sequence[Brought | Path]) -> str:
    """What stands for a message of files alone of which none could be read: their names."""
    names = [file.name or file.path.name if isinstance(file, Brought) else Path(file).name for file in files]
    return ", ".join(printable(name) for name in names)

"""Recordings that are speech: what is said in them is the user's message, where Whisper's weights are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.core.errors import RepriseError
from index.core.tracks import Clip
from prompts import phrase

if TYPE_CHECKING:
    from index.protocol import MusicLibrary


@dataclass(frozen=True)
class Spoken:
    """A message as it is to be read."""

    words: str
    """What the user wrote, or said."""
    clips: tuple[Clip, ...]
    """What stays a clip."""
    heard: bool = False
    """Whether the words were said."""
    unread: str = ""
    """Why a recording of speech was not read, in one sentence."""


def read_aloud(library: MusicLibrary, words: str, clips: Sequence[Clip]) -> Spoken:
    """The message that recordings of speech make; beside written words a recording is a clip like any other."""
    said = [clip for clip in clips if clip.recorded and clip.kind == "speech"]
    if words.strip() or not said:
        return Spoken(words, tuple(clips))
    try:
        texts = [library.transcribe(library.passage(clip, 0.0, clip.duration_s)).text for clip in said]
    except RepriseError as error:
        return Spoken(words, tuple(clips), unread=phrase("answers", "not_read", reason=str(error)))
    heard = [(clip, text) for clip, text in zip(said, texts, strict=True) if text.strip()]
    if not heard:
        return Spoken(words, tuple(clips), unread=phrase("answers", "not_understood"))
    read = [clip for clip, _ in heard]
    left = tuple(clip for clip in clips if clip not in read)
    return Spoken(" ".join(text.strip() for _, text in heard), left, heard=True)

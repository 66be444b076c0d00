"""Moments as sound, for clients that take it: WAV, 16 bits, at most a minute."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from mcp.types import AudioContent

from index.audio.wave_file import wave_bytes
from index.core.errors import QueryError

if TYPE_CHECKING:
    from index.protocol import MusicLibrary

LONGEST_S = 60.0


def wav_of(library: MusicLibrary, track_id: str, start_s: float, end_s: float) -> bytes:
    """A span of a track as the bytes of a WAV file.

    Raises
    ------
    RepriseError
        If there is no such track, the span is not one, or the file cannot be read.
    """
    if not 0 <= start_s < end_s <= start_s + LONGEST_S:
        raise QueryError(f"A moment ends after it starts, at most {LONGEST_S:.0f} s later.")
    track = library.track(track_id)
    return wave_bytes(library.sound(track, start_s, min(end_s, track.duration_s)))


def audio_of(library: MusicLibrary, track_id: str, start_s: float, end_s: float) -> AudioContent:
    """The same as content of an answer."""
    data = base64.b64encode(wav_of(library, track_id, start_s, end_s)).decode("ascii")
    return AudioContent(type="audio", data=data, mime_type="audio/wav")

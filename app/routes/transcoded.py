"""A track or clip as a WAV file that exists nowhere: each part is decoded when a player asks for it, at exact samples.

So whatever can be decoded is heard to its end, wherever it is begun. A part is at most a minute: players ask for
the next one by themselves, and no reader is held by a player that pauses.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.core.errors import AudioReadError

if TYPE_CHECKING:
    from index.audio.reading import Sound
    from index.core.tracks import Clip, Track
    from index.protocol import MusicLibrary

HEADER_BYTES = 44
CHANNELS = 2
PART_S = 60.0
_SAMPLE_BYTES = 2
_LARGEST = 0xFFFFFFFF - HEADER_BYTES


@dataclass(frozen=True)
class Wave:
    """How long the file is that a player sees, and at what rate."""

    rate_hz: int
    frames: int
    start_s: float = 0.0
    """Where it begins in its track or clip."""

    @property
    def frame_bytes(self) -> int:
        """One sample of both sides."""
        return CHANNELS * _SAMPLE_BYTES

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return HEADER_BYTES + self.frames * self.frame_bytes

    @property
    def header(self) -> bytes:
        """What a WAV file of 16 bits begins with."""
        data = self.frames * self.frame_bytes
        form = struct.pack(
            "<HHIIHH", 1, CHANNELS, self.rate_hz, self.rate_hz * self.frame_bytes, self.frame_bytes, 16
        )
        return (
            b"RIFF" + struct.pack("<I", 36 + data) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data"
        ) + struct.pack("<I", data)


def wave_of(
    library: MusicLibrary, source: Track | Clip, start_s: float = 0.0, end_s: float | None = None
) -> Wave:
    """The file that a player sees of a track or clip, or of a span of it.

    Raises
    ------
    RepriseError
        If its file cannot be read.
    """
    end_s = source.duration_s if end_s is None else min(end_s, source.duration_s)
    blocks = _blocks(library, source, start_s, min(start_s + 1.0, end_s))
    rate_hz = _first(blocks, source).rate_hz
    longest = _LARGEST // (CHANNELS * _SAMPLE_BYTES)
    return Wave(rate_hz, min(round(end_s * rate_hz) - round(start_s * rate_hz), longest), start_s)


def part_of(library: MusicLibrary, source: Track | Clip, wave: Wave, start: int, end: int) -> bytes:
    """Bytes `start` to `end` (excluded) of it, or fewer: no more than a minute of sound.

    Where the sound ends before the track was said to, silence stands in for what is missing.
    """
    head = wave.header[start:end]
    if start + len(head) >= end:
        return head
    first = (start + len(head) - HEADER_BYTES) // wave.frame_bytes
    last = min(
        -(-(end - HEADER_BYTES) // wave.frame_bytes), first + round(PART_S * wave.rate_hz), wave.frames
    )
    data = _samples(library, source, wave, first, last)
    begin = start + len(head) - HEADER_BYTES - first * wave.frame_bytes
    return head + data[begin : begin + end - start - len(head)]


def parts_of(library: MusicLibrary, source: Track | Clip, wave: Wave) -> Iterator[bytes]:
    """All of it, one part after the other."""
    place = 0
    while place < wave.size:
        part = part_of(library, source, wave, place, wave.size)
        yield part
        place += len(part)


def _samples(library: MusicLibrary, source: Track | Clip, wave: Wave, first: int, last: int) -> bytes:
    """Samples `first` to `last` (excluded), 16 bits, left and right by turns."""
    import numpy as np

    wanted = last - first
    parts: list[np.ndarray] = []
    held = 0
    begin = round(wave.start_s * wave.rate_hz)
    span_s = ((begin + first) / wave.rate_hz, (begin + last) / wave.rate_hz)
    blocks = _blocks(library, source, *span_s)
    try:
        for block in blocks:
            samples = np.asarray(block.samples, np.float32)
            sides = samples if samples.ndim == 2 else np.repeat(samples[:, None], CHANNELS, axis=1)
            parts.append((np.clip(sides[: wanted - held], -1.0, 1.0) * 32767).astype("<i2"))
            held += len(parts[-1])
            if held >= wanted:
                break
    except AudioReadError:
        if not parts and first == 0:
            raise
    finally:
        close = getattr(blocks, "close", None)
        if close:
            close()
    missing = np.zeros((wanted - held, CHANNELS), "<i2")
    return np.concatenate([*parts, missing]).tobytes()


def _blocks(library: MusicLibrary, source: Track | Clip, start_s: float, end_s: float) -> Iterator[Sound]:
    """The sound of a span, in pieces and in stereo."""
    return library.sound_blocks(source, start_s, end_s, stereo=True)


def _first(blocks: Iterator[Sound], source: Track | Clip) -> Sound:
    for block in blocks:
        return block
    raise AudioReadError(source.path, "there is no sound in it")

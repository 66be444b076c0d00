"""What a sound file is known by: a hash of its sound alone, so that tags, pictures and padding do not count.

The packets of the file's audio are hashed as they lie in it, without being decoded. Where a file has none that
the demuxer finds, its decoded samples stand for it, and where it cannot be decoded either, its bytes. Nothing is
known here of tracks. Native code reads the file: call it in a process that may die.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO, Any

import numpy as np

from index.audio.decode_av import GUARD
from index.audio.reading import content_hash
from index.audio.stream import open_regular
from index.core.errors import AudioReadError, RepriseError

_DIGEST_BYTES = 10


def sound_hash(path: Path | str) -> str:
    """20 hexadecimal digits that identify the sound of a file.

    Raises
    ------
    AudioReadError
        If it is no regular file, or cannot be read just now (the cause is an OSError then).
    """
    path = Path(path)
    return _of_packets(path) or _of_samples(path) or content_hash(path)


def title_id(sound: str, start_s: float, end_s: float | None) -> str:
    """The id of a track that is a part of a file: of its sound and its place, to the millisecond."""
    place = f"{sound} {round(1000 * start_s)} {'' if end_s is None else round(1000 * end_s)}"
    return hashlib.blake2b(place.encode(), digest_size=_DIGEST_BYTES).hexdigest()


class _Watched:
    """A file whose errors are not lost in a demuxer."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell
        self.error: OSError | None = None

    def read(self, size: int) -> bytes:
        """Read bytes."""
        try:
            return self._file.read(size)
        except OSError as error:
            self.error = error
            raise


def _of_packets(path: Path) -> str:
    """The hash of the packets of the first audio stream; empty where none is found."""
    import av

    with open_regular(path) as file:
        watched = _Watched(file)
        digest, size = None, 0
        try:
            with av.open(watched, metadata_errors="ignore", options=dict(GUARD)) as container:
                if container.streams.audio:
                    stream = container.streams.audio[0]
                    digest = _begun(stream.codec_context.name, stream.rate or 0, stream.channels)
                    size = _add_packets(digest, container, stream)
        except (av.error.FFmpegError, UnicodeError, ValueError):
            size = 0
        if watched.error is not None:
            raise watched.error
    return digest.hexdigest() if digest is not None and size else ""


def _add_packets(digest: Any, container: Any, stream: Any) -> int:
    """Add all packets up to the end, or to where the file is damaged; how many bytes those were."""
    import av

    size = 0
    try:
        for packet in container.demux(stream):
            if packet.size:
                digest.update(packet)
                size += packet.size
    except av.error.FFmpegError:
        return size
    return size


def _of_samples(path: Path) -> str:
    """The hash of the decoded sound; empty where it cannot be decoded."""
    from index.audio.decode import open_stream

    try:
        stream = open_stream(path)
        digest = _begun("samples", stream.rate_hz, 1)
        size = 0
        for samples in stream.chunks:
            digest.update(np.ascontiguousarray(samples, np.float32))
            size += len(samples)
    except (AudioReadError, RepriseError):
        return ""
    return digest.hexdigest() if size else ""


def _begun(codec: str, rate_hz: int, channels: int) -> Any:
    return hashlib.blake2b(f"{codec} {rate_hz} {channels}".encode(), digest_size=_DIGEST_BYTES)

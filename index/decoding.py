"""Sound files as streams of mono or stereo samples: soundfile for uncompressed files, PyAV for all others.

Nothing is ever allocated from what a header declares: files are read chunk by chunk to their end. Seeking is
used only where it is sample exact. (soundfile seeks after each read, which loses the bit reservoir of an MP3
at every chunk, and with it some ten milliseconds of sound.)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from index.decoding_av import open_av
from index.errors import AudioReadError
from index.streams import (
    CHUNK_SAMPLES,
    NEAR_S,
    PROTECTED,
    Stream,
    UnreadableError,
    as_stereo,
    chain,
    check_rate,
    open_regular,
)

_LOSSLESS = ("PCM_", "ALAC_", "FLOAT", "DOUBLE", "ULAW", "ALAW")
_SOUNDFILE = (b"RIFF", b"RF64", b"riff", b"FORM", b"fLaC", b".snd", b"caff", b"NIST", b"Creative Voice")
"""How files begin that soundfile is asked about. (On others its MPEG decoder talks to the terminal.)"""
_NO_SECONDS = "it holds no sound (0 seconds)"
_ASF_ENCRYPTION = bytes.fromhex("fbb31122 23bdd211 b4b700a0c955fc6e")


def open_stream(path: Path, start_s: float = 0.0, *, stereo: bool = False) -> Stream:
    """The sound of a file as float32 chunks, mono or (n, 2), non-finite samples still in it.

    Raises AudioReadError where the file has no sound that can be read; where a later part of the file turns
    out to be damaged, the stream ends early.
    """
    head = _head(path)
    reasons: list[str] = []
    for opener in _decoders(head):
        try:
            stream = opener(path, start_s, stereo)
            first = next(stream.chunks, None)
        except UnreadableError as error:
            reasons.append(str(error))
            continue
        if first is None:
            if start_s > 0:
                return Stream(stream.rate_hz, iter(()), stream.declared_s)
            reasons.append(_NO_SECONDS)
            continue
        return Stream(stream.rate_hz, chain(first, stream.chunks), stream.declared_s)
    raise AudioReadError(path, _reason(path, head, reasons))


def declared_duration_s(path: Path) -> float:
    """Seconds by the header alone, for estimates; 0 where that is not known. Never raises."""
    try:
        decoders = _decoders(_head(path))
        size = path.stat().st_size
    except (AudioReadError, OSError):
        return 0.0
    for opener in decoders:
        try:
            stream = opener(path, 0.0, False)
            next(stream.chunks, None)
            stream.chunks.close()  # type: ignore[attr-defined]
            return min(stream.declared_s, size / 250)  # no codec goes below 2 kbit/s
        except (AudioReadError, UnreadableError, OSError):
            continue
    return 0.0


def _decoders(head: bytes) -> Sequence[Callable[[Path, float, bool], Stream]]:
    """Who may read a file that begins like this, best first."""
    return (_open_lossless, open_av, _open_soundfile) if head.startswith(_SOUNDFILE) else (open_av,)


def _head(path: Path) -> bytes:
    """The first bytes of a regular, readable file."""
    with open_regular(path) as file:
        head = file.read(4096)
    if not head:
        raise AudioReadError(path, "it is empty (0 bytes)")
    return head


def _leave_to_pyav() -> NoReturn:
    raise UnreadableError("PyAV reads it better")


def _open_lossless(path: Path, start_s: float, stereo: bool) -> Stream:
    return _open_soundfile(path, start_s, stereo, lossless=True)


def _open_soundfile(path: Path, start_s: float, stereo: bool, *, lossless: bool = False) -> Stream:
    import soundfile

    try:
        file = soundfile.SoundFile(os.fsencode(path))
    except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError, OSError) as error:
        raise UnreadableError("its format is not one that can be read") from error
    try:
        check_rate(path, file.samplerate)
        lossy = file.format in ("OGG", "MP3") or not file.subtype.startswith(_LOSSLESS)
        slow = file.format == "FLAC" and start_s <= NEAR_S  # PyAV is twice as quick, but seeks worse
        if lossless and (lossy or slow):
            _leave_to_pyav()
    except (AudioReadError, UnreadableError):
        file.close()
        raise
    declared = file.frames / file.samplerate if 0 < file.frames < 1 << 62 else 0.0
    chunks = _soundfile_chunks(file, round(start_s * file.samplerate), stereo)
    return Stream(file.samplerate, chunks, declared)


def _soundfile_chunks(file: Any, start: int, stereo: bool) -> Iterator[np.ndarray]:
    import soundfile

    with file:
        try:
            if start:
                file.seek(start)
            frames = max(1024, CHUNK_SAMPLES // file.channels)
            while len(block := file.read(frames, dtype="float32", always_2d=True)):
                if stereo:
                    yield as_stereo(block.T)
                else:
                    yield block[:, 0].copy() if block.shape[1] == 1 else block.mean(axis=1)
        except (soundfile.SoundFileError, RuntimeError):
            return  # past the end, or damaged from here on


def _reason(path: Path, head: bytes, reasons: list[str]) -> str:
    """The clearest reason that can be found for a file that no decoder reads."""
    if _is_protected(path, head):
        return PROTECTED
    if _is_text(head):
        return "it is text, not sound"
    return _NO_SECONDS if _NO_SECONDS in reasons else "it is not a sound file, or it is damaged"


def _is_text(head: bytes) -> bool:
    printable = sum(byte >= 32 or byte in b"\t\r\n\f" for byte in head)
    return b"\0" not in head and printable >= 0.98 * len(head)


def _is_protected(path: Path, head: bytes) -> bool:
    """Encrypted MP4 (FairPlay, Common Encryption) or Windows Media."""
    if _ASF_ENCRYPTION in head:
        return True
    if head[4:8] != b"ftyp":
        return False
    with path.open("rb") as file:
        front = file.read(1 << 20)
        file.seek(max(0, path.stat().st_size - (1 << 20)))
        back = file.read()
    return any(mark in part for part in (front, back) for mark in (b"drms", b"enca"))

"""What the header of a file promises, against what could be read: "read to 0:05 of 0:10"."""

from __future__ import annotations

from pathlib import Path

from index.audio.decode_av import Nameless, open_container
from index.audio.stream import UnreadableError, open_regular
from index.audio.tag_file import id3_bytes
from index.core.errors import AudioReadError, clock

_HEADED = frozenset(
    [
        "wav",
        "w64",
        "aiff",
        "caf",
        "flac",
        "ape",
        "wv",
        "tta",
        "tak",
        "dsf",
        "iff",
        "mpc",
        "mpc8",
        "asf",
        "avi",
    ]
)
_HEADED_PARTS = ("matroska", "mov")
"""Containers that tell their length in a header. Of others FFmpeg makes a guess by the bit rate or the last page."""
_FRAME_COUNTS = (b"Xing", b"Info", b"VBRI")
_OPEN_ENDED_WAV = (0x7FFFF000, 0xFFFFF000)
_SMALLEST_S = 1.0
_SMALLEST_SHARE = 0.01
_FEWEST_BYTES_A_SECOND = 250
"""No codec goes below 2 kbit/s: a header that promises more than that is damaged, and no promise."""


def shortfall(path: Path, read_s: float) -> str:
    """What has to be said of a file of which so many seconds could be read; empty where that is all. Never raises."""
    promised = promised_s(path)
    missing_s = promised - read_s
    if missing_s <= max(_SMALLEST_S, _SMALLEST_SHARE * promised):
        return ""
    return f"read to {clock(round(read_s))} of {clock(round(promised))}"


def promised_s(path: Path) -> float:
    """Seconds that a header promises; 0 where it does not say, or says what cannot be. Never raises."""
    import av

    try:
        with open_regular(path) as file:
            head = file.read(10)
            file.seek(id3_bytes(head))
            begun = file.read(4096)
            with open_container(Nameless(file)) as container:
                name, duration = container.format.name, container.duration
    except (AudioReadError, UnreadableError, OSError):
        return 0.0
    known = name in _HEADED or name.startswith(_HEADED_PARTS)
    if name == "mp3":
        known = any(mark in begun[:256] for mark in _FRAME_COUNTS)
    seconds = _wav_s(begun) if name == "wav" else float(duration or 0) / av.time_base
    return seconds if known and seconds <= path.stat().st_size / _FEWEST_BYTES_A_SECOND else 0.0


def _wav_s(begun: bytes) -> float:
    """What a WAV promises; 0 where it was written by a program that did not know how long it would become."""
    form, data = begun.find(b"fmt "), begun.find(b"data")
    if min(form, data) < 0:
        return 0.0
    size = int.from_bytes(begun[data + 4 : data + 8], "little")
    bytes_a_second = int.from_bytes(begun[form + 16 : form + 20], "little")
    open_ended = size == 0 or any(first <= size < first + (1 << 12) for first in _OPEN_ENDED_WAV)
    return 0.0 if open_ended or not bytes_a_second else size / bytes_a_second

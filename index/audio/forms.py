"""What format a file seems to have, by FFmpeg's names: by its first bytes, or else by how its name ends.

For files that FFmpeg does not understand by itself, as their beginning is damaged or lost.
"""

from __future__ import annotations

from pathlib import Path

_HEADS = {
    b"ID3": "mp3",
    b"fLaC": "flac",
    b"OggS": "ogg",
    b"FORM": "aiff",
    b"MAC ": "ape",
    b"wvpk": "wv",
    b"caff": "caf",
    b".snd": "au",
    b"\x1aE\xdf\xa3": "matroska",
    b"0&\xb2u\x8ef\xcf\x11": "asf",
    b"TTA1": "tta",
    b"\x0bw": "ac3",
    b"#!AMR": "amr",
    b"MPCK": "mpc8",
    b"MP+": "mpc",
    b"tBaK": "tak",
    b"DSD ": "dsf",
    b"FRM8": "iff",
    b"ajkg": "shn",
}
_ENDINGS = {
    "mp3": "mp3",
    "mp2": "mp3",
    "mpga": "mp3",
    "flac": "flac",
    "aac": "aac",
    "ac3": "ac3",
    "eac3": "eac3",
    "dts": "dts",
    "amr": "amr",
}
"""Formats that are found again at any frame; of others nothing can be read without their beginning."""


def form_of_head(head: bytes) -> str | None:
    """The format that the first bytes promise."""
    if head.startswith((b"RIFF", b"RF64", b"RIFX")):
        return "avi" if head[8:12] == b"AVI " else "wav"
    if head[4:8] == b"ftyp":
        return "mov"
    return next((form for mark, form in _HEADS.items() if head.startswith(mark)), None)


def form_of_ending(path: Path, seen: str | None) -> str | None:
    """The format that a name promises, where the first bytes promise none and the format needs no beginning."""
    return None if seen else _ENDINGS.get(path.suffix.lower().removeprefix("."))

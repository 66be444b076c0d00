"""Whether a browser plays a file as it is, by what is in it, not by how its name ends.

Only the first bytes and the boxes of an MP4 file are looked at, in plain Python: no decoder meets a user's file here.
What is not known to be played everywhere is not; it is transcoded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 65536
_LARGEST_BOX = 64 << 20
_AAC = 0x40
_MPEG_AUDIO = (0x69, 0x6B)
_AAC_LC_AND_HE = (2, 5, 29)
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_IN_MP4 = {b"Opus": "audio/mp4", b"fLaC": "audio/mp4"}
_IN_OGG = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC")


def media_type(path: Path) -> str:
    """The type under which browsers play this file; empty where they may not play it."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if head[4:8] == b"ftyp":
            return _mp4(file)
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return _wav(head)
    if head.startswith(b"OggS"):
        return "audio/ogg" if _is_in_ogg(head) else ""
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "audio/webm" if b"A_OPUS" in head or b"A_VORBIS" in head else ""
    return _mpeg(head, path.suffix.lower())


def _is_in_ogg(head: bytes) -> bool:
    """Whether the first packet of the first stream is one of a codec that is played."""
    return len(head) > 27 and head[27 + head[26] :].startswith(_IN_OGG)


def _wav(head: bytes) -> str:
    place = 12
    while place + 8 <= len(head):
        name, size = head[place : place + 4], struct.unpack_from("<I", head, place + 4)[0]
        if name == b"fmt " and size >= 16 and place + 24 <= len(head):
            form, bits = (
                struct.unpack_from("<H", head, place + 8)[0],
                struct.unpack_from("<H", head, place + 22)[0],
            )
            if form == _EXTENSIBLE and size >= 40:
                form = struct.unpack_from("<H", head, place + 32)[0]
            played = (form == _PCM and bits in (8, 16, 24)) or (form == _FLOAT and bits == 32)
            return "audio/wav" if played else ""
        place += 8 + size + size % 2
    return ""


def _mpeg(head: bytes, suffix: str) -> str:
    """MPEG audio and AAC begin without a name of their own: after a tag comes a frame, or nothing that is known."""
    place = 0
    if head.startswith(b"ID3") and len(head) >= 10:
        a, b, c, d = head[6:10]
        place = 10 + (a << 21 | b << 14 | c << 7 | d)
    frame = head[place : place + 2]
    if len(frame) < 2:  # the tag is longer than what was read: its pictures are large
        return "audio/mpeg" if suffix == ".mp3" else ""
    if frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return "audio/mpeg" if suffix == ".mp3" and place else ""
    layer = frame[1] >> 1 & 3
    if layer == 0:
        return "audio/aac" if frame[1] & 0xF0 == 0xF0 else ""
    return "audio/mpeg" if layer == 1 else ""


def _mp4(file: BinaryIO) -> str:
    """By the first sound track's sample description."""
    file.seek(0, 2)
    moov = next(_boxes(file, 0, file.tell(), b"moov"), None)
    if moov is None:
        return ""
    for trak in _boxes(file, *moov, b"trak"):
        for entry in _below(file, trak, (b"mdia", b"minf", b"stbl", b"stsd")):
            file.seek(entry[0] + 8)
            described = file.read(min(entry[1] - entry[0] - 8, HEAD_BYTES))
            codec = described[4:8]
            if codec == b"mp4a":
                return "audio/mp4" if _is_aac(described) else ""
            if codec in (b"alac", b"ac-3", b"ec-3", b"sowt", b"twos", b"lpcm", b"samr", b"dtsc", *_IN_MP4):
                return _IN_MP4.get(codec, "")
    return ""


def _is_aac(described: bytes) -> bool:
    """Whether an `mp4a` entry is the AAC (or MP3) that browsers know; it may hold other codecs too."""
    place = described.find(b"esds")
    if place < 0:
        return False
    rest = described[place + 8 :]
    config = rest.find(b"\x04")
    while config >= 0:
        at = config + 1
        while at < len(rest) and rest[at] & 0x80:
            at += 1
        kind = rest[at + 1] if at + 1 < len(rest) else 0
        if kind in _MPEG_AUDIO:
            return True
        if kind == _AAC:
            specific = rest.find(b"\x05", at + 14)
            at = specific + 1
            while specific > 0 and at < len(rest) and rest[at] & 0x80:
                at += 1
            return specific > 0 and at + 1 < len(rest) and rest[at + 1] >> 3 in _AAC_LC_AND_HE
        config = rest.find(b"\x04", config + 1)
    return False


def _below(file: BinaryIO, box: tuple[int, int], names: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    if not names:
        yield box
        return
    for inner in _boxes(file, *box, names[0]):
        yield from _below(file, inner, names[1:])


def _boxes(file: BinaryIO, start: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    """The insides of the boxes of one name, as (first byte, byte after the last)."""
    place = start
    while place + 8 <= end:
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            return
        size, name, inside = struct.unpack(">I", head[:4])[0], head[4:8], place + 8
        if size == 1 and len(head) == 16:
            size, inside = struct.unpack(">Q", head[8:])[0], place + 16
        elif size == 0:
            size = end - place
        if size < inside - place:
            return
        if name == wanted and (wanted == b"moov" or size <= _LARGEST_BOX):
            yield inside, min(place + size, end)
        place += size

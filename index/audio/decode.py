"""Sound files as streams of mono or stereo samples: every decoder at hand is asked before a file is called bad.

Best first: soundfile for uncompressed files, PyAV for all others, then each for what the other one cannot read, then
PyAV with the format that the file's first bytes or its ending promise. Where a decoder breaks off, another goes on.

Nothing is ever allocated from what a header declares: files are read chunk by chunk to their end. Seeking is
used only where it is sample exact. (soundfile seeks after each read, which loses the bit reservoir of an MP3
at every chunk, and with it some ten milliseconds of sound.)
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from index.audio.decode_av import open_av
from index.audio.downmix import Downmix, Mix
from index.audio.forms import form_of_ending, form_of_head
from index.audio.ogg_links import Link, ogg_links
from index.audio.stream import (
    CHUNK_SAMPLES,
    NEAR_S,
    PROTECTED,
    Stream,
    UnreadableError,
    chain,
    check_rate,
    open_regular,
)
from index.audio.tag_file import LARGE_TAG, id3_bytes
from index.core.errors import AudioReadError

_LOSSLESS = ("PCM_", "ALAC_", "FLOAT", "DOUBLE", "ULAW", "ALAW")
_SOUNDFILE = (b"RIFF", b"RF64", b"riff", b"FORM", b"fLaC", b".snd", b"caff", b"NIST", b"Creative Voice")
"""How files begin that soundfile is asked about first."""
_NO_SECONDS = "it holds no sound (0 seconds)"
_ASF_ENCRYPTION = bytes.fromhex("fbb31122 23bdd211 b4b700a0c955fc6e")
_MISSING_S = 0.5
"""Where a decoder ends this much before the promised end, another is asked for the rest."""
_STUMP_S = 1.0
"""Where a decoder gives less than this, the others are asked whether they get more."""
_TOLD = ("its sample rate", "the video has no sound", "there is no sound in it")
"""Number of reasons of one decoder that are reported."""

_Opener = Callable[[Path, float, Downmix], Stream]


def open_stream(path: Path, start_s: float = 0.0, *, stereo: bool = False, mix: Mix = "mid") -> Stream:
    """The sound of a file as float32 chunks, mono or (n, 2), non-finite samples still in it.

    Raises AudioReadError where the file has no sound that can be read; where a later part of the file turns
    out to be damaged, the stream ends early.
    """
    head = _head(path)
    openers = _decoders(path, head)
    reasons: list[str] = []
    best: Stream | None = None
    most = 0
    for place, opener in enumerate(openers):
        try:
            stream = opener(path, start_s, Downmix(mix, stereo=stereo))
            begun = _first_second(stream)
        except UnreadableError as error:
            reasons.append(str(error))
            continue
        except AudioReadError as error:
            if error.reason == PROTECTED:
                raise
            reasons.insert(0, error.reason)
            continue
        count = sum(map(len, begun))
        if not count:
            reasons.append(_NO_SECONDS)
        if count > most or (start_s > 0 and best is None):
            if best is not None:
                best.close()
            chunks = itertools.chain(begun, stream.chunks)
            stream.chunks = _to_the_end(path, start_s, stream, chunks, openers[place + 1 :])
            best, most = stream, count
        if count and (start_s > 0 or count >= _STUMP_S * stream.rate_hz):
            break
    if best is None:
        raise AudioReadError(path, _reason(path, head, reasons))
    return best


def _first_second(stream: Stream) -> list[np.ndarray]:
    """The first chunks of a stream, so many that a second is full where there is one."""
    begun: list[np.ndarray] = []
    count = 0
    while count < _STUMP_S * stream.rate_hz and (chunk := next(stream.chunks, None)) is not None:
        begun.append(chunk)
        count += len(chunk)
    return begun


def _to_the_end(
    path: Path, start_s: float, stream: Stream, chunks: Iterator[np.ndarray], others: Sequence[_Opener]
) -> Iterator[np.ndarray]:
    """The chunks of a stream; where it breaks off before the promised end, those of another decoder go on."""
    count = 0
    for chunk in chunks:
        count += len(chunk)
        yield chunk
    reached_s = max(start_s + count / stream.rate_hz, stream.reached_s)
    if stream.declared_s <= reached_s + _MISSING_S or stream.declared_s > path.stat().st_size / 250:
        return
    for opener in others:
        try:
            rest = opener(path, reached_s, stream.downmix)
            if rest.rate_hz == stream.rate_hz and (more := next(rest.chunks, None)) is not None:
                yield more
                yield from rest.chunks
                return
        except (UnreadableError, AudioReadError):
            continue


def declared_duration_s(path: Path) -> float:
    """Seconds by the header alone, for estimates; 0 where that is not known. Never raises."""
    try:
        decoders = _quiet_decoders(_head(path))
        size = path.stat().st_size
    except (AudioReadError, OSError):
        return 0.0
    for opener in decoders:
        try:
            stream = opener(path, 0.0, Downmix())
            next(stream.chunks, None)
            stream.close()
            return min(stream.declared_s, size / 250)  # no codec goes below 2 kbit/s
        except (AudioReadError, UnreadableError, OSError):
            continue
    return 0.0


def _decoders(path: Path, head: bytes) -> Sequence[_Opener]:
    """Who may read a file that begins like this, best first."""
    if head.startswith(b"OggS"):
        with path.open("rb") as file:
            links = ogg_links(file)
        if len(links) > 1:
            return (partial(_open_links, links=links), open_av, _open_soundfile)
    if (tag_bytes := id3_bytes(head)) > LARGE_TAG:  # FFmpeg would read all of it into memory
        return (partial(open_av, part=Link(tag_bytes, max(tag_bytes, path.stat().st_size))),)
    if _is_text(head):
        return (open_av,)
    seen = form_of_head(head)
    forms = dict.fromkeys(form for form in (seen, form_of_ending(path, seen)) if form)
    return (*_quiet_decoders(head), _open_soundfile, *(partial(_open_as, form=form) for form in forms))


def _quiet_decoders(head: bytes) -> Sequence[_Opener]:
    """Those that may be asked in any process: soundfile's MPEG decoder talks to the terminal."""
    return (_open_lossless, open_av) if head.startswith(_SOUNDFILE) else (open_av,)


def _open_as(path: Path, start_s: float, downmix: Downmix, *, form: str) -> Stream:
    """The file taken for a format, whatever it looks like. Anything short is chance: noise has frames as well."""
    stream = open_av(path, start_s, downmix, form=form)
    begun = _first_second(stream)
    if sum(map(len, begun)) < _STUMP_S * stream.rate_hz:
        raise UnreadableError("its format is not one that can be read")
    stream.chunks = itertools.chain(begun, stream.chunks)
    return stream


def _open_links(path: Path, start_s: float, downmix: Downmix, *, links: Sequence[Link]) -> Stream:
    """A chained Ogg file: its links one after the other, at the rate of the first that can be read."""
    opened = _each_link(path, downmix, links)
    first = next(opened, None)
    if first is None:
        raise UnreadableError("none of its parts can be read")
    stream = Stream(first.rate_hz, iter(()), 0.0, downmix)
    opened = chain(first, opened)
    skip = round(start_s * first.rate_hz)
    stream.chunks = _without_start(_joined(opened, first.rate_hz), skip)
    return stream


def _each_link(path: Path, downmix: Downmix, links: Sequence[Link]) -> Iterator[Stream]:
    for link in links:
        try:
            yield open_av(path, 0.0, downmix, part=link)
        except (UnreadableError, AudioReadError):
            continue


def _joined(streams: Iterator[Stream], rate_hz: int) -> Iterator[np.ndarray]:
    """Chunks of all streams, at one rate."""
    import soxr

    for stream in streams:
        if stream.rate_hz == rate_hz:
            yield from stream.chunks
            continue
        channels = 2 if stream.downmix.stereo else 1
        resampler = soxr.ResampleStream(stream.rate_hz, rate_hz, channels, dtype="float32")
        for chunk in stream.chunks:
            yield resampler.resample_chunk(chunk)
        yield resampler.resample_chunk(np.zeros((0, 2) if channels == 2 else 0, np.float32), last=True)


def _without_start(chunks: Iterator[np.ndarray], skip: int) -> Iterator[np.ndarray]:
    for chunk in chunks:
        left = chunk[skip:]
        skip = max(0, skip - len(chunk))
        if len(left):
            yield left


def _head(path: Path) -> bytes:
    """The first bytes of a regular, readable file."""
    with open_regular(path) as file:
        head = file.read(4096)
    if not head:
        raise AudioReadError(path, "it is empty (0 bytes)")
    return head


def _leave_to_pyav() -> NoReturn:
    raise UnreadableError("PyAV reads it better")


def _open_lossless(path: Path, start_s: float, downmix: Downmix) -> Stream:
    return _open_soundfile(path, start_s, downmix, lossless=True)


def _open_soundfile(path: Path, start_s: float, downmix: Downmix, *, lossless: bool = False) -> Stream:
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
    chunks = _soundfile_chunks(file, round(start_s * file.samplerate), downmix)
    return Stream(file.samplerate, chunks, declared, downmix)


def _soundfile_chunks(file: Any, start: int, downmix: Downmix) -> Iterator[np.ndarray]:
    import soundfile

    with file:
        try:
            if start:
                file.seek(start)
            frames = max(1024, CHUNK_SAMPLES // file.channels)
            while len(block := file.read(frames, dtype="float32", always_2d=True)):
                yield downmix.mixed(block.T, file.samplerate)
        except (soundfile.SoundFileError, RuntimeError):
            return  # past the end, or damaged from here on


def _reason(path: Path, head: bytes, reasons: list[str]) -> str:
    """The clearest reason that can be found for a file that no decoder reads."""
    if _is_protected(path, head):
        return PROTECTED
    if _is_text(head):
        return "it is text, not sound"
    if _NO_SECONDS in reasons:
        return _NO_SECONDS
    told = [reason for reason in reasons if reason.startswith(_TOLD)]
    return told[0] if told else "it is not a sound file, or it is damaged"


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

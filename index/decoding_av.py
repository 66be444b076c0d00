"""Compressed sound and the sound of videos, decoded by PyAV into samples, mono unless stereo is asked for.

PyAV takes away encoder delay and padding where the file tells of it. A start far into a file is reached
without decoding all before it where time stamps are sample exact; the decoder then runs in for a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np

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
)

_RUN_IN_S = 1.0
_CLOCK_AFTER_SEEK = ("mov,mp4,m4a,3gp,3g2,mj2", "ogg")
_CLOCK_IN_ORDER = ("mp3", "aac")
"""Containers whose time stamps are sample exact: after a seek, or only while packets are read in order."""
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,asf_o,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,"
    "mp3,mpc,mpc8,mpeg,mpegts,mxf,oga,ogg,rm,tak,truehd,tta,voc,w64,wav,wv,xwma"
)
"""What may be opened: containers of sound and video; no playlists, no network, no pictures, no text."""


class _Nameless:
    """A file as PyAV reads it, without a name: what a file is called must not decide how it is understood."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell, self.close = file.read, file.seek, file.tell, file.close


def open_av(path: Path, start_s: float, stereo: bool = False) -> Stream:
    """The first sound track of a file from `start_s` on."""
    import av

    av.logging.set_level(av.logging.PANIC)
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": ""}
    source = _Nameless(path.open("rb"))
    try:
        container = av.open(source, mode="r", options=options, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError, RuntimeError) as error:
        source.close()
        raise UnreadableError("its format is not one that can be read") from error
    try:
        stream = _sound_track(path, container)
        frames = _frames(container, stream)
        first = next(frames, None)
        if first is None:
            _give_up("nothing in it can be decoded")
        check_rate(path, first.sample_rate)
        target = int(first.pts + (start_s - _RUN_IN_S) / stream.time_base) if first.pts is not None else 0
        jump = start_s > NEAR_S and first.pts is not None
        position = 0
        if jump and container.format.name in _CLOCK_AFTER_SEEK:
            container.seek(target, stream=stream, backward=True)
            frames, position = _landed(_frames(container, stream), stream, first)
        elif jump and container.format.name in _CLOCK_IN_ORDER:
            frames, position = _landed(_frames(container, stream, target), stream, first)
        else:
            frames = chain(first, frames)
    except (AudioReadError, UnreadableError):
        container.close()
        source.close()
        raise
    skip = round(start_s * first.sample_rate) - position
    chunks = _chunks(container, source, frames, first.sample_rate, skip, stereo=stereo)
    return Stream(first.sample_rate, chunks, float(container.duration or 0) / av.time_base)


def _give_up(reason: str) -> NoReturn:
    raise UnreadableError(reason)


def _sound_track(path: Path, container: Any) -> Any:
    """The first stream of sound that can be decoded."""
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        video = any(each.type == "video" for each in container.streams)
        raise AudioReadError(path, "the video has no sound" if video else "there is no sound in it")
    if stream.codec_context is None:
        raise UnreadableError("its codec is not one that can be read")
    if stream.codec_context.codec_tag in ("drms", "enca"):
        raise AudioReadError(path, PROTECTED)
    if stream.rate:
        check_rate(path, stream.rate)
    return stream


def _landed(frames: Iterator[Any], stream: Any, first: Any) -> tuple[Iterator[Any], int]:
    """Frames after a jump, and the sample position of the first of them."""
    landed = next(frames, None)
    if landed is None or landed.pts is None:
        return iter(()), 0
    position = round(float((landed.pts - first.pts) * stream.time_base) * first.sample_rate)
    return chain(landed, frames), position


def _frames(container: Any, stream: Any, from_pts: int | None = None) -> Iterator[Any]:
    """Decoded frames; a damaged packet is passed over, a file of damaged packets ends.

    Packets before `from_pts` are read but not decoded.
    """
    import av

    good = bad = 0
    try:
        for packet in container.demux(stream):
            if from_pts is not None and packet.pts is not None and packet.pts < from_pts:
                continue
            try:
                for frame in packet.decode():
                    good += 1
                    yield frame
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                bad += 1
                if bad > 20 + good:
                    return
    except av.error.FFmpegError:
        return  # the container breaks off here


def _chunks(
    container: Any, source: _Nameless, frames: Iterator[Any], rate_hz: int, skip: int, *, stereo: bool
) -> Iterator[np.ndarray]:
    """Chunks of frames of any sample format, without the first `skip` samples."""
    import av

    form: tuple[Any, ...] = ()
    resampler: Any = None
    pending: list[np.ndarray] = []
    pending_n = 0
    try:
        for frame in frames:
            if form != (frame.format.name, frame.layout.name, frame.layout.nb_channels, frame.sample_rate):
                form = (frame.format.name, frame.layout.name, frame.layout.nb_channels, frame.sample_rate)
                resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=rate_hz)
            frame.pts = None
            for part in resampler.resample(frame):
                heard = part.to_ndarray()
                samples = as_stereo(heard) if stereo else heard.mean(axis=0, dtype=np.float32)
                if skip:
                    samples, skip = samples[skip:], max(0, skip - len(samples))
                if len(samples):
                    pending.append(samples)
                    pending_n += len(samples)
            if pending_n >= CHUNK_SAMPLES:
                yield np.concatenate(pending)
                pending, pending_n = [], 0
        if pending:
            yield np.concatenate(pending)
    finally:
        container.close()
        source.close()

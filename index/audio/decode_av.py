"""Compressed sound and the sound of videos, decoded by PyAV into samples, mono unless stereo is asked for.

PyAV takes away encoder delay and padding where the file tells of it. A start far into a file is reached
without decoding all before it where time stamps are sample exact; the decoder then runs in for a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from index.audio.downmix import Downmix
from index.audio.ogg_links import Link
from index.audio.stream import CHUNK_SAMPLES, NEAR_S, PROTECTED, Stream, UnreadableError, chain, check_rate
from index.core.errors import AudioReadError

_RUN_IN_S = 1.0
_CLOCK_AFTER_SEEK = ("mov,mp4,m4a,3gp,3g2,mj2", "ogg")
_CLOCK_IN_ORDER = ("mp3", "aac")
"""Containers whose time stamps are sample exact: after a seek, or only while packets are read in order."""
CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,asf_o,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,"
    "mp3,mpc,mpc8,mpeg,mpegts,mxf,oga,ogg,rm,shn,tak,truehd,tta,voc,w64,wav,wv,xwma"
)
"""What may be opened: containers of sound and video; no playlists, no network, no pictures, no text."""
GUARD = {"format_whitelist": CONTAINERS, "protocol_whitelist": ""}
"""FFmpeg's options for whatever is opened."""
_MOST_BAD = 1000
"""So many damaged packets more than good ones, and a file is given up."""
_MOST_STREAMS = 8
_FASTEST_DSD_HZ = 352_800
_MOST_PLANES = 7
"""PyAV looks for an empty plane behind the last: of eight, all that a frame of FFmpeg has room for, none is left."""


class Nameless:
    """A file as PyAV reads it, without a name: what a file is called must not decide how it is understood."""

    def __init__(self, file: BinaryIO, part: Link | None = None) -> None:
        self._file, self.close = file, file.close
        self._start = part.start if part else 0
        self._size = part.end - part.start if part else None
        file.seek(self._start)

    def read(self, count: int = -1) -> bytes:
        """Bytes from where it is."""
        if self._size is not None:
            left = max(0, self._size - self.tell())
            count = left if count < 0 else min(count, left)
        return self._file.read(count)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to another place."""
        if whence == 2 and self._size is not None:
            offset, whence = offset + self._size, 0
        place = self._file.seek(offset + self._start if whence == 0 else offset, whence)
        return place - self._start

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell() - self._start


def open_container(source: Nameless, form: str | None = None, **options: Any) -> Any:
    """A container that PyAV understands, by what is in it or as the named format; nothing but sound and video.

    Raises
    ------
    UnreadableError
    """
    import av

    av.logging.set_level(av.logging.PANIC)
    try:
        return av.open(
            source, mode="r", format=form, options=dict(GUARD), **{"metadata_errors": "replace"} | options
        )
    except (av.error.FFmpegError, OSError, ValueError, RuntimeError) as error:
        raise UnreadableError("its format is not one that can be read") from error


def open_av(
    path: Path, start_s: float, downmix: Downmix, *, form: str | None = None, part: Link | None = None
) -> Stream:
    """The first track of a file's sound that can be decoded, from `start_s` on.

    `form` is a format of FFmpeg's that the file is taken for, whatever it looks like; `part` a part of the file that
    is read as if it were all.
    """
    first: UnreadableError | None = None
    number = count = 0
    while number <= count:
        source = Nameless(path.open("rb"), part)
        container: Any = None
        try:
            container = open_container(source, form)
            count = min(_MOST_STREAMS, len(container.streams.audio)) - 1
            return _open(path, (source, container), number, start_s, downmix)
        except (AudioReadError, UnreadableError) as error:
            if container is not None:
                container.close()
            source.close()
            if isinstance(error, AudioReadError):
                raise
            first = first or error
        number += 1
    raise first or UnreadableError("there is no sound in it")


def _open(path: Path, opened: tuple[Nameless, Any], number: int, start_s: float, downmix: Downmix) -> Stream:
    import av

    source, container = opened
    track = _sound_track(path, container, number)
    frames = _frames(container, track)
    first = next(frames, None)
    if first is None:
        raise UnreadableError("nothing in it can be decoded")
    rate_hz = _usual_rate(track.codec_context.name, first.sample_rate)
    check_rate(path, rate_hz)
    target = int(first.pts + (start_s - _RUN_IN_S) / track.time_base) if first.pts is not None else 0
    jump = start_s > NEAR_S and first.pts is not None
    position = 0
    if jump and container.format.name in _CLOCK_AFTER_SEEK:
        container.seek(target, stream=track, backward=True)
        frames, position = _landed(_frames(container, track), track, first)
    elif jump and container.format.name in _CLOCK_IN_ORDER:
        frames, position = _landed(_frames(container, track, target), track, first)
    else:
        frames = chain(first, frames)
    skip = round(start_s * rate_hz) - position
    declared_s = float(container.duration or 0) / av.time_base
    stream = Stream(rate_hz, iter(()), declared_s, downmix)
    began_s = float(first.pts * track.time_base) if first.pts is not None else 0.0
    stream.chunks = _chunks(container, source, _followed(frames, stream, began_s), stream, skip)
    return stream


def _usual_rate(codec: str, rate_hz: int) -> int:
    """The rate to decode to: DSD's bit rate is far above the audible band."""
    return _FASTEST_DSD_HZ if codec.startswith("dsd") and rate_hz > _FASTEST_DSD_HZ else rate_hz


def _sound_track(path: Path, container: Any, number: int) -> Any:
    """One of the streams of sound."""
    tracks = container.streams.audio
    if not tracks:
        video = any(each.type == "video" for each in container.streams)
        raise AudioReadError(path, "the video has no sound" if video else "there is no sound in it")
    track = tracks[number]
    if track.codec_context is None:
        raise UnreadableError("its codec is not one that can be read")
    if track.codec_context.codec_tag in ("drms", "enca"):
        raise AudioReadError(path, PROTECTED)
    return track


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
                if bad > _MOST_BAD + good:
                    return
    except av.error.FFmpegError:
        return  # the container breaks off here


def _followed(frames: Iterator[Any], stream: Stream, began_s: float) -> Iterator[Any]:
    """The frames; the stream is told how far they reach."""
    counted_s = 0.0
    for frame in frames:
        length_s = frame.samples / max(1, frame.sample_rate)
        counted_s += length_s
        begins_s = frame.time  # None where it is not known
        at_s = counted_s if begins_s is None else begins_s - began_s + length_s
        stream.reached_s = max(stream.reached_s, at_s)
        yield frame


def _chunks(
    container: Any, source: Nameless, frames: Iterator[Any], stream: Stream, skip: int
) -> Iterator[np.ndarray]:
    """Chunks of frames of any sample format, without the first `skip` samples."""
    import av

    form: tuple[Any, ...] = ()
    resampler: Any = None
    as_it_is = False
    held = av.AudioFifo()
    channels = 1

    def mixed() -> np.ndarray:
        return stream.downmix.mixed(_channels(held.read()), stream.rate_hz)

    try:
        for frame in frames:
            layout = frame.layout
            now = (frame.format.name, layout.name, layout.nb_channels, frame.sample_rate)
            if form != now:
                if held.samples:
                    yield mixed()
                form, channels, held = now, layout.nb_channels, av.AudioFifo()
                planes = "fltp" if channels <= _MOST_PLANES else "flt"
                as_it_is = (now[0], now[3]) == ("fltp", stream.rate_hz) and planes == "fltp"
                resampler = av.AudioResampler(format=planes, layout=layout, rate=stream.rate_hz)
            frame.pts = None
            for part in (frame,) if as_it_is else resampler.resample(frame):
                part.pts = None
                held.write(part)
                if skip and held.samples:
                    dropped = min(skip, held.samples)
                    held.read(dropped)
                    skip -= dropped
            if held.samples * max(1, channels // 2) >= CHUNK_SAMPLES:
                yield mixed()
        if held.samples:
            yield mixed()
    finally:
        container.close()
        source.close()


def _channels(frame: Any) -> np.ndarray:
    """The samples of a frame of floats, (channels, n)."""
    if frame.format.is_packed:
        return np.asarray(frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T)
    count = frame.samples
    return np.stack([np.frombuffer(plane, np.float32, count) for plane in frame.planes])

"""Moments joined into one sound file: crossfades between them, and a chapter for each.

Each moment sounds as it does in its own file, in stereo, from its start to its end; the next one begins a second before
the one before it is over. Levels are left as they are.
"""

from __future__ import annotations

import fractions
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.audio.reading import Sound, read_sound, resample
from index.core.errors import QueryError, RepriseError, printable
from index.core.moments import TrackMoment
from index.system.files import replacing

RATE_HZ = 48000
FADE_S = 1.0
"""Length of a crossfade, at most a third of the shorter moment; and of the fade-out at the end."""


@dataclass(frozen=True)
class _Coding:
    """How a kind of file is encoded."""

    container: str
    codec: str
    bit_rate: int
    """Bits a second; 0 where nothing is lost."""


AUDIO: Mapping[str, _Coding] = {
    "m4a": _Coding("ipod", "aac", 192_000),
    "mp3": _Coding("mp3", "libmp3lame", 192_000),
    "opus": _Coding("opus", "libopus", 160_000),
    "flac": _Coding("flac", "flac", 0),
}
"""The kinds of sound file that can be written."""


@dataclass(frozen=True)
class Chapter:
    """A moment in the joined file."""

    title: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Joined:
    """What became of the moments."""

    chapters: tuple[Chapter, ...]
    duration_s: float
    failed: tuple[str, ...]
    """Moments that could not be read, and are not in the file: a sentence each."""


def moment_sound(item: TrackMoment, rate_hz: int = RATE_HZ) -> Sound:
    """A moment out of its file, in stereo, shape (n, 2); with a rate of 0 at the file's own.

    Raises
    ------
    AudioReadError, TimeOutsideTrackError
    """
    track, moment = item.track, item.moment
    span = track.in_file(moment.start_s), track.in_file(moment.end_s)
    sound = read_sound(Path(track.path), *span, stereo=True)
    return resample(sound, rate_hz) if rate_hz else sound


def join(
    name: str, items: Sequence[TrackMoment], path: Path, read: Callable[[TrackMoment], Sound] = moment_sound
) -> Joined:
    """Write moments into one file; the kind is the path's ending. Moments whose files are gone are left out.

    Raises
    ------
    QueryError
        If no moment could be read; no file is left behind.
    """
    kind = path.suffix.removeprefix(".")
    if kind not in AUDIO:
        raise QueryError(f"Sound is written as {', '.join(AUDIO)}, not as “{kind}”.")
    sounds: list[tuple[str, np.ndarray]] = []
    failed: list[str] = []
    for item in items:
        try:
            sounds.append((chapter_title(item), read(item).samples))
        except RepriseError as error:
            failed.append(str(error))
    if not sounds:
        raise QueryError(
            f"None of the moments could be read: {failed[0]}" if failed else "There is no moment."
        )
    chapters, mixed = crossfaded(sounds)
    with replacing(path, shared=True) as partial:
        _encode(partial, AUDIO[kind], name, chapters, mixed)
        if kind == "flac":
            _comment(partial, chapters)
    return Joined(tuple(chapters), len(mixed) / RATE_HZ, tuple(failed))


def crossfaded(sounds: Sequence[tuple[str, np.ndarray]]) -> tuple[list[Chapter], np.ndarray]:
    """Titled sounds, (n, 2) each, one after the other: where each begins, and the whole.

    The squares of two fades add up to one (equal power), so that the level keeps steady between unlike sounds.
    """
    lengths = [len(samples) for _, samples in sounds]
    fades = [min(round(FADE_S * RATE_HZ), min(one, two) // 3) for one, two in itertools.pairwise(lengths)]
    starts = [0]
    for length, fade in zip(lengths, fades, strict=False):
        starts.append(starts[-1] + length - fade)
    whole = np.zeros((starts[-1] + lengths[-1], 2), np.float32)
    for place, ((_, samples), start) in enumerate(zip(sounds, starts, strict=True)):
        part = samples.copy()
        if place:
            part[: fades[place - 1]] *= _rise(fades[place - 1])
        out = fades[place] if place < len(fades) else min(round(FADE_S * RATE_HZ), len(part) // 3)
        if out:
            part[-out:] *= _rise(out)[::-1]
        whole[start : start + len(part)] += part
    ends = [*starts[1:], len(whole)]
    chapters = [
        Chapter(title, start / RATE_HZ, end / RATE_HZ)
        for (title, _), start, end in zip(sounds, starts, ends, strict=True)
    ]
    return chapters, np.clip(whole, -1.0, 1.0)


def chapter_title(item: TrackMoment) -> str:
    """What a chapter is called."""
    author = f"{item.track.author}: " if item.track.author else ""
    return printable(f"{author}{item.track.title} ({item.moment.span})")


def _rise(samples: int) -> np.ndarray:
    """(samples, 1): a fade in, a quarter of a sine."""
    rise = np.sin(np.linspace(0, np.pi / 2, samples, endpoint=False, dtype=np.float32))
    return np.asarray(rise[:, None])


def _encode(path: Path, coding: _Coding, name: str, chapters: Sequence[Chapter], whole: np.ndarray) -> None:
    import av

    with av.open(str(path), "w", format=coding.container) as container:
        container.metadata["title"] = printable(name)
        stream: Any = container.add_stream(coding.codec, rate=RATE_HZ, layout="stereo")
        if coding.bit_rate:
            stream.bit_rate = coding.bit_rate
        millisecond = fractions.Fraction(1, 1000)
        container.set_chapters(
            [
                {
                    "id": number,
                    "start": round(1000 * chapter.start_s),
                    "end": round(1000 * chapter.end_s),
                    "time_base": millisecond,
                    "metadata": {"title": chapter.title},
                }
                for number, chapter in enumerate(chapters)
            ]
        )
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="stereo", rate=RATE_HZ)
        for frame in (*_frames(whole), None):
            for ready in resampler.resample(frame):
                container.mux(stream.encode(ready))
        container.mux(stream.encode(None))


def _frames(whole: np.ndarray) -> Iterator[Any]:
    """The samples as frames of a second."""
    import av

    for start in range(0, len(whole), RATE_HZ):
        block = np.ascontiguousarray(whole[start : start + RATE_HZ].T)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, fractions.Fraction(1, RATE_HZ)
        yield frame


def _comment(path: Path, chapters: Sequence[Chapter]) -> None:
    """Chapters of a FLAC file, as comments: FFmpeg reads them there, but does not write them."""
    from mutagen.flac import FLAC

    file = FLAC(path)
    for number, chapter in enumerate(chapters):
        whole_s, ms = divmod(round(1000 * chapter.start_s), 1000)
        time = f"{whole_s // 3600:02d}:{whole_s // 60 % 60:02d}:{whole_s % 60:02d}.{ms:03d}"
        file[f"CHAPTER{number:03d}"] = time
        file[f"CHAPTER{number:03d}NAME"] = chapter.title
    file.save()

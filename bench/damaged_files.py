"""Sound files of twelve formats, made here, and random damage to their bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

RATE_HZ = 48000
SECONDS = 3.0
FORMATS = {
    "wav": "pcm_s16le",
    "aiff": "pcm_s16be",
    "flac": "flac",
    "mp3": "libmp3lame",
    "ogg": "vorbis",
    "opus": "libopus",
    "m4a": "aac",
    "alac.m4a": "alac",
    "wma": "wmav2",
    "mka": "ac3",
    "wv": "wavpack",
    "webm": "libopus",
}
"""Twelve kinds of file, by ending, with the codec of each."""


def made(folder: Path, ending: str, codec: str) -> bytes:
    """An undamaged file of a few seconds: rising tones and some noise, in stereo, with tags."""
    import av

    path = folder / f"whole.{ending}"
    at_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    tone = 0.3 * np.sin(2 * np.pi * (200 + 100 * np.floor(4 * at_s)) * at_s)
    noise = 0.02 * np.random.default_rng(0).standard_normal((2, len(at_s)))
    frame = av.AudioFrame.from_ndarray((tone + noise).astype(np.float32), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
    with av.open(str(path), "w") as container:
        container.metadata.update({"title": "Title", "artist": "Artist", "album": "Album", "date": "1999"})
        options = {"strict": "experimental"}
        stream: Any = container.add_stream(codec, rate=RATE_HZ, layout="stereo", options=options)
        if not codec.startswith("pcm"):
            stream.bit_rate = 128_000
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="stereo", rate=RATE_HZ)
        fifo = av.AudioFifo()
        for each in (frame, None):
            for part in resampler.resample(each):
                fifo.write(part)
        while (piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path.read_bytes()


def _flip_bits(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    for place in rng.integers(0, front, int(rng.integers(1, 40))):
        data[place] ^= 1 << int(rng.integers(8))
    return data


def _overwrite(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place, length = int(rng.integers(front)), int(2 ** rng.uniform(0, 12))
    length = min(length, len(data) - place)
    data[place : place + length] = rng.integers(0, 256, length, dtype=np.uint8).tobytes()
    return data


def _extreme(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    """Numbers of a header set to their extremes."""
    for _ in range(int(rng.integers(1, 4))):
        place, width = int(rng.integers(front)), int(rng.choice([1, 2, 4, 8]))
        data[place : place + width] = rng.choice([b"\0", b"\xff", b"\x7f", b"\x80"]) * width
    return data


def _zero(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place = int(rng.integers(front))
    length = min(int(2 ** rng.uniform(0, 14)), len(data) - place)
    data[place : place + length] = bytes(length)
    return data


def _cut_end(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    return data[: int(rng.integers(1, len(data)))]


def _cut_start(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    return data[int(rng.integers(front)) :]


def _take_out(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place = int(rng.integers(front))
    return data[:place] + data[place + int(2 ** rng.uniform(0, 13)) :]


def _insert(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place, length = int(rng.integers(front)), int(2 ** rng.uniform(0, 12))
    return data[:place] + rng.integers(0, 256, length, dtype=np.uint8).tobytes() + data[place:]


def _repeat(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    place, length = int(rng.integers(front)), int(2 ** rng.uniform(3, 14))
    return data[: place + length] + data[place:]


def _repeat_start(data: bytearray, rng: np.random.Generator, front: int) -> bytearray:
    return data[: int(rng.integers(1, front))] + data


DAMAGES: Sequence[Callable[[bytearray, np.random.Generator, int], bytearray]] = (
    _flip_bits,
    _overwrite,
    _extreme,
    _zero,
    _cut_end,
    _cut_start,
    _take_out,
    _insert,
    _repeat,
    _repeat_start,
)


def damaged(whole: bytes, seed: int, number: int) -> tuple[bytes, str]:
    """A damaged copy and what was done; one in two is damaged within its first 4 kB, one in four twice."""
    rng = np.random.default_rng([seed, number])
    data, done = bytearray(whole), []
    for _ in range(2 if rng.random() < 0.25 else 1):
        damage = DAMAGES[int(rng.integers(len(DAMAGES)))]
        front = len(data) if rng.random() < 0.5 else min(len(data), 4096)
        if len(data) > 1:
            data = damage(data, rng, max(1, front))
            done.append(damage.__name__.strip("_"))
    return bytes(data), "+".join(done)

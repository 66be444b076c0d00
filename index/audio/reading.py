"""Sound in: read a file, or a long one block by block; resample it; bring it to one loudness.

Everything is mono float32 (the mean of the channels, or what `index.audio.downmix` chose where that is silence) at the
file's own rate, unless stereo is asked for, and sample n lies at n / rate seconds. What the sound means is not known
here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.audio.decode import declared_duration_s, open_stream
from index.audio.downmix import Mix
from index.audio.loudness import TARGET_LUFS, LoudnessMeter, gain_to_target
from index.audio.sane import Chunk, sane
from index.audio.stream import Stream, open_regular
from index.core.errors import AudioReadError, QueryError, TimeOutsideTrackError

MOST_DAMAGED = 0.1
"""A file in which more than this share of the samples are not numbers is refused."""
LARGEST_BLOCK_SAMPLES = 16_000_000
"""A block of a long file never has more samples than this, whatever its rate: 64 MB."""


@dataclass(frozen=True)
class Sound:
    """Samples and their rate."""

    samples: np.ndarray
    """shape=(n,), float32, full scale 1; (n, 2) where stereo was asked for."""
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz

    def span(self, start_s: float, end_s: float) -> Sound:
        """The part between two times, to the nearest sample."""
        return Sound(self.samples[round(start_s * self.rate_hz) : round(end_s * self.rate_hz)], self.rate_hz)


class Block(NamedTuple):
    """A piece of a long file: what counts, with some sound before and after it for whoever needs context."""

    sound: Sound
    """Margins included."""
    lead_s: float
    """Length of the margin before what counts; 0 in the first block."""
    length_s: float
    """Length of what counts. Laid end to end, these tile the file."""


def read_sound(
    path: Path | str, start_s: float = 0.0, end_s: float | None = None, *, stereo: bool = False
) -> Sound:
    """The sound of a file, or of a span of it, at its own rate.

    Raises
    ------
    AudioReadError
        With the reason, for anything that is not readable sound.
    TimeOutsideTrackError
        If the span starts after the end of the file.
    """
    path = Path(path)
    if start_s < 0 or (end_s is not None and end_s <= start_s):
        raise QueryError(f"A span of sound must end after it starts, not {start_s:g} to {end_s:g} s.")
    sound, mix = _read(path, start_s, end_s, "mid", stereo=stereo)
    return sound if mix == "mid" else _read(path, start_s, end_s, mix, stereo=stereo)[0]


def _read(path: Path, start_s: float, end_s: float | None, mix: Mix, *, stereo: bool) -> tuple[Sound, Mix]:
    """A span of a file, and how it should have been mixed."""
    stream = open_stream(path, start_s, stereo=stereo, mix=mix)
    wanted = None if end_s is None else round(end_s * stream.rate_hz) - round(start_s * stream.rate_hz)
    parts: list[np.ndarray] = []
    have = damaged = 0
    for chunk in sane(stream):
        damaged += chunk.damaged
        parts.append(chunk.samples if wanted is None else chunk.samples[: wanted - have])
        have += len(parts[-1])
        if wanted is not None and have >= wanted:
            break
    if not have:
        raise TimeOutsideTrackError(path.name, start_s, file_loudness_lufs(path)[1])
    _refuse_damaged(path, damaged, 2 * have if stereo else have)
    if start_s == 0 and wanted is None:
        _refuse_stump(path, have, stream)
    return Sound(np.concatenate(parts), stream.rate_hz), stream.downmix.choice()


def sound_chunks(
    path: Path | str, start_s: float = 0.0, end_s: float | None = None, *, stereo: bool = False
) -> Iterator[Sound]:
    """A file, or a span of it, piece by piece: what `read_sound` gives, in little memory.

    How its channels are mixed is decided by the first piece.

    Raises
    ------
    AudioReadError, TimeOutsideTrackError
    """
    path = Path(path)
    if start_s < 0 or (end_s is not None and end_s <= start_s):
        raise QueryError(f"A span of sound must end after it starts, not {start_s:g} to {end_s:g} s.")
    stream = open_stream(path, start_s, stereo=stereo)
    chunks = _within(stream, start_s, end_s)
    first = next(chunks, None)
    if first is None:
        raise TimeOutsideTrackError(path.name, start_s, file_loudness_lufs(path)[1])
    if (mix := stream.downmix.choice()) != "mid":
        stream = open_stream(path, start_s, stereo=stereo, mix=mix)
        chunks = _within(stream, start_s, end_s)
    else:
        yield Sound(first.samples, stream.rate_hz)
    for chunk in chunks:
        yield Sound(chunk.samples, stream.rate_hz)


def file_blocks(
    path: Path | str,
    block_s: float = 300.0,
    margin_s: float = 5.0,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    mix: Mix | None = None,
) -> Generator[Block, None, None]:
    """A file, or a span of it, in blocks of bounded memory, each with `margin_s` of sound before and after it.

    A rest shorter than the margin joins the last block; a file shorter than a block is one block. All but the
    last are `block_s` long, or fewer whole seconds at very high rates (LARGEST_BLOCK_SAMPLES). Where `mix` is not
    given it is decided by the first block. A span knows nothing of what lies before and after it.
    """
    path = Path(path)
    blocks = mixed_blocks(path, block_s, margin_s, (start_s, end_s), mix or "mid")
    first, choice = next(blocks)
    if mix is None and choice != "mid":
        blocks = mixed_blocks(path, block_s, margin_s, (start_s, end_s), choice)
        first, _ = next(blocks)
    yield first
    for block, _ in blocks:
        yield block


def mixed_blocks(
    path: Path, block_s: float, margin_s: float, span: tuple[float, float | None], mix: Mix
) -> Iterator[tuple[Block, Mix]]:
    """The blocks of `file_blocks` in one mix, and the best downmix of what was read so far."""
    start_s, end_s = span
    stream = open_stream(path, start_s, mix=mix)
    rate = stream.rate_hz
    margin = round(margin_s * rate)
    most_s = max(1, (LARGEST_BLOCK_SAMPLES - 2 * margin) // rate)
    core = round(block_s * rate) if block_s <= most_s else most_s * rate
    parts: list[np.ndarray] = []
    held = origin = start = damaged = total = 0  # origin: position of parts[0]; start: of the next core
    for chunk in _within(stream, start_s, end_s):
        parts.append(chunk.samples)
        held += len(chunk.samples)
        total += len(chunk.samples)
        damaged += chunk.damaged
        while origin + held >= start + core + 2 * margin:
            samples = np.concatenate(parts)
            parts = []
            block = Block(
                Sound(samples[: start + core + margin - origin], rate), (start - origin) / rate, core / rate
            )
            yield block, stream.downmix.choice()
            del block
            start += core
            keep = max(start - margin, 0)
            samples = samples[keep - origin :].copy()
            parts, held, origin = [samples], len(samples), keep
    if not total:
        raise TimeOutsideTrackError(path.name, start_s, file_loudness_lufs(path)[1])
    _refuse_damaged(path, damaged, total)
    if start == 0 and start_s == 0 and (end_s is None or end_s >= 1):
        _refuse_stump(path, held, stream)
    last = Block(Sound(np.concatenate(parts), rate), (start - origin) / rate, (origin + held - start) / rate)
    yield last, stream.downmix.choice()


@dataclass(frozen=True)
class Level:
    """How loud a file or a span of it is, how long, and how its channels are to be mixed."""

    loudness_lufs: float
    """Integrated loudness (see `loudness_lufs`)."""
    duration_s: float
    mix: Mix = "mid"


def file_level(path: Path | str, start_s: float = 0.0, end_s: float | None = None) -> Level:
    """Loudness, length and mix of a file or a span of it, in bounded memory."""
    path = Path(path)
    level = _level(path, start_s, end_s, "mid")
    return level if level.mix == "mid" else _level(path, start_s, end_s, level.mix)


def _level(path: Path, start_s: float, end_s: float | None, mix: Mix) -> Level:
    stream = open_stream(path, start_s, mix=mix)
    meter = LoudnessMeter(stream.rate_hz)
    total = damaged = 0
    for chunk in _within(stream, start_s, end_s):
        meter.add(chunk.samples)
        total += len(chunk.samples)
        damaged += chunk.damaged
    _refuse_damaged(path, damaged, total)
    if start_s == 0 and end_s is None:
        _refuse_stump(path, total, stream)
    return Level(meter.lufs(), total / stream.rate_hz, stream.downmix.choice())


def file_loudness_lufs(path: Path | str) -> tuple[float, float]:
    """Integrated loudness of a file (see `loudness_lufs`) and its length in seconds, in bounded memory."""
    level = file_level(path)
    return level.loudness_lufs, level.duration_s


def loudness_lufs(sound: Sound) -> float:
    """Integrated loudness (ITU-R BS.1770-4) of a sound of any length; -inf for silence."""
    meter = LoudnessMeter(sound.rate_hz)
    meter.add(sound.samples)
    return meter.lufs()


def level(sound: Sound, target_lufs: float = TARGET_LUFS) -> Sound:
    """The same sound at the target loudness; silence stays silence."""
    gain = gain_to_target(loudness_lufs(sound), target_lufs)
    return Sound((sound.samples * np.float32(gain)).astype(np.float32, copy=False), sound.rate_hz)


def estimate_duration_s(path: Path | str) -> float:
    """Seconds that a file's header promises, for estimates; 0 where it cannot be known. Never raises."""
    return declared_duration_s(Path(path))


def resample(sound: Sound, rate_hz: int) -> Sound:
    """The same sound at another rate (soxr, high quality)."""
    import soxr

    if sound.rate_hz == rate_hz or not len(sound.samples):
        return Sound(sound.samples, rate_hz)
    return Sound(soxr.resample(sound.samples, sound.rate_hz, rate_hz, quality="HQ"), rate_hz)


def content_hash(path: Path | str) -> str:
    """20 hexadecimal digits that identify the bytes of a file (BLAKE2b)."""
    with open_regular(Path(path)) as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=10)).hexdigest()


def _within(stream: Stream, start_s: float, end_s: float | None) -> Iterator[Chunk]:
    """Chunks up to the end of a span that begins where the stream does."""
    if end_s is None:
        yield from sane(stream)
        return
    left = round(end_s * stream.rate_hz) - round(start_s * stream.rate_hz)
    for chunk in sane(stream):
        yield chunk if len(chunk.samples) <= left else Chunk(chunk.samples[:left], chunk.damaged)
        left -= len(chunk.samples)
        if left <= 0:
            return


def _refuse_damaged(path: Path, damaged: int, total: int) -> None:
    if damaged > MOST_DAMAGED * total:
        share = "all" if damaged == total else f"{100 * damaged / total:.0f} %"
        raise AudioReadError(path, f"{share} of its samples are not numbers")


def _refuse_stump(path: Path, have: int, stream: Stream) -> None:
    """A file that promises more and breaks off before its first second is over."""
    if have < stream.rate_hz and stream.declared_s > have / stream.rate_hz + 0.5:
        raise AudioReadError(path, f"it is cut off after {have / stream.rate_hz:.2f} s")

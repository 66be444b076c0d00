"""A file's blocks and its loudness from one pass of decoding, where its sound can be held.

The gain of a whole file is needed before its first block is measured. What is short enough is held meanwhile; a longer
file is decoded again for its blocks, as one whose channels cancel each other is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from index.audio.loudness import LoudnessMeter
from index.audio.reading import Block, file_blocks, file_level, mixed_blocks

MOST_SAMPLES = 32_000_000
"""Samples that are held at most, margins included: 128 MB, eleven minutes or more."""


def measured_blocks(
    path: Path, block_s: float, margin_s: float, start_s: float = 0.0, end_s: float | None = None
) -> tuple[Iterator[Block], float]:
    """The blocks of a file or a span of it (`file_blocks`), and its integrated loudness in LUFS.

    Raises
    ------
    AudioReadError, TimeOutsideTrackError
    """
    held: deque[Block] = deque()
    meter: LoudnessMeter | None = None
    count, mix = 0, "mid"
    for block, choice in mixed_blocks(path, block_s, margin_s, (start_s, end_s), "mid"):
        meter = meter or LoudnessMeter(block.sound.rate_hz)
        meter.add(block.sound.span(block.lead_s, block.lead_s + block.length_s).samples)
        mix = choice
        count += len(block.sound.samples)
        if count <= MOST_SAMPLES:
            held.append(block)
        else:
            held.clear()
    if mix != "mid":
        level = file_level(path, start_s, end_s)
        blocks = file_blocks(path, block_s, margin_s, start_s=start_s, end_s=end_s, mix=level.mix)
        return blocks, level.loudness_lufs
    assert meter is not None
    if not held:
        blocks = file_blocks(path, block_s, margin_s, start_s=start_s, end_s=end_s, mix="mid")
        return blocks, meter.lufs()
    return _given(held), meter.lufs()


def _given(held: deque[Block]) -> Iterator[Block]:
    """Each block once; nobody holds it after that."""
    while held:
        yield held.popleft()

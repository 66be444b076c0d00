"""An analyser without networks for whole libraries: chords that the sound decides, with the vectors as they really are.

Runs in worker processes. What comes out can be searched by moment, by words and by a tune.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from fake_library import frames_of

from index.audio.reading import Block, Sound, read_sound
from index.core.frames import FINGERPRINT_HZ, Frames, rows
from index.core.moments import Grid


class TinyAnalyser:
    """Hears chords, whose roots and timbre a checksum of the sound decides."""

    def __init__(self, threads: int = 1, embedder: str = "musicnn") -> None:
        self.threads = threads
        self.embedder = embedder

    def analyse_file(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Frames:
        time.sleep(float(os.environ.get("FAKE_SLEEP_S", "0")))
        return self.analyse(read_sound(path, start_s, end_s))

    def analyse(self, sound: Sound, name: str = "") -> Frames:
        return heard(sound.duration_s, zlib.crc32(sound.samples.tobytes()))

    def analyse_blocks(self, blocks: Iterator[Block], loudness_lufs: float, name: str) -> Frames:
        lengths, seed = 0.0, 0
        for block in blocks:
            lengths, seed = lengths + block.length_s, zlib.crc32(block.sound.samples.tobytes(), seed)
        return heard(lengths, seed)

    def vectors(self, frames: Frames, grid: Grid) -> dict[str, np.ndarray]:
        from index.ingest.makers import vector_makers

        return vector_makers(grid).make(frames)


def heard(duration_s: float, seed: int) -> Frames:
    """The frames of a sound with this checksum."""
    random = np.random.default_rng(seed)
    frames = frames_of(duration_s, tuple(int(each) for each in random.integers(0, 12, 8)), seed)
    bits = random.integers(0, 1 << 32, rows(duration_s, FINGERPRINT_HZ), np.uint32)
    return replace(frames, fingerprint=bits)


class TinyEar:
    """What listens to clips in the guarded processes."""

    def __init__(self, embedder: str, threads: int = 2) -> None:
        self.analyser = TinyAnalyser(threads, embedder)


def tiny_analyser(embedder: str) -> TinyAnalyser:
    """What a worker hears with in place of the networks."""
    return TinyAnalyser(embedder=embedder)

"""The tracks that a large library is made of: a few thousand generated ones, measured once and kept on disk.

A track of the library is one of them under another id: its frames and descriptors are hard links, its vectors are
those of two of them mixed, with noise, so that no two windows of the library have the same ones.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from bench.generated import tracks
from index.core.frames import Frames
from index.core.moments import Grid
from index.factors import build
from index.factors.proposing import COLLECTION, proposing, side_by_side
from index.store.descriptors import DescriptorStore, described
from index.store.frame_store import FrameStore
from index.store.origins import VECTOR_VERSIONS

POOL = 1000
"""So many different tracks; a library of no more has no hard links at all."""
LENGTHS_S = (180, 300)
MIXED = 0.35
"""Of another track's vectors, at most so much is mixed in."""
NOISE = 0.25
"""Length of the noise that is added to a vector of length one."""
SEED = 5


@dataclass(frozen=True)
class Pool:
    """A folder of generated tracks: frames, descriptors, and vectors."""

    folder: Path
    grid: Grid

    @cached_property
    def frames(self) -> FrameStore:
        """Their frames."""
        return FrameStore(self.folder / "frames")

    @cached_property
    def descriptors(self) -> DescriptorStore:
        """What words and hums compare."""
        return DescriptorStore(self.folder, self.frames, self.grid)

    def fill(self, sources: Sequence[Frames], count: int) -> None:
        """Generate tracks until there are so many; what is there already is kept."""
        from bench.generated import progress_printer

        if all(self._vector_file(number).exists() for number in range(count)):
            for name in self.descriptors.salience.lacking([self.name(number) for number in range(count)]):
                self.descriptors.salience.measure(name)  # what is there was measured by an older version
            return
        factors = proposing(build())
        tell = progress_printer(count)
        for number, frames in enumerate(tracks(sources, SEED, LENGTHS_S)):
            if number >= count:
                return
            if self._vector_file(number).exists():
                continue
            name = self.name(number)
            self.frames.write(name, frames)
            self.descriptors.write(name, described(self.frames.path(name), frames, self.grid))
            spans = self.grid.vector_spans(frames.duration_s)
            vectors = {each: factor.vectors(frames, spans) for each, factor in factors.items()}
            self._vector_file(number).parent.mkdir(parents=True, exist_ok=True)
            partial = self._vector_file(number).with_suffix(".part.npz")
            np.savez(partial, **vectors)  # type: ignore[arg-type]
            partial.replace(self._vector_file(number))
            tell(number)

    @staticmethod
    def name(number: int) -> str:
        """The id of a track of the pool."""
        return f"{number:020x}"

    def duration_s(self, number: int) -> float:
        """How long a track is."""
        return self.frames.read(self.name(number)).duration_s

    def link(self, number: int, track_id: str, home: FrameStore, descriptors: DescriptorStore) -> None:
        """Give a library's track the frames and the descriptors of one of the pool."""
        name = self.name(number)
        ours = (self.frames.path(name), *_descriptor_files(self.descriptors, name))
        theirs = (home.path(track_id), *_descriptor_files(descriptors, track_id))
        for source, target in zip(ours, theirs, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                os.link(source, target)

    def vectors(self, number: int) -> dict[str, np.ndarray]:
        """The vectors of a track, (n, d) float32 of unit length, by factor."""
        with np.load(self._vector_file(number)) as kept:
            return {name: kept[name] for name in kept.files}

    def mixed(self, number: int, count: int, seed: int) -> dict[str, np.ndarray]:
        """The vectors of one track, by collection, with some of another's and with noise; its own where seed is 0."""
        own = self.vectors(number)
        if not seed:
            return {COLLECTION: side_by_side(own)}
        rng = np.random.default_rng([SEED, seed])
        other, share = self.vectors(int(rng.integers(count))), float(rng.uniform(0, MIXED))
        found = {}
        for name, rows in own.items():
            second = other[name][np.arange(len(rows)) % len(other[name])]
            noise = rng.standard_normal(rows.shape, np.float32) * (NOISE / np.sqrt(rows.shape[1]))
            mixed = (1 - share) * rows + share * second + noise
            found[name] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
        return {COLLECTION: side_by_side(found)}

    def _vector_file(self, number: int) -> Path:
        versions = "-".join(f"{name}{version}" for name, version in sorted(VECTOR_VERSIONS.items()))
        return self.folder / f"vectors-{versions}" / f"{number % 256:02x}" / f"{number}.npz"


def _descriptor_files(store: DescriptorStore, track_id: str) -> tuple[Path, Path]:
    return store.salience._arrays.path(track_id), store.properties._arrays.path(track_id)

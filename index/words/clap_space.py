"""The joint space of text and sound of an index made with CLAP: how close each window is to a description."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.core.moments import Grid
from index.core.tracks import Track
from index.factors.timbre import Timbre
from index.models.embedding import Embedding, index_embedding
from index.store.frame_store import FrameStore

if TYPE_CHECKING:
    from index.models.clap import ClapText

_MIDDLE, _STEEP = 1.0, 2.0
"""A window one standard deviation closer than the mean has a term score of one half."""


class Joint:
    """The reading side of an index's network, opened at the first description."""

    def __init__(self, network: str, embedding: Embedding) -> None:
        self._network = network
        self.embedding = embedding

    @cached_property
    def text(self) -> ClapText:
        """Where texts lie."""
        from index.models.clap import ClapText

        return ClapText(self._network)


class JointWindows:
    """The windows of some tracks in the joint space; read from their frames at the first description."""

    def __init__(self, joint: Joint, tracks: Sequence[Track], frames: FrameStore, grid: Grid) -> None:
        self._joint = joint
        self._tracks = tracks
        self._frames = frames
        self._grid = grid

    @cached_property
    def _vectors(self) -> np.ndarray:
        timbre = Timbre(self._joint.embedding)
        return np.concatenate(
            [
                timbre.means(self._frames.read(track.id), self._grid.spans(track.duration_s))
                for track in self._tracks
            ]
        )

    def near(self, description: str) -> np.ndarray:
        """(windows,) in [0, 1]: the closeness of each window to a description, relative to the others."""
        cosines = self._vectors @ self._joint.text.vector(description)
        spread = max(float(cosines.std()), 1e-6)
        return np.asarray(1 / (1 + np.exp(-_STEEP * ((cosines - cosines.mean()) / spread - _MIDDLE))))


def joint_of(folder: Path, embedder: str) -> Joint | None:
    """The joint space of the index in a folder; None where its network knows no words."""
    embedding = index_embedding(folder, embedder)
    return Joint(embedder, embedding) if embedding is not None and embedding.kind == "clap" else None

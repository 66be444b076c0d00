"""Where a library is, and how it is indexed: what has to be said before it is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from index.core.moments import Grid
from index.models.embedding import index_folder

FRAMES_VERSION = 2
"""Counts up when frames or vectors are measured in another way."""


_VERSION = re.compile(r", frames \d+$")


def same_but_for_version(one: str, other: str) -> bool:
    """Whether two fingerprints differ in nothing but the version that measured: such an index can be upgraded."""
    return _VERSION.sub("", one) == _VERSION.sub("", other)


@dataclass(frozen=True)
class LibraryOptions:
    """Where a library is, and how it is indexed."""

    home: Path
    embedder: str = "musicnn"
    grid: Grid = field(default_factory=Grid)
    noise: Literal["auto", "on", "off"] = "auto"
    chroma_url: str = ""
    database_url: str = ""
    keep_days: float = 30.0
    """How long what was measured of a track is kept after it left."""
    whisper: str = "base"
    """A size of Whisper's, or the path of its weights."""
    clip_s: float = 15 * 60.0
    """So much of a clip is listened to at once."""

    @property
    def fingerprint(self) -> str:
        """What an index depends on; another fingerprint needs another index."""
        grid = self.grid
        windows = f"windows of {grid.window_s:g} s every {grid.hop_s:g} s"
        return f"{self.embedder} at 16 kHz, {windows}, frames {FRAMES_VERSION}"

    @property
    def index_name(self) -> str:
        """What tells this index from others on one server; empty for MusiCNN's."""
        return "" if self.folder == self.home else self.folder.name

    @property
    def folder(self) -> Path:
        """Where the index is: an index of another network than MusiCNN has a folder of its own in the home."""
        return index_folder(self.home, self.embedder)

"""Where a library is, and how it is indexed: what has to be said before it is opened."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from index.core.moments import Grid

FRAMES_VERSION = 2
"""Counts up when frames or vectors are measured in another way."""


_VERSION = re.compile(r", frames \d+$")


def same_but_for_version(one: str, other: str) -> bool:
    """Whether two fingerprints differ in nothing but the version that measured: such an index can be upgraded."""
    return _VERSION.sub("", one) == _VERSION.sub("", other)


@dataclass(frozen=True)
class StoreAccess:
    """What a Chroma server elsewhere asks of those who come."""

    token: str = field(default="", repr=False)
    """Sent both ways in which Chroma's servers and its cloud read it; empty where none is asked for."""
    tenant: str = ""
    database: str = ""
    """Empty: the ones that Chroma makes by default."""


@dataclass(frozen=True)
class LibraryOptions:
    """Where a library is, and how it is indexed."""

    home: Path
    embedder: str = "musicnn"
    grid: Grid = field(default_factory=Grid)
    noise: Literal["auto", "on", "off"] = "auto"
    chroma_url: str = ""
    chroma: StoreAccess = StoreAccess()
    """How the server at `chroma_url` is entered."""
    database_url: str = ""
    store_url: str = ""
    """s3://bucket/prefix, where frames and clips are kept; empty is the home."""
    store_cache_bytes: int = 4 << 30
    """So much of them is kept in the home as well."""
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


MUSICNN = "musicnn"


INDICES = "indices"
"""The folder of a home in which the other networks' indices are."""


def index_folder(home: Path, embedder: str) -> Path:
    """Where the index that an embedder makes is kept: in the home itself for MusiCNN, else in a folder of its own."""
    if embedder == MUSICNN:
        return home
    if embedder in PUBLISHED:
        return home / INDICES / embedder
    path = Path(embedder).expanduser().absolute()
    return home / INDICES / f"{path.name}-{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"


PUBLISHED = {"wav2vec2": "facebook/wav2vec2-base", "clap": "laion/larger_clap_general"}
"""Short names and what they are called on the hub. (laion/larger_clap_music has a broken text side.)"""

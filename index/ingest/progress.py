"""How far adding is, and what became of the files."""

from __future__ import annotations

from dataclasses import dataclass, field

from index.catalogue.catalogue import Failure


@dataclass(frozen=True)
class Progress:
    """How far adding is."""

    done: int
    total: int
    failed: int
    current: str
    """The file that was begun last."""
    audio_s_done: float
    eta_s: float | None
    """Seconds left; None until that can be told."""
    waiting: bool = False
    """Another program is adding; this one goes on when that is done."""


@dataclass
class Counts:
    """What happened to the files."""

    added: int = 0
    titles: int = 0
    """Of those that were added, the ones that are parts of a file,"""
    albums: int = 0
    """and the files that hold them."""
    unchanged: int = 0
    moved: int = 0
    replaced: int = 0
    duplicates: int = 0
    retagged: int = 0
    """The same sound with other tags."""
    came_back: int = 0
    """Tracks that had left, with all that was kept of them."""
    retired: int = 0
    """Tracks that left."""
    other_files: dict[str, str] = field(default_factory=dict)
    """Files of recordings that were there in another codec, bit rate or master, and the file that those were in."""
    noted: dict[str, str] = field(default_factory=dict)
    """What has to be said of files that were added, by path: "read to 0:05 of 0:10"."""
    unreachable: dict[str, int] = field(default_factory=dict)
    """Files of tracks that cannot be reached, by the reason."""
    passed_over: dict[str, int] = field(default_factory=dict)
    """Files that were not looked at, by their ending."""
    failed: list[Failure] = field(default_factory=list)
    audio_s: float = 0.0
    interrupted: bool = False
    left: int = 0

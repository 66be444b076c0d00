"""The layout of a set: library/, queries/ and truth.json, from files that lie somewhere else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class WorldQuery:
    """A query whose place in its piece is known."""

    kind: str
    file: str
    """Beside truth.json."""
    a_start_s: float
    a_end_s: float
    also: tuple[tuple[float, float], ...] = ()
    """Exact repeats of that span, in seconds."""


@dataclass(frozen=True)
class WorldPiece:
    """A piece of the library and what is asked of it."""

    piece: str
    """The name of its file without the ending."""
    duration_s: float
    queries: tuple[WorldQuery, ...] = field(default=())


def folders(out: Path) -> tuple[Path, Path]:
    """The folders of a set's library and its queries, made where they are missing."""
    library, queries = out / "library", out / "queries"
    for folder in (library, queries):
        folder.mkdir(parents=True, exist_ok=True)
    return library, queries


def link(file: Path, place: Path) -> None:
    """`place` leads to `file`; what was there before stays."""
    if not place.exists():
        place.symlink_to(file.resolve())


def write_truth(out: Path, pieces: Sequence[WorldPiece]) -> str:
    """Write truth.json; a line that says how much there is."""
    (out / "truth.json").write_text(json.dumps([asdict(each) for each in pieces], indent=1), "utf-8")
    minutes = sum(each.duration_s for each in pieces) / 60
    return f"{len(pieces)} pieces, {minutes:.0f} min, {sum(len(each.queries) for each in pieces)} queries"

"""What in a home others could read, and what killed programs left half written."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from index.system.files import PRIVATE_FILE, PRIVATE_FOLDER

OURS = (
    "asked", "cached", "chroma", "clips", "damaged", "fingerprints", "frames", "indices", "logs", "melody", "playlists",
    "turns", "words",
)  # fmt: skip
"""Folders of a home in which everything is ours."""
_FILES = ("catalogue.sqlite*", "threads.sqlite*", "*.json", "*.lock", "mcp.token")


def open_to_others(home: Path) -> list[Path]:
    """Files and folders of a home that others than its owner may read, the home itself among them."""
    return [path for path in _ours(home) if _is_open(path)]


def close_to_others(paths: Iterable[Path]) -> None:
    """Leave files and folders to their owner alone."""
    for path in paths:
        path.chmod(PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE)


def _ours(home: Path) -> Iterator[Path]:
    if {path.name for path in home.iterdir() if path.is_dir()} <= {*OURS, "music", "demo"}:
        yield home  # and no folder in which something else lies
    for name in OURS:
        folder = home / name
        if folder.is_dir() and not folder.is_symlink():
            yield folder
            yield from (path for path in folder.rglob("*") if not path.is_symlink())
    for pattern in _FILES:
        yield from (path for path in home.glob(pattern) if path.is_file() and not path.is_symlink())


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except FileNotFoundError:
        return False

"""Whether a file that is not there was deleted, or cannot be reached: a drive unplugged, a share that is gone.

A file was deleted only where its folder was read just now and does not name it. That does not hold for a folder
that is empty (an unmounted drive looks like that), and for all that lay on a drive that is not mounted.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR)


@dataclass(frozen=True)
class Missing:
    """A file that was not met."""

    why: str
    """Why it cannot be reached; empty where it was deleted."""
    vanished: bool
    """Whether its place could be looked at, and is empty: it may have been moved from there."""


class Reach:
    """What could be reached in one run."""

    def __init__(self, listed: Collection[str], mounts: Collection[str]) -> None:
        """`listed`: folders that were read to their end; `mounts`: where drives were mounted before."""
        self._listed = set(listed)
        self._unmounted = [mount for mount in mounts if not os.path.ismount(mount)]
        self._empty = cache(_is_empty)

    def missing(self, path: str) -> Missing | None:
        """How a file is missing; None where it is there."""
        try:
            Path(path).stat()
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None) not in _NOT_THERE:
                return Missing(
                    getattr(error, "strerror", None) or "its name is not one that can be opened", False
                )
        else:
            return None
        for mount in self._unmounted:
            if path.startswith(mount.rstrip(os.sep) + os.sep):
                return Missing(f"nothing is mounted at {mount}", False)
        absent = ""
        folder = os.path.dirname(path)  # noqa: PTH120 (paths of other systems stay as they are)
        while folder not in self._listed and not os.path.lexists(folder):
            above = os.path.dirname(folder)  # noqa: PTH120
            if above == folder:
                break
            absent, folder = folder, above
        if folder not in self._listed:
            return Missing(f"there is no {absent} now" if absent else f"{folder} was not read", False)
        if self._empty(folder):
            return Missing(f"the folder {folder} is empty", True)
        return Missing("", True)


def mount_points(paths: Collection[str]) -> set[str]:
    """Where the file systems of some files are mounted, but for the root's."""
    is_mount = cache(os.path.ismount)
    found = set()
    for folder in {os.path.dirname(path) for path in paths}:  # noqa: PTH120
        while not is_mount(folder):
            above = os.path.dirname(folder)  # noqa: PTH120
            if above == folder:
                break
            folder = above  # noqa: PLW2901
        found.add(folder)
    return {folder for folder in found if os.path.dirname(folder) != folder}  # noqa: PTH120


def _is_empty(folder: str) -> bool:
    """Whether a folder holds nothing but hidden files."""
    try:
        with os.scandir(folder) as entries:
            return all(entry.name.startswith(".") or entry.name == "lost+found" for entry in entries)
    except OSError:
        return True

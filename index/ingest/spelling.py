"""Paths as they are compared: some disks give back names decomposed that were written composed (NFC and NFD)."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def composed(path: str) -> str:
    """A path in its composed form."""
    return unicodedata.normalize("NFC", path)


def absolute(path: Path) -> str:
    """A path from the root, composed; links in it stay."""
    return composed(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)
